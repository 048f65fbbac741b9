"""The one inbox: every observer puts, the loop takes."""

from __future__ import annotations

import asyncio
from math import inf

from hawatch.agent.shedding import freshest
from hawatch.evidence import AddressAnnounced, AdvertisementHeard, Evidence

LET_OTHERS_READ = 3
"""Turns of the event loop before a batch is taken, so that what the kernel holds for several observers is together."""
_KERNEL_TIMED = (AdvertisementHeard, AddressAnnounced)


class Inbox:
    """An unbounded list of evidence; observers fold floods before they put, so it stays short."""

    def __init__(self) -> None:
        self._waiting: list[Evidence] = []
        self._filled = asyncio.Event()
        self._due = inf
        self.due = inf
        """When the first of the last batch should have been read: what the kernel timed, as soon as it came."""
        self.reading_since = inf
        """Since when an observer has been reading what it has not told yet; inf while none does."""

    def note_reading(self, since: float) -> None:
        """An observer reads, since then (monotonic seconds), or has told all that it read (inf)."""
        self.reading_since = since

    def put(self, evidence: Evidence) -> None:
        """Add one piece of evidence; to be called from the event loop's own thread."""
        self.put_planned(evidence, evidence.at if isinstance(evidence, _KERNEL_TIMED) else inf)

    def put_planned(self, evidence: Evidence, due: float) -> None:
        """The same for what its observer let wait on purpose, until `due` (monotonic seconds) and no longer."""
        self._waiting.append(evidence)
        self._due = min(self._due, due)
        self._filled.set()

    def nudge(self) -> None:
        """Let the loop take a turn although there may be nothing to take."""
        self._filled.set()

    async def take(self, timeout: float) -> list[Evidence]:  # noqa: ASYNC109 - a wake-up, not an error
        """Wait for evidence, `timeout` seconds at the most; then all there is, in the order of its times."""
        enough = asyncio.get_running_loop().call_later(timeout, self._filled.set)
        await self._filled.wait()
        enough.cancel()
        if self._waiting:
            return await self.gather()
        self._filled.clear()
        self.due = inf
        return []

    async def gather(self) -> list[Evidence]:
        """What there is once every observer had its turn to read, in the order of its times."""
        for _ in range(LET_OTHERS_READ):
            await asyncio.sleep(0)
        batch, self._waiting = self._waiting, []
        self.due, self._due = self._due, inf
        self._filled.clear()
        batch.sort(key=lambda evidence: evidence.at)
        return freshest(batch)
