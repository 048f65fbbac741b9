"""What comes out of the directory in which the daemon of a modem drops replies and receipts."""

from __future__ import annotations

import asyncio

from hawatch.config.oncall import Channel
from hawatch.replies.spool import Spool
from hawatch.reply.arrival import Arrival


async def arrivals_of(channel: Channel, count: int, *, hang_guard: float) -> list[Arrival]:
    """What has come, as soon as there is so much of it; all of it stored by then."""
    arrived: list[Arrival] = []
    enough = asyncio.Event()

    async def put(arrival: Arrival) -> None:
        arrived.append(arrival)
        if len(arrived) >= count:
            enough.set()

    task = asyncio.ensure_future(Spool(channel=channel, put=put).run())
    waiting = asyncio.create_task(enough.wait())
    async with asyncio.timeout(hang_guard):
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return arrived
