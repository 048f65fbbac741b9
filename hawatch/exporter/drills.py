"""What a caller on the Unix socket needs of the drills."""

from __future__ import annotations

from typing import Protocol

from hawatch.exporter.status import JsonDict


class Drills(Protocol):
    """All answers are plain JSON; whatever cannot be done raises a HawatchError that says why, in one line."""

    def plan(self, instance: str | None, away: float) -> JsonDict:
        """How a drill would go."""

    async def begin(self, instance: str | None, away: float, who: str) -> JsonDict:
        """The first node steps aside."""

    async def back(self, name: str) -> JsonDict:
        """The node that is away comes back."""

    async def next_leg(self, name: str) -> JsonDict:
        """The next node steps aside."""

    async def end(self, name: str, report: object) -> JsonDict:
        """It is over; the report is kept, if there is one."""

    async def stop(self) -> JsonDict:
        """End whatever drill is under way."""

    def look(self, name: str) -> JsonDict:
        """How far it has come."""

    async def last(self) -> JsonDict:
        """The latest report."""
