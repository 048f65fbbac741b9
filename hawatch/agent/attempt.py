"""One attempt at a time, beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class Attempt:
    """Holds the attempt that is under way, if there is one."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    @property
    def under_way(self) -> bool:
        """Whether one has begun and not been reaped."""
        return self._task is not None

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """Begin one."""
        self._task = asyncio.create_task(work)

    def reap(self) -> None:
        """Let go of one that has ended; one that crashed is the crash of whoever reaps it."""
        if self._task is not None and self._task.done():
            task, self._task = self._task, None
            task.result()

    async def close(self) -> None:
        """Wait for nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
