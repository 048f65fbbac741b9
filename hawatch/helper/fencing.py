"""Fence devices: the verb `power`, which switches nothing, and what runs when the verb `act` is about one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hawatch.ability import Power
from hawatch.errors import HawatchError
from hawatch.helper.allowed import allowed
from hawatch.helper.command import Finished, NoEndError, run
from hawatch.helper.fence import Fence, Order

LOOK_SECONDS = 8.0
"""Seconds for a device to say whether its node has power: as long as somebody may wait who has said yes."""
MOST_BYTES = 4096
_POWERS = {0: Power.ON, 2: Power.OFF}
"""Exit codes of a fence agent that was asked for the status."""
_HIDDEN = "***"


class Fencing:
    """Asks fence devices how it is."""

    def __init__(self, path: str) -> None:
        """`path` is actions.toml, read anew for every question."""
        self._path = Path(path)

    async def power(self, request: dict[str, Any]) -> dict[str, Any]:
        """Whether the node behind the ability `name` has power: on, off or unknown, and then why."""
        name = request.get("name")
        device = allowed(self._path).fences.get(name) if isinstance(name, str) else None
        if device is None:
            raise HawatchError("no such fence device is configured")
        power, problem = await look(device)
        return {"name": name, "target": device.target, "power": power.value, "problem": problem}


async def look(device: Fence) -> tuple[Power, str]:
    """What a device says of its node's power, and if it says nothing, why."""
    try:
        done = await _tell(device, Order.STATUS, LOOK_SECONDS)
    except HawatchError as error:
        return Power.UNKNOWN, str(error)
    power = _POWERS.get(done.code, Power.UNKNOWN)
    return power, "" if power is not Power.UNKNOWN else done.output or f"exit code {done.code}"


async def switch(device: Fence, ability: str) -> Finished:
    """Do what one of its abilities is for. HawatchError when it cannot be run, NoEndError when it takes too long."""
    return await _tell(device, device.order(ability), device.seconds)


async def _tell(device: Fence, order: Order, seconds: float) -> Finished:
    """Run its agent; of what that says, only the last line is kept, without the password."""
    password = device.password()
    hide = _hider(password)
    try:
        done = await run(
            (device.agent,), seconds=seconds, most_bytes=MOST_BYTES, given=device.words(order, password)
        )
    except NoEndError as error:
        raise NoEndError(str(error), hide(error.output)) from None
    return Finished(done.code, hide(done.output), done.cut)


def _hider(password: str | None) -> Callable[[str], str]:
    def hide(output: str) -> str:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        last = lines[-1] if lines else ""
        return last.replace(password, _HIDDEN) if password else last

    return hide
