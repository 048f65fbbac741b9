"""Reads keepalived's notify FIFO (keepalived.conf(5), vrrp_notify_fifo).

keepalived makes the FIFO, holds it open for reading and writing, and never waits: what nobody reads stays in the pipe,
and when that is full (64 KiB) what comes is lost. So it neither blocks nor ends when we are gone, and what we find in
the pipe at our start is of a time that nobody knows: it is thrown away. A line has no time of its own. There is one
pipe, and what one reader takes no other gets.
"""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Protocol

from hawatch.errors import ObserverError
from hawatch.evidence import Mouth, ObserverState, Sink
from hawatch.evidence.said import heard
from hawatch.heartbeat import beat
from hawatch.keepalived.log.intake import Intake
from hawatch.keepalived.log.lines import Word, read_fifo_line
from hawatch.keepalived.log.splitting import Splitter
from hawatch.moments import set_within, until_moment

CHUNK = 1 << 16
LOOK_EVERY = 1.0
"""Seconds between two looks whether the name stands for this FIFO still: keepalived makes another when it starts."""
PROMPT = 0.1
"""Seconds: a line is read so soon after it was written, as a rule."""


class BothClocks(Protocol):
    """What is needed of a clock."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC in seconds."""

    def wall(self) -> float:
        """CLOCK_REALTIME in epoch seconds."""


class NotifyFifo:
    """`taken`: keepalived starts a script that reads it; then nothing is read here."""

    name = "notify_fifo"

    def __init__(self, *, path: Path, taken: bool, put: Sink, clock: BothClocks) -> None:
        self._path = path
        self._taken = taken
        self._put = put
        self._clock = clock
        self._intake = Intake()
        self._problem: str | None = ""

    async def run(self) -> None:
        """Read until cancelled. ObserverError, in one line, when it cannot go on."""
        if self._taken:
            self._tell(
                f"{self._path}: keepalived's own script reads it, and there can be one reader; it is left alone"
            )
            await asyncio.Event().wait()
        fresh = False
        while True:
            descriptor = self._open()
            if descriptor is None:
                self._tell(f"{self._path}: keepalived has not made it yet")
            else:
                self._tell(None)
                try:
                    await self._listen(descriptor, fresh=fresh)
                finally:
                    os.close(descriptor)
            fresh = True  # what comes by now is no older than our last look
            beat(LOOK_EVERY)
            await asyncio.sleep(LOOK_EVERY)

    def _open(self) -> int | None:
        try:
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
            if not stat.S_ISFIFO(self._path.lstat().st_mode):
                raise ObserverError(f"{self._path}: no FIFO")
            return os.open(self._path, flags)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ObserverError(f"{self._path}: {(error.strerror or str(error)).lower()}") from error

    async def _listen(self, descriptor: int, *, fresh: bool) -> None:
        """Until nobody holds it open for writing, or another FIFO has its name."""
        loop, readable, lines = asyncio.get_running_loop(), asyncio.Event(), Splitter()
        place = os.fstat(descriptor).st_ino
        if not fresh:
            while _read(descriptor):
                pass
        loop.add_reader(descriptor, readable.set)
        within = LOOK_EVERY
        try:
            while True:
                beat(LOOK_EVERY)
                data = _read(descriptor)
                if data == b"":
                    return
                self._take(lines.split(data or b""), within)
                self._close_second()
                if data is None:
                    within = PROMPT
                    if not self._is_there(place):
                        return
                    readable.clear()
                    await set_within(readable, until_moment(LOOK_EVERY))
                else:
                    await asyncio.sleep(0)
        finally:
            loop.remove_reader(descriptor)

    def _is_there(self, place: int) -> bool:
        try:
            return self._path.lstat().st_ino == place
        except OSError:
            return False

    def _take(self, lines: list[bytes], within: float) -> None:
        for line in lines:
            if not self._intake.admits():
                continue
            text = line.decode(errors="replace")
            for saying in read_fifo_line(text):
                word = Word(saying=saying, text=text.rstrip(), at=self._clock.wall(), within=within)
                for each, count in self._intake.take(word):
                    self._pass_on(each, count)

    def _close_second(self) -> None:
        for word, count in self._intake.close(self._clock.monotonic(), self._clock.wall()):
            self._pass_on(word, count)

    def _pass_on(self, word: Word, count: int) -> None:
        at, wall = self._clock.monotonic(), self._clock.wall()
        self._put(heard(word, count, at=at, wall=wall, mouth=Mouth.FIFO))

    def _tell(self, problem: str | None) -> None:
        if problem != self._problem:
            self._problem = problem
            at = self._clock.monotonic()
            self._put(ObserverState(at=at, observer=self.name, up=problem is None, problem=problem))


def _read(descriptor: int) -> bytes | None:
    """What is in the pipe; None: nothing now, empty: nobody could write any more."""
    try:
        return os.read(descriptor, CHUNK)
    except BlockingIOError:
        return None
