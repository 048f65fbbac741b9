"""When a file is worth a look: it was written, or a second is over."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from asyncinotify import Inotify, Mask, Watch

EVERY = 1.0
"""Seconds between two looks without an occasion: another file may have the name now."""
BREATH = 0.05
"""Seconds after an occasion, in which more may come: a storm wakes us so often and not more."""


class Occasions:
    """Without inotify (a host may have run out of it) only the second counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inotify: Inotify | None = None
        self._watch: Watch | None = None
        self._place: tuple[int, int] | None = None

    def __enter__(self) -> Occasions:
        with suppress(OSError):
            self._inotify = Inotify()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._inotify is not None:
            self._inotify.close()

    async def wait(self, place: tuple[int, int] | None) -> None:
        """Until there is reason to look; `place` is the file (device, inode) that has the name now."""
        if place != self._place or self._watch is None:
            self._follow(place)
        if self._inotify is None or self._watch is None:
            await asyncio.sleep(EVERY)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY):
                await self._inotify.get()
        await asyncio.sleep(BREATH)

    def _follow(self, place: tuple[int, int] | None) -> None:
        self._place = place
        if self._inotify is None:
            return
        with suppress(OSError, ValueError):
            if self._watch is not None:
                self._inotify.rm_watch(self._watch)
        self._watch = None
        with suppress(OSError):
            if place is not None:
                self._watch = self._inotify.add_watch(self._path, Mask.MODIFY)
