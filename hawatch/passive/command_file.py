"""Nagios's command file: one result is one line."""

from __future__ import annotations

from collections.abc import Callable

from hawatch.config import Passive
from hawatch.passive.nagios_text import nagios_text
from hawatch.passive.result import PassiveResult
from hawatch.reach.aside import Aside
from hawatch.reach.fifo import MOST_BYTES, write_at_once

PATIENCE = 5.0


class CommandFile:
    """Pushes into one command file; `wall` gives epoch seconds."""

    def __init__(self, target: Passive, wall: Callable[[], float]) -> None:
        self._path = target.way
        self._wall = wall
        self._aside = Aside(self._path, PATIENCE)

    async def deliver(self, result: PassiveResult) -> None:
        """Write one result. DeliveryError."""
        line = command(result, self._wall())
        await self._aside.do(lambda: write_at_once(self._path, line))


def command(result: PassiveResult, wall: float) -> bytes:
    """The line, at most 4096 bytes with its end."""
    place = (
        f"[{int(wall)}] PROCESS_SERVICE_CHECK_RESULT;{result.host};{result.service};{result.code};".encode()
    )
    return place + nagios_text(result, MOST_BYTES - len(place) - 1) + b"\n"
