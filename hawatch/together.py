"""Tasks that live and die together: whichever way one of them dies, whoever runs them hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from hawatch.errors import HawatchError


async def together(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run them side by side until all have returned; the first error ends them all, and is raised as it is.

    One that is cancelled while nobody cancels us is dead like any other: HawatchError names it. (A TaskGroup would
    pass over it in silence.)
    """
    tasks = [asyncio.create_task(work) for work in works]
    pending = set(tasks)
    try:
        while pending:
            ended, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                if task.cancelled():
                    raise HawatchError(f"{_name(task)} was cancelled")
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _name(task: asyncio.Task[None]) -> str:
    return getattr(task.get_coro(), "__qualname__", "a task").lstrip("_")
