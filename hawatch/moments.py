"""When what is done again and again is done: at common moments, so that one waking of the process serves all of it."""

from __future__ import annotations

import asyncio
import math
import os

_TOO_SOON = 0.5
"""A common moment that is nearer than such a share of the period is left out."""
SECOND = 1.0
STEP = 0.05
"""Seconds by which a moment may come earlier or later than it would have: who counts on one a second still has it."""
CLOSELY_AFTER = 0.001
"""Seconds from what wakes the process anyhow to the moment: it is still awake then."""


class Phase:
    """Where the common moments lie, on the clock of the event loop: two agents on one host begin apart.

    What comes once a second without being asked for wakes the process anyhow: the moments draw near to it, and follow.
    """

    def __init__(self, at: float) -> None:
        self.at = at
        """One of the moments, of all periods."""
        self._followed = -math.inf

    def follow(self, at: float) -> None:
        """Something came at that time (monotonic seconds); what comes more often than once a second counts once."""
        if at - self._followed < SECOND - 2 * STEP:
            return
        self._followed = at
        off = (at + CLOSELY_AFTER - self.at + SECOND / 2) % SECOND - SECOND / 2
        self.at += max(-STEP, min(STEP, off))

    def until(self, every: float, now: float) -> float:
        """Seconds from now until the next moment of those who do something every so many seconds."""
        since = now - self.at
        ahead = (math.floor(since / every) + 1) * every - since
        return ahead if ahead >= _TOO_SOON * every else ahead + every


_PHASE = Phase(-(os.getpid() * 0.618 % SECOND))


def follow(at: float) -> None:
    """Let this process's moments lie closely after what comes at that time: see Phase."""
    _PHASE.follow(at)


def until_moment(every: float) -> float:
    """Seconds until the next common moment of those who do something every so many seconds: half of them at least.

    To be called from a task or callback of an event loop, by whose clock the moments are.
    """
    return _PHASE.until(every, asyncio.get_running_loop().time()) if every > 0 else 0.0


async def set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait until the event is set, and set it when the time is over: without the exception that ends a timeout."""
    enough = asyncio.get_running_loop().call_later(seconds, event.set)
    try:
        await event.wait()
    finally:
        enough.cancel()
