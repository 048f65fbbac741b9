"""What was so, as it was remembered at one moment: to be shown, or kept for the agent's next run."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.history.lane import Lane
from hawatch.history.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """All lanes as of `at`, in monotonic seconds; `wall_minus_monotonic` turns those into epoch seconds."""

    node: str
    pair: str
    at: float
    wall_minus_monotonic: float
    lanes: tuple[tuple[Subject, Lane], ...]
