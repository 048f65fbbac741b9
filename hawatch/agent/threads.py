"""Whether the threads that all parts of the agent share still take work: those that hang leave none to the others."""

from __future__ import annotations

import asyncio

from hawatch.heartbeat import beat
from hawatch.moments import until_moment

TRY_EVERY = 10.0


async def try_threads() -> None:
    """Have one do nothing every few seconds, until cancelled; what never comes back is missed."""
    while True:
        beat()
        await asyncio.to_thread(bool)
        pause = until_moment(TRY_EVERY)
        beat(pause)
        await asyncio.sleep(pause)
