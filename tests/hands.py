"""An agent's clock whose hands the test moves."""

from __future__ import annotations


class Hands:
    """Two clocks that stand still until somebody moves `now`, which counts seconds from where both began."""

    def __init__(self, wall: float, monotonic: float = 1000.0) -> None:
        self.now = 0.0
        self._wall = wall
        self._monotonic = monotonic

    def monotonic(self) -> float:
        return self._monotonic + self.now

    def wall(self) -> float:
        return self._wall + self.now
