"""Hearing an observer out: it runs, and whatever it tells can be waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

from hawatch.agent.equipment import HostClock
from hawatch.evidence import Evidence, KeepalivedSaid, ObserverState

HANG_GUARD = 30.0
Looked = TypeVar("Looked")


class Runs(Protocol):
    """An observer."""

    async def run(self) -> None:
        """Until cancelled."""


class Told:
    """Everything that was told, in order."""

    def __init__(self) -> None:
        self.all: list[Evidence] = []
        self.clock = HostClock()
        self._news = asyncio.Event()

    def put(self, evidence: Evidence) -> None:
        self.all.append(evidence)
        self._news.set()

    @property
    def said(self) -> list[KeepalivedSaid]:
        return [each for each in self.all if isinstance(each, KeepalivedSaid)]

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.said]

    @property
    def states(self) -> list[tuple[bool, str | None]]:
        return [(each.up, each.problem) for each in self.all if isinstance(each, ObserverState)]

    async def until(self, look: Callable[[], Looked | None]) -> Looked:
        """What `look` finds, as soon as it finds something."""
        async with asyncio.timeout(HANG_GUARD):
            while not (found := look()):
                self._news.clear()
                await self._news.wait()
        return found

    async def hears(self, text: str) -> KeepalivedSaid:
        """The word with this text."""
        return await self.until(lambda: next((each for each in self.said if each.text == text), None))

    async def sees(self, up: bool, problem: str = "") -> None:
        """That the observer sees, or does not, with these words in its reason."""
        await self.until(
            lambda: any(each[0] is up and problem in (each[1] or "") for each in self.states) or None
        )


@asynccontextmanager
async def running(observer: Runs) -> AsyncIterator[asyncio.Task[None]]:
    """It runs until the end of the block; an error of its own comes out there."""
    task = asyncio.create_task(observer.run())
    try:
        yield task
    finally:
        if not task.done():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
