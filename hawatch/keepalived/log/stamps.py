"""The time and the sender that stand before a line of a log file: rsyslog's formats, RFC 5424, keepalived's own.

The old format (RFC 3164) has no year and no zone, keepalived's own (--log-file, --log-console) no zone: the reader's
own zone is taken, and the year that brings the time nearest to now.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_PRIORITY = r"(?:<\d{1,3}>)?"
_IDENT = r"(?P<program>[A-Za-z][\w./-]{0,63})(?:\[\d{1,10}\])?:"
_DAY = r"(?P<month>[A-Z][a-z]{2})\s{1,2}(?P<day>\d{1,2}) (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_ISO = r"(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,9}))?(?P<zone>Z|[+-]\d\d:?\d\d)?"
_TRADITIONAL = re.compile(
    rf"{_PRIORITY}{_DAY}(?:[.](?P<fraction>\d{{1,9}}))? \S{{1,255}} {_IDENT} ?(?P<text>.*)", re.A
)
_FILE_FORMAT = re.compile(rf"{_PRIORITY}{_ISO} \S{{1,255}} {_IDENT} ?(?P<text>.*)", re.A)
_RFC5424 = re.compile(
    rf"{_PRIORITY}1 {_ISO} \S{{1,255}} (?P<program>\S{{1,64}}) \S{{1,128}} \S{{1,32}} (?:-|\[[^\]]*\])+"
    r" ?(?P<text>.*)",
    re.A,
)
_OWN = re.compile(
    rf"[A-Z][a-z]{{2}} {_DAY}(?:\.(?P<fraction>\d{{1,9}}))? (?P<year>\d{{4}}): (?P<text>.*)", re.A
)

OWN_FORMAT = ""
"""The sender of a line that keepalived wrote into a file itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands before the words: who wrote them, when (epoch seconds), give or take `within` seconds after that."""

    program: str
    at: float
    within: float
    text: str


def read_head(line: str, *, now: float, zone: tzinfo | None) -> Head | None:
    """The head of a line and its text; None where it has none of the formats.

    `now` is in epoch seconds; `zone` None is this host's.
    """
    for form, year_of in _FORMS:
        found = form.fullmatch(line)
        if found is not None:
            try:
                moment = year_of(found, now, zone)
            except (ValueError, OverflowError, OSError):
                return None
            if moment is None:
                return None
            parts = found.groupdict()
            digits = len(parts.get("fraction") or "")
            program = parts.get("program") or OWN_FORMAT
            return Head(program=program, at=moment, within=10.0**-digits, text=found["text"])
    return None


def _iso(found: re.Match[str], now: float, zone: tzinfo | None) -> float | None:
    del now
    moment = datetime.fromisoformat(found["iso"].replace(" ", "T") + (found["zone"] or ""))
    return _epoch(moment, zone) + _fraction(found)


def _own(found: re.Match[str], now: float, zone: tzinfo | None) -> float | None:
    del now
    return _in_year(found, int(found["year"]), zone)


def _yearless(found: re.Match[str], now: float, zone: tzinfo | None) -> float | None:
    """Of the years around now, the one that brings it nearest; 29 February has not all of them."""
    this_year = datetime.fromtimestamp(now, UTC).year
    moments = []
    for year in (this_year - 1, this_year, this_year + 1):
        try:
            moments.append(_in_year(found, year, zone))
        except ValueError:
            continue
    known = [moment for moment in moments if moment is not None]
    return min(known, key=lambda moment: abs(moment - now), default=None)


def _in_year(found: re.Match[str], year: int, zone: tzinfo | None) -> float | None:
    month = _MONTHS.get(found["month"])
    if month is None:
        return None
    second = int(found["second"])
    clock = (int(found["hour"]), int(found["minute"]), min(second, 59))
    moment = datetime(year, month, int(found["day"]), *clock, tzinfo=UTC).replace(tzinfo=None)
    leap = timedelta(seconds=second - clock[-1])
    return _epoch(moment + leap, zone) + _fraction(found)


def _epoch(moment: datetime, zone: tzinfo | None) -> float:
    """A time without a zone is the reader's own; in the hour that comes twice, the first."""
    if moment.tzinfo is not None:
        return moment.timestamp()
    return (moment.replace(tzinfo=zone) if zone is not None else moment.astimezone()).timestamp()


def _fraction(found: re.Match[str]) -> float:
    return float(f"0.{found.groupdict().get('fraction') or 0}")


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], float, tzinfo | None], float | None]], ...] = (
    (_TRADITIONAL, _yearless),
    (_FILE_FORMAT, _iso),
    (_RFC5424, _iso),
    (_OWN, _own),
)
