"""Reads the small files under /proc that are looked at again and again, with few system calls."""

from __future__ import annotations

import os
from os import PathLike

_PORTION = 1 << 16


def read_proc_bytes(path: str | PathLike[str]) -> bytes:
    """All of a file. OSError when it cannot be read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        portions = []
        # The kernel gives a page or so at a time, and nothing at the end.
        while portion := os.read(descriptor, _PORTION):
            portions.append(portion)
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
    finally:
        os.close(descriptor)
    return b"".join(portions)


def read_proc(path: str | PathLike[str]) -> str:
    """The same as text, in which what is no text is replaced: a device's name may have any byte in it."""
    return read_proc_bytes(path).decode("utf-8", errors="replace")


class ProcFile:
    """A file of /proc that is read again and again: it stays open, and what is read is what the kernel says then."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = path
        self._descriptor: int | None = None

    def read(self) -> str:
        """All of it, as `read_proc`. OSError when it cannot be read."""
        try:
            return self._all_of(self._opened())
        except OSError:
            if self._descriptor is None:
                raise
        self._close()  # a device that was removed and came back has other files of the same names
        return self._all_of(self._opened())

    def _opened(self) -> int:
        """Where the name is of another file now, that one."""
        if self._descriptor is not None and os.fstat(self._descriptor).st_nlink == 0:
            self._close()
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        return self._descriptor

    def _all_of(self, descriptor: int) -> str:
        portions, at = [], 0
        try:
            while portion := os.pread(descriptor, _PORTION, at):
                portions.append(portion)
                at += len(portion)
        except OSError as error:
            raise OSError(error.errno, error.strerror, os.fspath(self.path)) from error
        return b"".join(portions).decode("utf-8", errors="replace")

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __del__(self) -> None:
        self._close()
