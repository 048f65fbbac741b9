"""How many frames may be read in a second, so that a flood takes a bounded share of a processor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Pace:
    """So many frames a second (`rate`) on average; `burst` of them may be read at once after a silence.

    When they are used up it is a flood: after each reading it asks for a pause in which `portion` more come due, until
    as many as a burst have been left over.
    """

    rate: float
    burst: float
    portion: float
    _left: float = 0.0
    _at: float = float("-inf")
    _used_up: bool = False

    def spend(self, frames: int, now: float) -> float:
        """So many were read, up to `now` (monotonic seconds); how long to pause, in seconds, 0.0 for not at all."""
        left = min(self.burst, self._left + (now - self._at) * self.rate)
        self._used_up = self._used_up and left < self.burst
        self._left, self._at = left - frames, now
        self._used_up = self._used_up or self._left < 0
        return (self.portion + max(0.0, -self._left)) / self.rate if self._used_up else 0.0
