"""How pushing to one target goes: when the next result is due, and when the target is out of order; pure.

All times are monotonic seconds, handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hawatch.agent.passive_statement import HEARTBEATS

LEAST = 1.0
"""Seconds between two pushes to one target, whatever happens."""
PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Seconds before each further attempt; no longer than a heartbeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """`shape` is that of the result pushed last, None when this node's turn has just begun.

    `began` is when the first attempt was made that no acceptance preceded. `failures` are those in a row, the last of
    them for `problem`; `lasting`: trying again soon makes no sense.
    """

    shape: str | None = None
    tried: float | None = None
    began: float | None = None
    accepted: float | None = None
    failures: int = 0
    problem: str | None = None
    lasting: bool = False

    def due(self, shape: str, every: float) -> float:
        """When to push a result of this shape; what has changed goes at once."""
        if self.tried is None:
            return float("-inf")
        if shape != self.shape:
            return self.tried + LEAST
        if not self.failures or self.lasting:
            return self.tried + every
        return self.tried + min(PAUSES[min(self.failures, len(PAUSES)) - 1], every)

    def with_attempt(self, shape: str, now: float) -> Course:
        """A push begins."""
        return replace(self, shape=shape, tried=now, began=now if self.began is None else self.began)

    def with_acceptance(self, now: float) -> Course:
        """It was accepted."""
        return replace(self, began=now, accepted=now, failures=0, problem=None, lasting=False)

    def with_failure(self, problem: str, *, lasting: bool) -> Course:
        """It was not."""
        return replace(self, failures=self.failures + 1, problem=problem, lasting=lasting)

    def left(self) -> Course:
        """Another node pushes, or nobody for now: when the turn comes back, it begins with a push."""
        return replace(self, shape=None, began=None)

    def trouble(self, every: float, now: float) -> str | None:
        """What is the matter with a target that has accepted nothing for three heartbeats."""
        if not self.failures or self.began is None or now - self.began < HEARTBEATS * every:
            return None
        return self.problem
