"""Replies that the agents of several nodes see at once: each leaves them for a moment to whoever takes them first."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from hawatch.agent.oncall import OnCall
from hawatch.desk.taking import is_taken
from hawatch.reply.arrival import Reply


async def until_taken(
    replies: Collection[Reply], oncall: OnCall, *, changed: asyncio.Event, seconds: float
) -> None:
    """Return when all of them are taken, after so many seconds at the latest.

    `changed` is what `oncall` tells its changes to.
    """
    try:
        async with asyncio.timeout(seconds):
            while not all(is_taken(each, oncall.ledger) for each in replies):
                changed.clear()
                await changed.wait()
    except TimeoutError:
        pass
