"""A threshold as the Monitoring Plugins guidelines write it: `10`, `10:`, `~:10`, `10:20`, `@10:20`; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from hawatch.errors import HawatchError


class RangeError(HawatchError):
    """A text that is no range; the message shows it."""

    exit_code = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From `low` to `high`, both included; a value outside alerts, or with `inside` one that is not outside.

    Source: Monitoring Plugins guidelines, "Threshold and Ranges".
    """

    text: str
    low: float = 0.0
    high: float = math.inf
    inside: bool = False

    @classmethod
    def from_text(cls, text: str) -> Self:
        """`[@][START:][END]`; START is 0 by default, `~` is no lower bound. RangeError for anything else."""
        bounds = text.removeprefix("@")
        start, colon, end = bounds.rpartition(":")
        if not bounds:
            raise _no_range(text)
        low = -math.inf if start == "~" else _number(start, text) if colon else 0.0
        high = _number(end, text) if end else math.inf
        if low > high:
            raise _no_range(text)
        return cls(text=text, low=low, high=high, inside=text.startswith("@"))

    def alerts(self, value: float) -> bool:
        """Whether this value is one to be told of."""
        return (self.low <= value <= self.high) == self.inside


def _number(digits: str, text: str) -> float:
    """Digits with a point and a minus at most: what float() takes besides, no operator means."""
    plain = digits.removeprefix("-").replace(".", "", 1)
    if not (plain.isascii() and plain.isdigit()):
        raise _no_range(text)
    return float(digits)


def _no_range(text: str) -> RangeError:
    return RangeError(f"{text[:40]!r} is no range such as 10, 10:, ~:10, 10:20 or @10:20")
