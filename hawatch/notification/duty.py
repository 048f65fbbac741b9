"""Who is on duty, and whose rest is not to be disturbed; times are epoch seconds, `local` is this host's time zone.

Hours are meant as clocks on the wall show them. Where clocks are set forward, a time that is left out is the moment
at which they are set; where they are set back, hours begin with the first and end with the last of two equal times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from hawatch.config import Contact, Hours

DAY = 86400.0
_MIDNIGHT = time(0)
_NEAR = range(-2, 4)  # days around now in which hours begin that can matter to the next day


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """An event of a rota: this person is on duty from `start` until `end`, in epoch seconds."""

    person: str
    start: float
    end: float


Shifts = Mapping[str, tuple[Shift, ...]]
"""The shifts of everybody whose calendar was read, by name; who is not in it has a calendar that nobody could read."""


def zone_of(contact: Contact, local: tzinfo) -> tzinfo:
    """The time zone in which a contact's hours are meant."""
    return ZoneInfo(contact.timezone) if contact.timezone is not None else local


def on_duty(contact: Contact, now: float, shifts: Shifts, local: tzinfo) -> bool:
    """Whether a contact is to be told: always without hours and rota, and else within either of them.

    A calendar that could not be read leaves everybody on duty whose name may be in it; who has expired never is.
    """
    return _Diary(contact, now, shifts, local).on_duty(now)


def in_quiet_hours(contact: Contact, now: float, local: tzinfo) -> bool:
    """Whether what is not critical has to wait."""
    return _Diary(contact, now, {}, local).quiet(now)


def expired(contact: Contact, now: float, local: tzinfo) -> bool:
    """Whether the contact's last day is over where the contact is."""
    if contact.until is None:
        return False
    return datetime.fromtimestamp(now, zone_of(contact, local)).date() > contact.until


def next_change(contact: Contact, now: float, shifts: Shifts, local: tzinfo) -> float:
    """When duty or quiet hours next begin or end, or a day from now where they do not within a day."""
    diary = _Diary(contact, now, shifts, local)
    present = (diary.on_duty(now), diary.quiet(now))
    for at in sorted({each for each in diary.boundaries() if now < each < now + DAY}):
        if (diary.on_duty(at), diary.quiet(at)) != present:
            return at
    return now + DAY


class _Diary:
    """A contact's hours, quiet hours and shifts around one moment, as spans of epoch seconds."""

    def __init__(self, contact: Contact, now: float, shifts: Shifts, local: tzinfo) -> None:
        self._contact = contact
        self._local = local
        zone = zone_of(contact, local)
        today = datetime.fromtimestamp(now, zone).replace(tzinfo=None)
        self._days = [datetime.combine(today.date() + timedelta(days=n), _MIDNIGHT) for n in _NEAR]
        self._midnights = [moment(day, zone, fold=0) for day in self._days]
        self._hours = list(self._spans(contact.hours, zone))
        self._quiet = list(self._spans(contact.quiet, zone))
        self._shifts = [(shift.start, shift.end) for shift in shifts.get(contact.name, ())]
        self._unread = contact.rota is not None and contact.name not in shifts

    def on_duty(self, at: float) -> bool:
        if expired(self._contact, at, self._local):
            return False
        unlimited = not self._contact.hours and self._contact.rota is None
        return unlimited or self._unread or _within(self._hours, at) or _within(self._shifts, at)

    def quiet(self, at: float) -> bool:
        return _within(self._quiet, at)

    def boundaries(self) -> Iterator[float]:
        yield from self._midnights
        for spans in (self._hours, self._quiet, self._shifts):
            for span in spans:
                yield from span

    def _spans(self, written: Iterable[Hours], zone: tzinfo) -> Iterator[tuple[float, float]]:
        for hours in written:
            for day in self._days:
                if day.weekday() in hours.days:
                    last = day if hours.start < hours.end else day + timedelta(days=1)
                    start = datetime.combine(day, hours.start)
                    end = datetime.combine(last, hours.end)
                    yield moment(start, zone, fold=0), moment(end, zone, fold=1)


def _within(spans: Iterable[tuple[float, float]], at: float) -> bool:
    return any(start <= at < end for start, end in spans)


def moment(wall: datetime, zone: tzinfo, *, fold: int) -> float:
    """When clocks in a zone show a time, the first (fold 0) or the last (fold 1) of two; one left out: the change."""
    at = wall.replace(tzinfo=zone, fold=fold).timestamp()
    if datetime.fromtimestamp(at, zone).replace(tzinfo=None) == wall:
        return at
    before = wall.replace(tzinfo=zone, fold=1).timestamp()  # in a gap, fold 1 reckons from the later offset
    after = wall.replace(tzinfo=zone, fold=0).timestamp()
    old_offset = datetime.fromtimestamp(before, zone).utcoffset()
    while after - before > 1:
        middle = float((before + after) // 2)
        if datetime.fromtimestamp(middle, zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after
