"""iCalendar (RFC 5545) to shifts: an event is the shift of everybody whose name its summary has as a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import TYPE_CHECKING, Any

from hawatch.errors import ObserverError
from hawatch.notification.duty import DAY, Shift, moment
from hawatch.rota.endless import EndlessError, bounded

if TYPE_CHECKING:
    from icalendar import Calendar

MOST_SHIFTS = 5000
MOST_CALLS = 5_000_000
"""Of the libraries: a rule of hours or days that never fits is looked for until the year 9999."""
_CALLS_PER_BYTE = 100
_MOST_CALLS_FOR_BYTES = 60_000_000
_TOO_OFTEN = ("SECONDLY", "MINUTELY")
_UNSPACED = "⺀-鿿가-힯豈-﫿\U00020000-\U0003ffff"  # scripts that put no space between words
_LETTER = rf"[^\W{_UNSPACED}]"


def shifts_in(
    text: bytes, people: Mapping[str, tzinfo], start: float, end: float, *, most_calls: int = MOST_CALLS
) -> dict[str, tuple[Shift, ...]]:
    """The shifts of each person between two epoch seconds, in order; times without a zone are in that of the person.

    ObserverError: it is no calendar, takes more than `most_calls` and some for each byte to be worked out, or has none
    of these people in it, which looks more like a misunderstanding than like a rota.
    """
    patterns = {name: _as_word(name) for name in people}
    found: dict[str, set[Shift]] = {name: set() for name in people}
    for summary, begins, ends in _events(text, start, end, most_calls):
        for name, pattern in patterns.items():
            if pattern.search(summary):
                shift = _shift(name, people[name], begins, ends)
                if shift.start < shift.end and shift.end > start and shift.start < end:
                    found[name].add(shift)
    if not any(found.values()):
        raise ObserverError(f"no event of these weeks names {' or '.join(people)}")
    return {
        name: tuple(sorted(shifts, key=lambda shift: (shift.start, shift.end)))
        for name, shifts in found.items()
    }


def _as_word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!{_LETTER}){re.escape(name)}(?!{_LETTER})", re.IGNORECASE)


def _events(text: bytes, start: float, end: float, most_calls: int) -> Iterator[tuple[str, date, date]]:
    """Summary, begin and end of every event between two moments, and a day more where times have no zone."""
    import icalendar  # noqa: F401  what it takes to load them is not counted
    import recurring_ical_events  # type: ignore[import-untyped]  # noqa: F401

    most = most_calls + min(_CALLS_PER_BYTE * len(text), _MOST_CALLS_FOR_BYTES)
    try:
        with bounded(most):
            spans = _spans(text, start, end)
    except EndlessError:
        raise ObserverError("has events that repeat in a way that takes too long to be worked out") from None
    yield from spans


def _spans(text: bytes, start: float, end: float) -> list[tuple[str, date, date]]:
    import icalendar
    import recurring_ical_events

    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
        if not calendars or any(each.name != "VCALENDAR" for each in calendars):
            raise ObserverError("is not a calendar")
        events: list[Any] = []
        for calendar in calendars:
            _refuse_floods(calendar)
            window = (datetime.fromtimestamp(start - DAY, UTC), datetime.fromtimestamp(end + DAY, UTC))
            events += recurring_ical_events.of(calendar).between(*window)
        if len(events) > MOST_SHIFTS:
            raise ObserverError(f"has more than {MOST_SHIFTS} events in these weeks")
        return [
            (str(event.get("SUMMARY", "")), event["DTSTART"].dt, event["DTEND"].dt)
            for event in events
            if event.get("STATUS") != "CANCELLED"
        ]
    except ObserverError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the libraries say of a broken calendar
        raise ObserverError(f"is not a calendar that can be read ({_first_line(error)})") from None


def _refuse_floods(calendar: Calendar) -> None:
    """A rule that repeats every minute is no shift, and makes more events than there is memory."""
    for event in calendar.walk("VEVENT"):
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            if any(str(each).upper() in _TOO_OFTEN for each in rule.get("FREQ", [])):
                raise ObserverError("has an event that repeats every minute or second")


def _shift(name: str, zone: tzinfo, begins: date, ends: date) -> Shift:
    try:
        return Shift(person=name, start=_epoch(begins, zone), end=_epoch(ends, zone))
    except (ValueError, OverflowError):
        raise ObserverError("is not a calendar that can be read (a year out of range)") from None


def _epoch(when: date, zone: tzinfo) -> float:
    """Epoch seconds of a date, which begins at midnight, or of a time with or without a zone."""
    if not isinstance(when, datetime):
        return moment(datetime.combine(when, time(0)), zone, fold=0)
    return when.timestamp() if when.tzinfo is not None else moment(when, zone, fold=0)


def _first_line(error: Exception) -> str:
    said = str(error).strip().splitlines()
    return (said[0] if said else type(error).__name__)[:120]
