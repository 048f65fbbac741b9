"""Reads the calendars of all contacts again and again, and tells whose shifts they hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import tzinfo

from hawatch.config import Contact
from hawatch.errors import ObserverError
from hawatch.evidence import ObserverState, Sink
from hawatch.heartbeat import at_work
from hawatch.notification.duty import DAY, Shifts, zone_of
from hawatch.rota.calendar import shifts_in
from hawatch.rota.source import Clock, Source, source_at
from hawatch.together import together

LOOK_EVERY = 60.0
SERVER_TAKES = 600.0
"""Seconds that one look may take, at a calendar on a slow server."""
UNROLL_EVERY = 6 * 3600.0
"""Seconds of wall time after which the repetitions of an unchanged calendar are worked out for the days to come."""
PAST, FUTURE = DAY, 14 * DAY


class Rota:
    """All calendars that contacts name; `tell` is handed everybody's shifts whenever they change.

    A calendar that becomes bad leaves the last good one in force, and is told of. `local` is the host's time zone.
    """

    name = "rota"

    def __init__(
        self,
        *,
        contacts: Sequence[Contact],
        put: Sink,
        clock: Clock,
        local: tzinfo,
        tell: Callable[[Shifts], None],
        look_every: float = LOOK_EVERY,
    ) -> None:
        places = dict.fromkeys(each.rota for each in contacts if each.rota is not None)
        self._calendars = [
            _Calendar(source_at(place, clock), [each for each in contacts if each.rota == place], local)
            for place in places
        ]
        self._put = put
        self._clock = clock
        self._tell = tell
        self._look_every = look_every
        self._told: Shifts = {}
        self._problem: str | None = None

    async def run(self) -> None:
        """Watch until cancelled; one slow server keeps no other calendar waiting."""
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
        self._problem = None
        threads = ThreadPoolExecutor(max_workers=max(1, len(self._calendars)), thread_name_prefix="rota")
        try:
            await together(self._watch(calendar, threads) for calendar in self._calendars)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    async def _watch(self, calendar: _Calendar, threads: ThreadPoolExecutor) -> None:
        while True:
            now = self._clock.wall()
            with at_work(SERVER_TAKES):
                await asyncio.get_running_loop().run_in_executor(threads, calendar.look, now)
            self._report()
            await asyncio.sleep(self._look_every)

    def _report(self) -> None:
        """Tell what is new, of shifts and of problems."""
        shifts = {person: each for calendar in self._calendars for person, each in calendar.shifts.items()}
        if shifts != self._told:
            self._told = shifts
            self._tell(shifts)
        problem = next((each.problem for each in self._calendars if each.problem), None)
        if problem != self._problem:
            self._problem = problem
            state = ObserverState(
                at=self._clock.monotonic(), observer=self.name, up=problem is None, problem=problem
            )
            self._put(state)


class _Calendar:
    """One calendar as it was read last, and what follows from it. `look` is called in a thread."""

    def __init__(self, source: Source, contacts: Sequence[Contact], local: tzinfo) -> None:
        self._source = source
        self._people = {each.name: zone_of(each, local) for each in contacts}
        self._latest: bytes | None = None
        self._good: bytes | None = None
        self._bad: str | None = None
        self._unrolled_at: float | None = None
        self.shifts: Shifts = {}
        self.problem: str | None = None

    def look(self, now: float) -> None:
        """See whether the calendar is another, or the time has moved on; `now` is in epoch seconds."""
        text, unread = None, None
        try:
            text = self._source.changed()
        except ObserverError as error:
            unread = str(error)
        is_new = text is not None and text != self._latest  # a server gives the same again and again
        if is_new:
            self._latest = text
        if is_new or self._is_stale(now):
            self._unroll(now)
        problem = unread or self._bad
        self.problem = f"{self._source.label}: {problem}" if problem else None

    def _is_stale(self, now: float) -> bool:
        """Whether it is another day, or the clock was set."""
        return self._unrolled_at is not None and abs(now - self._unrolled_at) >= UNROLL_EVERY

    def _unroll(self, now: float) -> None:
        """Make shifts of the latest text, or else of the last good one; without either nothing is known."""
        self._unrolled_at = now
        shifts: Shifts = {}
        problems = []
        for text in dict.fromkeys(filter(None, (self._latest, self._good))):
            try:
                shifts = shifts_in(text, self._people, now - PAST, now + FUTURE)
            except ObserverError as error:
                problems.append(str(error))
            else:
                self._good = text
                break
        self._bad = problems[0] if problems else None
        self.shifts = shifts
