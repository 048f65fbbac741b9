"""The drop directory of an SMS channel: what an SMS daemon's event script puts there comes out here, once stored."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

from asyncinotify import Inotify, Mask

from hawatch.config.oncall import Channel, ChannelKind
from hawatch.errors import ConfigError, DecodeError, ObserverError
from hawatch.heartbeat import beat
from hawatch.replies.dropped import Dropped, Reader, named
from hawatch.replies.gammu import GammuReader
from hawatch.replies.smstools import SmstoolsReader
from hawatch.reply.arrival import Arrival

log = logging.getLogger("hawatch.replies")

SWEEP_EVERY = 5.0
"""Seconds between two looks without an occasion, for what the kernel did not tell."""
BAD = "bad"
_READERS: dict[ChannelKind, Callable[[Channel], Reader]] = {
    ChannelKind.SMSTOOLS: SmstoolsReader,
    ChannelKind.GAMMU: GammuReader,
}
_MOST = 1 << 20  # bytes; nothing that a telephone sends is larger
_NEW = Mask.MOVED_TO | Mask.CREATE  # a whole file gets its name by rename or link
_GONE = Mask.IGNORED | Mask.DELETE_SELF | Mask.MOVE_SELF


class Spool:
    """Watches the directory `replies` of a channel. `put` returns when an arrival is stored; only then its file goes.

    What cannot be understood is moved to `bad` below it, with a line in the log. ConfigError for a channel that has no
    such directory.
    """

    def __init__(self, *, channel: Channel, put: Callable[[Arrival], Awaitable[None]]) -> None:
        if channel.replies is None or channel.kind not in _READERS:
            raise ConfigError(f"channel {channel.name}", "no directory for replies")
        self.name = f"replies {channel.name}"
        self._directory = Path(channel.replies)
        self._reader = _READERS[channel.kind](channel)
        self._put = put
        self._taken: set[str] = set()
        self._told: set[str] = set()

    async def run(self) -> None:
        """Watch until cancelled. ObserverError, in one line, when the directory cannot be read."""
        try:
            with Inotify() as inotify:
                inotify.add_watch(self._directory, _NEW | Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.ONLYDIR)
                while True:
                    beat()
                    await self._sweep()
                    beat(SWEEP_EVERY)
                    await self._occasion(inotify)
        except OSError as error:
            raise ObserverError(f"{self._directory}: {(error.strerror or str(error)).lower()}") from error

    async def _occasion(self, inotify: Inotify) -> None:
        try:
            async with asyncio.timeout(SWEEP_EVERY):
                event = await inotify.get()
        except TimeoutError:
            return
        if event.mask & _GONE:
            raise ObserverError(f"{self._directory}: it was taken away")

    async def _sweep(self) -> None:
        """Take all that is there, in the order in which it was written."""
        for path in await asyncio.to_thread(self._waiting):
            beat()
            try:
                arrival = await asyncio.to_thread(self._read, path)
            except FileNotFoundError:
                continue
            except DecodeError as error:
                await asyncio.to_thread(self._set_aside, path, error)
                continue
            except OSError as error:
                self._leave(path, error)
                continue
            if arrival is not None:
                await self._put(arrival)
            try:
                await asyncio.to_thread(path.unlink, missing_ok=True)
            except OSError as error:
                self._taken.add(path.name)
                self._leave(path, error)

    def _waiting(self) -> list[Path]:
        found = []
        with os.scandir(self._directory) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name == BAD or entry.name in self._taken:
                    continue
                try:
                    found.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.name))
                except FileNotFoundError:
                    continue
        return [self._directory / name for _, name in sorted(found)]

    def _read(self, path: Path) -> Arrival | None:
        event, file = named(path.name)
        seen = path.lstat()
        if not stat.S_ISREG(seen.st_mode) or seen.st_size > _MOST:
            raise DecodeError("not a file that an event script writes")
        content = path.read_bytes()
        return self._reader.read(Dropped(event=event, file=file, content=content, written_at=seen.st_mtime))

    def _set_aside(self, path: Path, problem: DecodeError) -> None:
        try:
            bad = self._directory / BAD
            bad.mkdir(mode=0o770, exist_ok=True)
            path.rename(bad / path.name)
            log.warning(
                "replies=%s file=%r problem=%r moved_to=%s", self._directory, path.name, str(problem), BAD
            )
        except OSError as error:
            self._leave(path, error)

    def _leave(self, path: Path, error: OSError) -> None:
        """One that can be neither read nor moved is told once, tried again with the next look, and stops no other."""
        if path.name not in self._told:
            self._told.add(path.name)
            log.error(
                "replies=%s file=%r problem=%r", self._directory, path.name, error.strerror or str(error)
            )
