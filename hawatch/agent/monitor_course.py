"""How it goes with one monitoring tool: when to turn to it next; pure. All times are monotonic seconds, handed in."""

from __future__ import annotations

from dataclasses import dataclass, replace

LEAST = 0.2
"""Seconds between two turns to one tool, whatever happens."""
PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Seconds before each further attempt."""
IDLE, LASTING = 60.0, 60.0
"""Seconds between two looks while nothing is open; and where trying again makes no sense without a change."""
AT_FIRST, LATER = 2.0, 10.0
"""Seconds between two looks while something is open: as long as it is fresh, and after that."""
FRESH = 600.0
CONFIRM = 0.3
"""Seconds after something was done there until it is looked whether it shows."""

Shape = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """`shape` is what there was to show when the tool was turned to last, at `tried`; it became so at `changed`.

    `unconfirmed`: what was done last has not been seen there yet. `failures` are those in a row, the last of them for
    `problem`; `lasting`: trying again soon makes no sense.
    """

    shape: Shape | None = None
    tried: float | None = None
    changed: float = 0.0
    unconfirmed: bool = False
    failures: int = 0
    problem: str | None = None
    lasting: bool = False

    def due(self, shape: Shape, now: float, *, at_stake: bool) -> float:
        """When to turn to it; what has changed goes at once."""
        if self.tried is None:
            return float("-inf")
        return self.tried + self._pause(shape, now, at_stake=at_stake)

    def _pause(self, shape: Shape, now: float, *, at_stake: bool) -> float:
        if shape != self.shape:
            return LEAST
        if self.failures:
            return LASTING if self.lasting else PAUSES[min(self.failures, len(PAUSES)) - 1]
        if self.unconfirmed:
            return CONFIRM
        if not at_stake:
            return IDLE
        return AT_FIRST if now - self.changed < FRESH else LATER

    def with_attempt(self, shape: Shape, now: float) -> Course:
        """It is turned to."""
        return replace(self, shape=shape, tried=now, changed=self.changed if shape == self.shape else now)

    def with_success(self, *, unconfirmed: bool) -> Course:
        """It answered, and did what was asked for."""
        return replace(self, unconfirmed=unconfirmed, failures=0, problem=None, lasting=False)

    def with_failure(self, problem: str, *, lasting: bool) -> Course:
        """It did not."""
        return replace(self, failures=self.failures + 1, problem=problem, lasting=lasting)
