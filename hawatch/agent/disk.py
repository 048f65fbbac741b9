"""What blocks on a disk, in a thread of its own: for a disk that never answers nobody waits without end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from hawatch.errors import HawatchError

_T = TypeVar("_T")

ANSWERS_WITHIN = 10.0
"""Seconds for which anybody waits for the disk."""
LOOKS = 10
"""So often is looked in that time: whoever slept through one of them has slept through no more."""


class Disk:
    """One thread, which does one thing after the other."""

    def __init__(self, path: Path | None, name: str) -> None:
        """`path` is what `no_answer` names, `name` the thread's."""
        self.no_answer = f"{path}: the disk does not answer"
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._hanging: asyncio.Future[Any] | None = None

    def start(self, do: Callable[[], _T]) -> asyncio.Future[_T]:
        """Have it done, however long it takes."""
        return asyncio.get_running_loop().run_in_executor(self._thread, do)

    async def ask(self, do: Callable[[], _T]) -> _T:
        """What comes of it. HawatchError when there is no answer in time; before it comes no more is asked."""
        if self._hanging is None or self._hanging.done():
            self._hanging = None
            working = self.start(do)
            if await answers(working):
                return working.result()
            self._hanging = working
            working.add_done_callback(_forgotten)
        raise HawatchError(self.no_answer)

    def leave(self) -> None:
        """Nothing more will be asked."""
        self._thread.shutdown(wait=False)


async def answers(working: asyncio.Future[Any], seconds: float | None = None) -> bool:
    """Whether it is done in so many seconds, ANSWERS_WITHIN if none are named."""
    within = ANSWERS_WITHIN if seconds is None else seconds
    for _ in range(LOOKS):
        await asyncio.wait([working], timeout=within / LOOKS)
        if working.done():
            return True
    return False


def _forgotten(working: asyncio.Future[Any]) -> None:
    """What came of it too late is seen by whoever asks next."""
    if not working.cancelled():
        working.exception()
