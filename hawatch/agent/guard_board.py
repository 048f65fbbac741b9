"""Keeps the notice board: a file beside the agent's socket that says how each service is, fresh every second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from hawatch.guard.board import written
from hawatch.heartbeat import beat
from hawatch.snapshot import Snapshot

log = logging.getLogger("hawatch.guard")

WRITE_EVERY = 1.0
LOOK_EVERY = 0.1
OBSERVER = "service"
_MODE = 0o644
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class GuardBoard:
    """One file, swapped whole; everybody may read it, since keepalived's scripts have a user of their own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._problem: str | None = None

    async def keep(self, services: Sequence[str], picture: Callable[[], Snapshot | None]) -> None:
        """Write it until cancelled: at once when a service changes. In the end it is taken away."""
        told: dict[str, str] | None = None
        told_at = 0.0
        try:
            while True:
                snapshot = picture()
                if snapshot is not None:
                    states = _states(services, snapshot)
                    if states != told or snapshot.at - told_at >= WRITE_EVERY:
                        self._write(written(snapshot.at, states))
                        told, told_at = states, snapshot.at
                beat(LOOK_EVERY, of="board")
                await asyncio.sleep(LOOK_EVERY)
        finally:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _write(self, text: str) -> None:
        """A disk that fails is told once; the board grows old then, and nothing follows from it."""
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(fresh, _MAKE, _MODE), "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), _MODE)  # whatever the umask of the unit is
                file.write(text)
            fresh.replace(self._path)
            problem = None
        except OSError as error:
            problem = f"{self._path}: {error.strerror or error}"
        if problem != self._problem:
            self._problem = problem
            log.warning("board problem=%r", problem or "none any more")


def _states(services: Sequence[str], snapshot: Snapshot) -> dict[str, str]:
    """How each service is on this node; unknown while it is not looked at."""
    blind = any(each.name == OBSERVER and not each.up for each in snapshot.observers)
    seen = {each.name: each.state for each in snapshot.services if each.node == snapshot.node}
    return {name: "unknown" if blind else seen.get(name, "unknown") for name in services}
