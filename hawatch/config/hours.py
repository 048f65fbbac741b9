"""Hours as people write them: "Mon-Fri 08:00-18:00", "Sat,Sun 10:00-16:00", "22:00-07:00"."""

from __future__ import annotations

import re
from datetime import time

from hawatch.config.oncall import Hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WRITTEN = re.compile(
    r"(?:(?P<days>\S+) +)?(?P<start>[0-9]{2}:[0-9]{2})-(?P<end>[0-9]{2}:[0-9]{2})", re.ASCII
)


def parse_hours(text: str) -> Hours | None:
    """The span in a text, every day if it names none; None if it is no such span."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        return None
    days = _days(found["days"]) if found["days"] else frozenset(range(7))
    start, end = _time(found["start"]), _time("00:00" if found["end"] == "24:00" else found["end"])
    return None if not days or start is None or end is None else Hours(days=days, start=start, end=end)


def hours(text: str) -> str | None:
    """A span of the day, on some days of the week or all."""
    return (
        None if parse_hours(text) else 'is not a span of hours, like "Mon-Fri 08:00-18:00" or "22:00-07:00"'
    )


def _days(text: str) -> frozenset[int] | None:
    """Mon, Mon-Fri, Sat,Sun, Fri-Mon; None for anything else."""
    days: set[int] = set()
    for part in text.lower().split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS or part.endswith("-"):
            return None
        start = DAYS.index(first)
        days |= {(start + n) % 7 for n in range((DAYS.index(last or first) - start) % 7 + 1)}
    return frozenset(days)


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None
