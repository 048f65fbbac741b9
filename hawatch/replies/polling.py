"""A look at something every so often: sooner while somebody waits for what comes, later while nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from hawatch.errors import HawatchError
from hawatch.evidence import ObserverState, Sink
from hawatch.heartbeat import at_work

IDLE = 60.0
"""Seconds between two looks while nobody waits for anything."""
LONGEST_PAUSE = 60.0
LONGEST_PATIENCE = 600.0
LOOK_TAKES = 600.0
"""Seconds that one look may take: each of its requests has a time-out of its own."""
TOLD_AFTER = 2
"""Looks that fail one after the other before it is told."""


class BusyError(HawatchError):
    """Who was asked wants to be left alone for so many seconds."""

    def __init__(self, problem: str, seconds: float) -> None:
        super().__init__(problem)
        self.seconds = seconds


class Clock(Protocol):
    """Monotonic seconds."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC."""


class Polling:
    """Looks until cancelled; says when it cannot see, and when it can again.

    `every` is in seconds; `waited_for` says whether somebody waits, and `changed` is set when that may have changed.
    """

    def __init__(
        self,
        name: str,
        look: Callable[[], Awaitable[None]],
        *,
        every: float,
        waited_for: Callable[[], bool],
        changed: asyncio.Event,
        tell: Sink,
        clock: Clock,
    ) -> None:
        self._name = name
        self.look = look
        self._every = every
        self._waited_for = waited_for
        self._changed = changed
        self._tell_of = tell
        self._clock = clock
        self._failed = 0
        self._told: str | None = ""

    async def run(self) -> None:
        """Look, and wait."""
        while True:
            patience = 0.0
            try:
                with at_work(LOOK_TAKES):
                    await self.look()
            except HawatchError as error:
                self._failed += 1
                patience = min(error.seconds, LONGEST_PATIENCE) if isinstance(error, BusyError) else 0.0
                if self._failed >= TOLD_AFTER:
                    self._tell(str(error))
            else:
                self._failed = 0
                self._tell(None)
            await self._wait(self._clock.monotonic(), patience)

    async def _wait(self, since: float, patience: float) -> None:
        while (left := since + max(self._pause(), patience) - self._clock.monotonic()) > 0:
            await self._rest(left)

    async def _rest(self, seconds: float) -> None:
        """Until something has changed, at the most so long."""
        self._changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _pause(self) -> float:
        if self._failed:
            return max(self._every, min(self._every * 2.0 ** min(self._failed - 1, 10), LONGEST_PAUSE))
        return self._every if self._waited_for() else max(self._every, IDLE)

    def _tell(self, problem: str | None) -> None:
        if problem != self._told:
            self._told = problem
            self._tell_of(
                ObserverState(
                    at=self._clock.monotonic(), observer=self._name, up=problem is None, problem=problem
                )
            )
