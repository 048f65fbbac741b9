"""How long something took, each time: a histogram as a frozen record, counted by upper bounds."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate

DETECTION_BOUNDS = (0.05, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
NOTIFICATION_BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Seconds; what took longer than the last stands behind it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many took how long: `counts` has one number for each of `bounds` and one for what took longer.

    Bounds and `seconds`, the sum of all, are seconds; a number counts what took longer than the bound before, and at
    most its own.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    seconds: float = 0.0

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self.counts)

    @property
    def cumulative(self) -> tuple[int, ...]:
        """For each bound how many took at most that long; last, all."""
        return tuple(accumulate(self.counts))

    def with_one(self, seconds: float) -> Tally:
        """The same with one more; what seems to have taken less than nothing took nothing."""
        took = max(0.0, seconds)
        place = bisect_left(self.bounds, took)
        counts = tuple(count + (number == place) for number, count in enumerate(self.counts))
        return Tally(self.bounds, counts, self.seconds + took)


def empty(bounds: tuple[float, ...]) -> Tally:
    """Nothing has been counted yet; `bounds` ascend."""
    return Tally(bounds, (0,) * (len(bounds) + 1))


NO_DETECTIONS = empty(DETECTION_BOUNDS)
NO_NOTIFICATIONS = empty(NOTIFICATION_BOUNDS)
