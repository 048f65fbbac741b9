"""Reads the small files under /proc that are looked at again and again, with few system calls."""

from __future__ import annotations

import os
from os import PathLike

_PORTION = 1 << 16


def read_proc(path: str | PathLike[str]) -> str:
    """All of a file. OSError when it cannot be read; UnicodeDecodeError, a ValueError, when it is not ASCII."""
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
    return b"".join(portions).decode("ascii")
