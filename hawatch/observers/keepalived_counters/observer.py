"""Reads keepalived's counters when it is asked to, through whoever may signal keepalived."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hawatch.errors import DecodeError, HawatchError
from hawatch.evidence import CountersRead, Sink
from hawatch.heartbeat import at_work
from hawatch.keepalived.dumps import Counters, read_json, read_text
from hawatch.observers import MonotonicClock

PAUSE = 60.0
"""Seconds from one question to the next: each costs keepalived a signal, and its log a line."""

Answer = Mapping[str, Any]
"""hawatch-helper's answer to `dump` (hawatch/helper/dump.py)."""


class KeepalivedCounters:
    """Tells CountersRead after each question that it takes, and is silent otherwise."""

    name = "keepalived_counters"

    def __init__(self, *, dump: Callable[[], Awaitable[Answer]], put: Sink, clock: MonotonicClock) -> None:
        """`dump` asks for keepalived's dump; HawatchError when there is none to be had."""
        self._dump = dump
        self._put = put
        self._clock = clock
        self._asked_at: float | None = None
        self._wanted = asyncio.Event()

    def ask(self) -> None:
        """Read them soon; nothing while the last question is less than PAUSE ago."""
        now = self._clock.monotonic()
        if self._asked_at is None or now - self._asked_at >= PAUSE:
            self._asked_at = now
            self._wanted.set()

    async def run(self) -> None:
        """Wait for questions until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                with at_work():
                    counters: Counters | None = _read(await self._dump())
                problem = None
            except HawatchError as error:
                counters, problem = None, str(error)
            self._put(CountersRead(at=self._clock.monotonic(), counters=counters, problem=problem))


def _read(answer: Answer) -> Counters:
    if answer.get("format", "json") == "json":
        return read_json(answer.get("data"))
    text = answer.get("stats")
    if not isinstance(text, str):
        raise DecodeError("hawatch-helper: a dump that this version does not understand")
    return read_text(text)
