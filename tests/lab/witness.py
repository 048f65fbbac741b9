"""Runs an observer, keeps what it tells, and waits for what a test expects."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, TypeVar

from hawatch.evidence import Evidence
from hawatch.observers import Observer

HANG_GUARD = 30.0  # seconds

Record = TypeVar("Record")
Fixtures = ParamSpec("Fixtures")


def awaited(test: Callable[Fixtures, Coroutine[Any, Any, None]]) -> Callable[Fixtures, None]:
    """Turn a coroutine function into a test: a fresh event loop each time."""

    @functools.wraps(test)
    def run(*args: Fixtures.args, **kwargs: Fixtures.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


class Witness:
    """A sink: `until` reads on from where the last `until` stopped."""

    def __init__(self) -> None:
        self.records: list[Evidence] = []
        self._read = 0
        self._more = asyncio.Event()

    def put(self, record: Evidence) -> None:
        self.records.append(record)
        self._more.set()

    async def until(self, kind: type[Record], **fields: Any) -> Record:
        """The next record of that kind with those fields; AssertionError with all that came instead."""
        try:
            async with asyncio.timeout(HANG_GUARD):
                while True:
                    while self._read < len(self.records):
                        record = self.records[self._read]
                        self._read += 1
                        if isinstance(record, kind) and _matches(record, fields):
                            return record
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            told = "\n".join(map(repr, self.records))
            raise AssertionError(f"no {kind.__name__} with {fields}; instead:\n{told}") from None

    async def when(self, condition: Callable[[], bool]) -> None:
        """Wait until what was told fulfils a condition; AssertionError if it never does."""
        try:
            async with asyncio.timeout(HANG_GUARD):
                while not condition():
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"after {len(self.records)} records the condition does not hold") from None

    def all(self, kind: type[Record], **fields: Any) -> list[Record]:
        """Every record of that kind with those fields, since the beginning."""
        return [record for record in self.records if isinstance(record, kind) and _matches(record, fields)]


def _matches(record: object, fields: dict[str, Any]) -> bool:
    return all(getattr(record, name) == value for name, value in fields.items())


@asynccontextmanager
async def running(observer: Observer) -> AsyncIterator[None]:
    """The observer watches for as long as the block lasts; should it end earlier, its error is the block's."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(observer.run())
        yield
        task.cancel()
