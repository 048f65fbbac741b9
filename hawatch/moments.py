"""When what is done again and again is done: at common moments, so that one waking of the process serves all of it."""

from __future__ import annotations

import asyncio
import math
import os

_SHIFT = os.getpid() * 0.618 % 1.0
"""Two agents on one host need not work at the same moments."""
_TOO_SOON = 0.5
"""A common moment that is nearer than such a share of the period is left out."""


def until_moment(every: float) -> float:
    """Seconds until the next common moment of those who do something every so many seconds: half of them at least.

    To be called from a task or callback of an event loop, by whose clock the moments are.
    """
    if every <= 0:
        return 0.0
    now = asyncio.get_running_loop().time() + _SHIFT
    ahead = (math.floor(now / every) + 1) * every - now
    return ahead if ahead >= _TOO_SOON * every else ahead + every


async def set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait until the event is set, and set it when the time is over: without the exception that ends a timeout."""
    enough = asyncio.get_running_loop().call_later(seconds, event.set)
    try:
        await event.wait()
    finally:
        enough.cancel()
