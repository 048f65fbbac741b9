"""A bound on what a library does with what others wrote: so many calls, whatever the machine, and not so many seconds.

Python tells a thread's profiler of each call and each return; the profiler may raise, and ends the work so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class EndlessError(BaseException):
    """It takes too long. No Exception, since libraries catch those."""


@contextmanager
def bounded(most: int) -> Iterator[None]:
    """Do in it what may take at most so many calls and returns of this thread. EndlessError."""
    before, count = sys.getprofile(), 0

    def tally(_frame: FrameType, _event: str, _argument: Any) -> None:
        nonlocal count
        count += 1
        if count > most:
            raise EndlessError

    sys.setprofile(tally)
    try:
        yield
    finally:
        sys.setprofile(before)
