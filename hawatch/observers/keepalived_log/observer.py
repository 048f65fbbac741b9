"""Reads what keepalived logs, from now on, and tells what is understood of it; a storm is counted, not told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

from hawatch.errors import ObserverError
from hawatch.evidence import Mouth, ObserverState, Sink
from hawatch.evidence.said import heard
from hawatch.heartbeat import beat
from hawatch.keepalived.log.intake import Intake
from hawatch.keepalived.log.journal_entry import read_journal_entry
from hawatch.keepalived.log.lines import Word, read_log_line
from hawatch.moments import until_moment
from hawatch.observers.keepalived_log.journal import PROGRAM, follow_journal
from hawatch.observers.keepalived_log.log_file import LogFile
from hawatch.observers.keepalived_log.occasions import Occasions
from hawatch.together import together

AUTO = "auto"
JOURNAL = "journal"
USUAL = Path("/var/log/keepalived.log")
"""What `auto` looks for."""
SEARCH_EVERY = 30.0
CLOSE_EVERY = 1.0
_MARK = b"Keepalived"
_OWN_COLONS = (slice(24, 26), slice(31, 33))
"""Where the head of a line ends that keepalived wrote into the file itself: "Fri Nov 27 11:43:47 2026: "."""


class BothClocks(Protocol):
    """What is needed of a clock."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC in seconds."""

    def wall(self) -> float:
        """CLOCK_REALTIME in epoch seconds."""


class KeepalivedLog:
    """`log` is a file's path, `journal`, or `auto`: the usual file if it is there and may be read, else nothing."""

    name = "keepalived_log"

    def __init__(
        self,
        *,
        log: str,
        put: Sink,
        clock: BothClocks,
        usual: Path = USUAL,
        journalctl: str = PROGRAM,
    ) -> None:
        self._log = log
        self._put = put
        self._clock = clock
        self._usual = usual
        self._journalctl = journalctl
        self._intake = Intake()
        self._problem: str | None = ""

    async def run(self) -> None:
        """Follow until cancelled. ObserverError, in one line, when it cannot go on."""
        await together((self._read_on(), self._close_again_and_again()))

    async def _read_on(self) -> None:
        if self._log == JOURNAL:
            await self._follow_journal()
        elif self._log == AUTO:
            await self._follow_usual()
        else:
            await self._follow_named(Path(self._log))
        raise ObserverError("the log has ended")

    async def _follow_journal(self) -> None:
        async with aclosing(follow_journal(program=self._journalctl)) as entries:
            self._tell(None)
            async for lines in entries:
                self._take(lines, read_journal_entry, Mouth.JOURNAL)

    async def _follow_named(self, path: Path) -> None:
        """A file that somebody named: if it is not there, or closed to us, that is told, and waited for."""
        try:
            await self._follow(path)
        except OSError as error:
            raise ObserverError(f"{path}: {(error.strerror or str(error)).lower()}") from error

    async def _follow_usual(self) -> None:
        """Nobody asked for it: whatever keeps us from reading it is no trouble."""
        while True:
            beat(SEARCH_EVERY, of=self._usual)
            try:
                if await asyncio.to_thread(self._usual.is_file):
                    await self._follow(self._usual)
            except (OSError, ObserverError):
                pass
            await asyncio.sleep(SEARCH_EVERY)

    async def _follow(self, path: Path) -> None:
        log = LogFile(path)
        try:
            await asyncio.to_thread(log.begin)
            with Occasions(path) as occasions:
                while True:
                    beat(of=path)
                    self._tell(None if log.is_open else f"{path}: there is no such file yet")
                    lines = await asyncio.to_thread(log.next_lines, self._clock.monotonic())
                    if lines is None:
                        await occasions.wait(log.place)
                    else:
                        self._take(lines, self._read, Mouth.LOG)
        finally:
            log.close()

    def _read(self, line: bytes) -> Word | None:
        return read_log_line(line.decode(errors="replace"), now=self._clock.wall())

    def _take(self, lines: Iterable[bytes], read: Callable[[bytes], Word | None], mouth: Mouth) -> None:
        """Lines of others cost nothing; of keepalived's no more than a host can spare in a second."""
        for line in lines:
            if not _may_be_keepalived(line) or not self._intake.admits():
                continue
            word = read(line)
            if word is not None:
                self._pass_on(self._intake.take(word), mouth)

    def _pass_on(self, words: Iterable[tuple[Word, int]], mouth: Mouth) -> None:
        at, wall = self._clock.monotonic(), self._clock.wall()
        for word, count in words:
            self._put(heard(word, count, at=at, wall=wall, mouth=mouth))

    async def _close_again_and_again(self) -> None:
        mouth = Mouth.JOURNAL if self._log == JOURNAL else Mouth.LOG
        while True:
            pause = until_moment(CLOSE_EVERY)
            beat(pause)
            await asyncio.sleep(pause)
            self._pass_on(self._intake.close(self._clock.monotonic(), self._clock.wall()), mouth)

    def _tell(self, problem: str | None) -> None:
        if problem == self._problem or (problem is not None and self._log == AUTO):
            return
        self._problem = problem
        at = self._clock.monotonic()
        self._put(ObserverState(at=at, observer=self.name, up=problem is None, problem=problem))


def _may_be_keepalived(line: bytes) -> bool:
    """A first look, since a file may be shared with programs that write a lot."""
    return _MARK in line or any(line[place] == b": " for place in _OWN_COLONS)
