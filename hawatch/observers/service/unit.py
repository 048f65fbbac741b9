"""Is a systemd unit active? As systemctl says (`ActiveState`, systemd's D-Bus API)."""

from __future__ import annotations

import contextlib

from hawatch.observers.service.plugin import run
from hawatch.observers.service.result import Result, fails, unknown, works

SYSTEMCTL = "/usr/bin/systemctl"
_UP = frozenset({"active", "reloading"})
_DOWN = frozenset({"failed", "inactive"})


async def check_unit(unit: str, timeout: float, systemctl: str = SYSTEMCTL) -> Result:  # noqa: ASYNC109
    """Active or reloading is up, failed or inactive down; on its way from one to the other nothing is known."""
    shown = "--property=LoadState,ActiveState,SubState"
    ended = await run((systemctl, "show", shown, "--", unit), timeout)
    if isinstance(ended, Result):
        return ended
    said = {}
    for line in ended.output.splitlines():
        with contextlib.suppress(ValueError):
            key, value = line.split("=", 1)
            said[key] = value
    state = said.get("ActiveState", "")
    if ended.code or not state:
        return unknown(f"{unit}: {ended.output.strip() or f'systemctl gave {ended.code}'}")
    if said.get("LoadState") == "not-found":
        return unknown(f"{unit}: there is no such unit")
    told = f"{unit}: {state} ({said.get('SubState', '?')})"
    if state in _UP:
        return works(told)
    return fails(told) if state in _DOWN else unknown(told)
