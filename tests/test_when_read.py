"""When a report may be made, and whose fault it is when making one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hawatch.observers.peer_link.when_read import WhenRead, at_once

GUARD = 30.0


def fails() -> None:
    raise ValueError("no such report")


def test_what_goes_wrong_later_ends_the_link_and_not_whoever_calls_back() -> None:
    async def story() -> None:
        waiting: list[Callable[[], None]] = []
        when_read = WhenRead(waiting.append)
        running = asyncio.create_task(when_read.run())
        await asyncio.sleep(0)
        when_read(fails)
        when_read(fails)
        for do in waiting:
            do()
        async with asyncio.timeout(GUARD):
            await running

    with pytest.raises(ValueError, match="no such report"):
        asyncio.run(story())


def test_a_link_that_does_not_run_has_nobody_else_to_tell() -> None:
    with pytest.raises(ValueError, match="no such report"):
        WhenRead(at_once)(fails)
