"""How it goes with each monitoring tool since the agent's start, for metrics and status."""

from __future__ import annotations

from collections.abc import Iterable

from hawatch.snapshot import MonitorView

LOOKED, CHANGED, FAILED = "looked", "changed", "failed"
RESULTS = (LOOKED, CHANGED, FAILED)


class MonitorTally:
    """Counts by tool, and what is the matter with it now; what never came is 0."""

    def __init__(self, monitors: Iterable[str]) -> None:
        self._counts = {name: dict.fromkeys(RESULTS, 0) for name in monitors}
        self._looked_at: dict[str, float] = {}
        self._problems: dict[str, str] = {}

    def looked(self, monitor: str, at: float) -> None:
        """It was looked at, at this epoch second."""
        self._counts[monitor][LOOKED] += 1
        self._looked_at[monitor] = at

    def changed(self, monitor: str) -> None:
        """An acknowledgement was made or taken back there."""
        self._counts[monitor][CHANGED] += 1

    def failed(self, monitor: str, problem: str) -> None:
        """Something did not go through."""
        self._counts[monitor][FAILED] += 1
        self._problems[monitor] = problem

    def works(self, monitor: str) -> None:
        """All went through; or it is another node's affair."""
        self._problems.pop(monitor, None)

    def view(self) -> tuple[MonitorView, ...]:
        """All of it."""
        return tuple(
            MonitorView(
                name=name,
                requests=tuple(counts.items()),
                looked_at=self._looked_at.get(name),
                problem=self._problems.get(name),
            )
            for name, counts in self._counts.items()
        )
