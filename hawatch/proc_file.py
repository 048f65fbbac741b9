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
