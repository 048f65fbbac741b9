"""Follows the VRRP process of keepalived: its death at once, a freeze and a reload within a moment."""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hawatch.errors import ObserverError
from hawatch.evidence import DaemonSeen, ObserverState, Sink
from hawatch.heartbeat import beat
from hawatch.moments import set_within, until_moment
from hawatch.observers import MonotonicClock
from hawatch.observers.keepalived_daemon.loads import Loads
from hawatch.observers.keepalived_daemon.process import ENDED, STOPPED, TICKS_PER_SECOND, Process
from hawatch.observers.keepalived_daemon.search import Nobody, Search, uptime
from hawatch.wire.report import DaemonState

FOLLOW_PAUSE = 1.0
"""Seconds between two looks at a process that runs, whose end tells itself; whoever needs to know at once asks."""
UNTOLD_PAUSE = 0.2
"""The same where the kernel does not tell the end."""
LOAD_PAUSE = 0.75
"""Less than those between two looks, lest every second one come a moment too early for it."""
SEARCH_PAUSE = 0.5
THOROUGH_PAUSE = 1.0
"""A look at every process of the host is not cheap, and what is there says itself who it is, as a rule."""
_EAGER_PAUSE = 0.02
_BEREAVED_FOR = 1.0
"""keepalived's parent starts a new child some 30 ms after the death of one."""
_NOBODY = {Nobody.ABSENT: DaemonState.DEAD, Nobody.UNSEEN: None}


@dataclass(frozen=True, slots=True)
class _Told:
    state: DaemonState | None
    pid: int | None = None
    loads: str | None = None


class KeepalivedDaemon:
    """The keepalived of this process's own network namespace; those of other namespaces do not count."""

    name = "keepalived_daemon"

    def __init__(self, *, put: Sink, clock: MonotonicClock, proc: Path = Path("/proc")) -> None:
        self._put = put
        self._clock = clock
        self._proc = proc
        self._search = Search(proc)
        self._told: _Told | None = None
        self._look = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled. ObserverError when /proc cannot be read."""
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
        try:
            while True:
                await self._follow(await self._find())
        except OSError as error:
            self._tell(_Told(None))
            raise ObserverError(f"{error.filename or self._proc}: {error.strerror}") from error

    def ask(self) -> None:
        """Look soon, whether it runs or is frozen."""
        self._look.set()

    async def _find(self) -> Process:
        """Wait for a VRRP process: eagerly where one is about to start, else at leisure."""
        eager_until = self._clock.monotonic() + _BEREAVED_FOR
        thorough_due = 0.0
        while True:
            beat()
            now = self._clock.monotonic()
            process = self._search.quick()
            if process is not None:
                return process
            if now >= thorough_due:
                found = self._search.thorough()
                if isinstance(found, Process):
                    return found
                if found is Nobody.STARTING:
                    eager_until = now + _BEREAVED_FOR
                else:
                    self._tell_nobody(_NOBODY[found])
                thorough_due = now + THOROUGH_PAUSE
            await asyncio.sleep(_EAGER_PAUSE if now < eager_until else SEARCH_PAUSE)

    async def _follow(self, process: Process) -> None:
        """Tell of one process until it is dead; at once where the kernel has pidfds, else with the next look."""
        look = asyncio.Event()
        with ExitStack() as opened:
            try:
                death = _pidfd(process.pid)
                if death is not None:
                    opened.callback(os.close, death)
                stat = os.open(self._proc / str(process.pid) / "stat", os.O_RDONLY)
                opened.callback(os.close, stat)
            except (ProcessLookupError, FileNotFoundError):
                return
            if death is not None:
                self._await_death(process, death, look)
                opened.callback(asyncio.get_running_loop().remove_reader, death)
            self._look = look
            await self._look_on(process, stat, FOLLOW_PAUSE if death is not None else UNTOLD_PAUSE)

    def _await_death(self, process: Process, death: int, look: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()

        def bury() -> None:
            loop.remove_reader(death)
            self._tell(_Told(DaemonState.DEAD, process.pid))
            look.set()

        loop.add_reader(death, bury)

    async def _look_on(self, process: Process, stat: int, pause: float) -> None:
        started_at = self._started_at(process)
        loads = Loads(self._proc, process)
        token, token_due, before = None, 0.0, None
        while True:
            beat(pause)
            state = _state(stat, process)
            if state is None:
                self._tell(_Told(DaemonState.DEAD, process.pid))
                return
            now = self._clock.monotonic()
            if now >= token_due or state is not before:
                token, token_due, before = loads.token(), now + LOAD_PAUSE, state
            self._tell(_Told(state, process.pid, token), started_at)
            await set_within(self._look, until_moment(pause))
            self._look.clear()

    def _started_at(self, process: Process) -> float:
        """On our monotonic clock, and rather a moment late than early: its files are read after its start."""
        suspended = uptime(self._proc) - self._clock.monotonic()
        return (process.start + 1) / TICKS_PER_SECOND - suspended

    def _tell_nobody(self, state: DaemonState | None) -> None:
        if self._told is None or self._told.state is not state:  # a death has been told with its process
            self._tell(_Told(state))

    def _tell(self, told: _Told, started_at: float | None = None) -> None:
        if told != self._told:
            self._told = told
            self._put(
                DaemonSeen(
                    at=self._clock.monotonic(),
                    state=told.state,
                    pid=told.pid,
                    started_at=started_at,
                    loads=told.loads,
                )
            )


def _state(stat: int, process: Process) -> DaemonState | None:
    """Running or frozen; None when the process has ended, and perhaps another one has its id."""
    try:
        seen = Process.parse(os.pread(stat, 1024, 0))
    except ProcessLookupError:
        return None
    if seen.state in ENDED or seen.start != process.start:
        return None
    return DaemonState.FROZEN if seen.state in STOPPED else DaemonState.RUNNING


def _pidfd(pid: int) -> int | None:
    """What becomes readable when the process ends; None before Linux 5.3. See pidfd_open(2)."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        if error.errno == errno.ENOSYS:
            return None
        raise
