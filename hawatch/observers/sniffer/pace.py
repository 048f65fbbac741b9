"""How many frames may be read in a second, so that a flood takes a bounded share of a processor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Pace:
    """So many frames a second (`rate`) on average; `burst` of them may be read at once after a silence.

    When they are used up it asks for a pause after which `portion` of them may be read again.
    """

    rate: float
    burst: float
    portion: float
    _left: float = 0.0
    _at: float = float("-inf")

    def spend(self, frames: int, now: float) -> float:
        """So many were read, up to `now` (monotonic seconds); how long to pause, in seconds, 0.0 for not at all."""
        self._left = min(self.burst, self._left + (now - self._at) * self.rate) - frames
        self._at = now
        return (self.portion - self._left) / self.rate if self._left < 0 else 0.0
