"""The only place in hawatch that reads a clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


def monotonic() -> float:
    """CLOCK_MONOTONIC in seconds: for ages, deadlines and durations."""
    return time.monotonic()


def wall() -> float:
    """CLOCK_REALTIME in seconds since the epoch: only for people to read, since it can jump."""
    return time.time()


def boottime() -> float:
    """CLOCK_BOOTTIME in seconds: monotonic, and counts the time that the host was suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def end_of_day(day: date | None) -> float | None:
    """The epoch second at which a day of this host's calendar is over; None stays None."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), datetime.min.time()).astimezone().timestamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How this host's two clocks relate, for times that the kernel or another host gives as wall time.

    `wall_minus_monotonic` is in seconds. Take a new Clock when the wall clock may have been set.
    """

    wall_minus_monotonic: float

    @classmethod
    def now(cls) -> Clock:
        """Read both clocks as close together as a process can: the tightest of three readings counts."""
        readings = []
        for _ in range(3):
            before = time.monotonic()
            wall_time = time.time()
            after = time.monotonic()
            readings.append((after - before, wall_time - (before + after) / 2))
        _, offset = min(readings)
        return cls(wall_minus_monotonic=offset)

    def to_monotonic(self, wall_time: float) -> float:
        """Monotonic seconds of a wall time in epoch seconds, such as a SO_TIMESTAMPNS stamp."""
        return wall_time - self.wall_minus_monotonic

    def to_wall(self, at: float) -> float:
        """Epoch seconds of a monotonic time."""
        return at + self.wall_minus_monotonic

    def to_datetime(self, at: float) -> datetime:
        """The UTC date and time of a monotonic time."""
        return datetime.fromtimestamp(self.to_wall(at), UTC)
