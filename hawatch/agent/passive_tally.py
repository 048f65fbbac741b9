"""What came of passive results since the agent's start, for metrics and status."""

from __future__ import annotations

from collections.abc import Iterable

ACCEPTED, FAILED = "accepted", "failed"


class PassiveTally:
    """Counts by target; what never came is 0."""

    def __init__(self, targets: Iterable[str]) -> None:
        self._counts = {(target, result): 0 for target in targets for result in (ACCEPTED, FAILED)}
        self._accepted: dict[str, float] = {}

    def accept(self, target: str, at: float) -> None:
        """One was accepted at this epoch second."""
        self._counts[target, ACCEPTED] += 1
        self._accepted[target] = at

    def fail(self, target: str) -> None:
        """One was not."""
        self._counts[target, FAILED] += 1

    def results(self) -> tuple[tuple[str, str, int], ...]:
        """Target, `accepted` or `failed`, and how many."""
        return tuple((target, result, count) for (target, result), count in self._counts.items())

    def accepted(self) -> tuple[tuple[str, float], ...]:
        """Target, and the epoch second at which it last accepted one; without those that never did."""
        return tuple(self._accepted.items())
