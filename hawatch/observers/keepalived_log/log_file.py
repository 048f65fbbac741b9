"""A log file that is read as it grows, through rotation, truncation and deletion; blocking, for a thread."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from hawatch.errors import ObserverError
from hawatch.keepalived.log.splitting import Splitter

CHUNK = 1 << 16
LOOK_BACK_FOR = 5.0
"""Seconds for which a file that was rotated away is read on: its writer may not have been told yet."""


@dataclass(slots=True)
class _Opened:
    """One file, wherever its name has gone."""

    descriptor: int
    place: tuple[int, int]
    read: int
    lines: Splitter = field(default_factory=Splitter)
    left_at: float = 0.0

    def next_lines(self) -> list[bytes] | None:
        """What has been added; None: nothing. A file that has become shorter is read from its beginning."""
        if os.fstat(self.descriptor).st_size < self.read:
            self.read = os.lseek(self.descriptor, 0, os.SEEK_SET)
            self.lines = Splitter()
        data = os.read(self.descriptor, CHUNK)
        self.read += len(data)
        return self.lines.split(data) if data else None


class LogFile:
    """What is in it when we begin is old and never read; a file that comes later is read from its beginning."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._now: _Opened | None = None
        self._former: _Opened | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a file."""
        return self._now is not None

    @property
    def place(self) -> tuple[int, int] | None:
        """Device and inode of the file that has the name; None while there is none."""
        return None if self._now is None else self._now.place

    def begin(self) -> None:
        """Stand at its end. OSError when it is there and cannot be read, ObserverError when it is no file."""
        self._now = _open(self.path, at_end=True)

    def next_lines(self, now: float) -> list[bytes] | None:
        """Lines that were added, None while there are none; `now` is monotonic. OSError, ObserverError."""
        found = self._of_former(now)
        if found is None and self._now is not None:
            found = self._now.next_lines()
        return found if found is not None else self._follow_name(now)

    def close(self) -> None:
        """Close what is open."""
        for each in (self._now, self._former):
            if each is not None:
                os.close(each.descriptor)
        self._now = self._former = None

    def _of_former(self, now: float) -> list[bytes] | None:
        former = self._former
        if former is None:
            return None
        found = former.next_lines()
        if found is None and now - former.left_at > LOOK_BACK_FOR:
            os.close(former.descriptor)
            self._former = None
        return found

    def _follow_name(self, now: float) -> list[bytes] | None:
        """All has been read: does the name still stand for this file?"""
        try:
            seen = self.path.stat()
        except FileNotFoundError:
            if self._now is not None and os.fstat(self._now.descriptor).st_nlink == 0:
                self.close()  # it was deleted: whoever holds it open keeps the disk full
            return None
        if self._now is not None and self._now.place == (seen.st_dev, seen.st_ino):
            return None
        if self._former is not None:
            os.close(self._former.descriptor)
        self._former, self._now = self._now, None
        if self._former is not None:
            self._former.left_at = now
        self._now = _open(self.path, at_end=False)
        return None if self._now is None else self._now.next_lines()


def _open(path: Path, *, at_end: bool) -> _Opened | None:
    """None where there is none; a FIFO of this name does not stop us."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError:
        return None
    seen = os.fstat(descriptor)
    if not stat.S_ISREG(seen.st_mode):
        os.close(descriptor)
        raise ObserverError(f"{path}: no regular file")
    read = os.lseek(descriptor, 0, os.SEEK_END) if at_end else 0
    return _Opened(descriptor, (seen.st_dev, seen.st_ino), read)
