"""The verb `arm`: an action that is run after a time, unless its id was begun by then; who asked may be gone.

It is the return of a node that steps aside for a drill. The agent has it on its disk as well, under the same id, and is
the first to run it: whichever of the two is killed, the other one does it, and nobody does it twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from hawatch.errors import HawatchError
from hawatch.helper.busy import BusyError

log = logging.getLogger("hawatch.helper")

LONGEST = 7200.0
MOST = 16
_PAUSE = 1.0

Act = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Armed:
    """Keeps them while this helper runs."""

    def __init__(self, act: Act, check: Callable[[object], None]) -> None:
        """`act` runs an action unless its id was begun; `check` raises HawatchError for one that is not allowed."""
        self._act = act
        self._check = check
        self._waiting: dict[str, asyncio.Task[None]] = {}

    async def arm(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run `name` under `id` in `after` seconds. HawatchError when that is not allowed; nothing is armed then."""
        name, key, after = request.get("name"), request.get("id"), request.get("after")
        if isinstance(after, bool) or not isinstance(after, int | float) or not 0 < after <= LONGEST:
            raise HawatchError(f"after: a number of seconds up to {LONGEST:g} is wanted")
        if not isinstance(key, str) or not key or not key.isprintable():
            raise HawatchError("id: a text of printable characters is wanted")
        self._check(name)
        if key not in self._waiting:
            if len(self._waiting) >= MOST:
                raise BusyError("too much is armed already")
            task = asyncio.create_task(self._wait({"name": name, "id": key}, float(after)))
            self._waiting[key] = task
            task.add_done_callback(lambda _: self._waiting.pop(key, None))
            log.info("action=%s id=%s armed after=%g", name, key, after)
        return {"name": name, "armed": True}

    async def _wait(self, request: dict[str, Any], after: float) -> None:
        await asyncio.sleep(after)
        while True:
            try:
                answer = await self._act(request)
            except BusyError:
                await asyncio.sleep(_PAUSE)
                continue
            except HawatchError as error:
                log.error("action=%s armed problem=%s", request["name"], error)  # noqa: TRY400 - one line says all
                return
            log.info("action=%s id=%s armed again=%s", request["name"], request["id"], answer.get("again"))
            return
