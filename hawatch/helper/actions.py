"""The verbs `actions` and `act`: what root has allowed, and one of it, run once.

actions.toml (hawatch/helper/allowed.py) is read anew for every question; without it nothing may be run.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from hawatch.ability import Ability
from hawatch.errors import HawatchError
from hawatch.helper.acted import Acted, Begun
from hawatch.helper.allowed import allowed
from hawatch.helper.busy import BusyError
from hawatch.helper.command import Finished, NoEndError, run
from hawatch.helper.fencing import switch
from hawatch.helper.give_up import write
from hawatch.helper.place import places_of
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.plain import codec

log = logging.getLogger("hawatch.helper")

LONGEST_ID = 200
_MOST_BYTES = 4096
Work = Callable[[], Awaitable[Finished]]
_ABILITIES = codec(tuple[Ability, ...])


class Actions:
    """Runs one at a time, and none twice: an id that was begun is never run again, not even by the next helper."""

    def __init__(self, path: str, *, config: Callable[[], KeepalivedConfig | None], acted: Acted) -> None:
        """`config` gives keepalived's configuration as it is now: the VIPs, their devices and prefixes."""
        self._path = Path(path)
        self._config = config
        self._acted = acted
        self._running: str | None = None

    async def list(self, request: dict[str, Any]) -> dict[str, Any]:
        """What is allowed, without the commands."""
        del request
        places, known = places_of(self._config()), allowed(self._path)
        found = [action.ability(places) for action in known.actions.values()]
        devices = {device.target: device for device in known.fences.values()}
        files = {file.name: file for file in known.give_ups.values()}
        more = [ability for device in devices.values() for ability in device.abilities()]
        more += [ability for file in files.values() for ability in file.abilities()]
        return {"abilities": _ABILITIES.encode((*(each for each in found if each is not None), *more))}

    async def act(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run the action `name`, for `vip` if it is about one, unless its `id` was begun before, or it is past `until`.

        HawatchError for what is not allowed, BusyError while another is under way; nothing was begun then.
        """
        key, until = _key(request), _until(request)
        what = {"name": request.get("name"), "vip": request.get("vip")}
        begun = self._acted.find(key)
        if begun is not None:
            return self._again(key, what, begun)
        name, vip = what["name"], what["vip"]
        work = self._work(name, vip)
        if self._running is not None:
            raise BusyError("another action is under way")
        self._acted.begin(key, what, until=until)
        self._running = key
        try:
            log.info("action=%s vip=%s id=%s begins", name, vip, key)
            result = await _result_of(work)
            log.info("action=%s exit=%s signal=%s", name, result["exit_code"], result["signal"])
            self._keep(key, result)
        finally:
            self._running = None
        return {**what, "again": False, **result}

    def check(self, name: object) -> None:
        """HawatchError when an action that is about the whole node is not allowed."""
        self._work(name, None)

    def _work(self, name: object, vip: object) -> Work:
        """What is to be run; nothing is, yet. HawatchError for what is not allowed."""
        known = allowed(self._path)
        if not isinstance(name, str) or name not in {*known.actions, *known.fences, *known.give_ups}:
            raise HawatchError("no such action is allowed")
        action = known.actions.get(name)
        if action is None:
            if vip is not None:
                raise HawatchError(f"{name}: is not about a VIP")
            if name in known.fences:
                return partial(switch, known.fences[name], name)
            return partial(write, known.give_ups[name], name)
        argv = action.vector(vip, places_of(self._config()))
        return partial(run, argv, seconds=action.seconds, most_bytes=_MOST_BYTES)

    def _again(self, key: str, what: dict[str, Any], begun: Begun) -> dict[str, Any]:
        """The answer to an id that was used."""
        if begun.what is not None and begun.what != what:
            raise HawatchError("this id was used for another action")
        if key == self._running:
            raise BusyError("this action is under way")
        return {**what, "again": True, **(begun.result or {**_NOTHING_KNOWN, "interrupted": True})}

    def _keep(self, key: str, result: dict[str, Any]) -> None:
        """It was done, and must be told, even if that cannot be stored: it is not run again for that."""
        try:
            self._acted.finish(key, result)
        except HawatchError as error:
            log.error("%s", error)  # noqa: TRY400 - its one line says all


_NOTHING_KNOWN: dict[str, Any] = {
    "exit_code": None,
    "signal": None,
    "timed_out": False,
    "interrupted": False,
    "output": "",
    "problem": None,
}


async def _result_of(work: Work) -> dict[str, Any]:
    try:
        done = await work()
    except NoEndError as error:
        return {**_NOTHING_KNOWN, "timed_out": True, "output": error.output, "problem": str(error)}
    except HawatchError as error:
        return {**_NOTHING_KNOWN, "problem": str(error)}
    if done.code < 0:
        return {**_NOTHING_KNOWN, "signal": _signal_name(-done.code), "output": done.output}
    return {**_NOTHING_KNOWN, "exit_code": done.code, "output": done.output}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _key(request: dict[str, Any]) -> str:
    key = request.get("id")
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_ID or not key.isprintable():
        raise HawatchError(f"id: a text of up to {LONGEST_ID} printable characters is wanted")
    return key


def _until(request: dict[str, Any]) -> float | None:
    until = request.get("until")
    if until is not None and (isinstance(until, bool) or not isinstance(until, int | float)):
        raise HawatchError("until: a moment in epoch seconds is wanted")
    return until
