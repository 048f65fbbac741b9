"""The one inbox: every observer puts, the loop takes."""

from __future__ import annotations

import asyncio

from hawatch.evidence import Evidence

LET_OTHERS_READ = 3
"""Turns of the event loop before a batch is taken, so that what the kernel holds for several observers is together."""


class Inbox:
    """An unbounded list of evidence; observers fold floods before they put, so it stays short."""

    def __init__(self) -> None:
        self._waiting: list[Evidence] = []
        self._filled = asyncio.Event()

    def put(self, evidence: Evidence) -> None:
        """Add one piece of evidence; to be called from the event loop's own thread."""
        self._waiting.append(evidence)
        self._filled.set()

    async def take(self, timeout: float) -> list[Evidence]:  # noqa: ASYNC109 - a wake-up, not an error
        """Wait for evidence, `timeout` seconds at the most; then all there is, in the order of its times."""
        enough = asyncio.get_running_loop().call_later(timeout, self._filled.set)
        await self._filled.wait()
        enough.cancel()
        if self._waiting:
            return await self.gather()
        self._filled.clear()
        return []

    async def gather(self) -> list[Evidence]:
        """What there is once every observer had its turn to read, in the order of its times."""
        for _ in range(LET_OTHERS_READ):
            await asyncio.sleep(0)
        batch, self._waiting = self._waiting, []
        self._filled.clear()
        batch.sort(key=lambda evidence: evidence.at)
        return batch
