"""A drill: nodes of a pair step aside one after the other and come back, to see how that goes."""

from __future__ import annotations

from dataclasses import dataclass, replace

OVER = 90
GRADED = 99
"""Steps after those of the legs: it is over, and what came of it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A time in seconds that was measured: of which move (`failover`, `failback`), of what."""

    move: str
    name: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillResult:
    """What came of a drill at `at` (epoch seconds): what each client lost, how long verdicts took."""

    at: float
    passed: bool
    outages: tuple[Measured, ...] = ()
    verdicts: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """One drill, which `node` was asked for; times are epoch seconds, after `until` nobody counts on it any more.

    `legs` are the nodes that step aside, in order, `routers` the virtual routers that move, as VRID and family.
    `step`: of the first leg 1 is away and 2 back, of the second 3 and 4, and so on.
    """

    id: str
    node: str
    who: str
    legs: tuple[str, ...]
    routers: tuple[str, ...]
    begun_at: float
    until: float
    away: float
    step: int = 1
    result: DrillResult | None = None

    @property
    def progress(self) -> int:
        """What has come further counts."""
        return self.step

    @property
    def over(self) -> bool:
        """Whether it has been ended."""
        return self.step >= OVER

    def runs(self, now: float) -> bool:
        """Whether it is under way."""
        return not self.over and now < self.until

    def at_step(self, step: int) -> Drill:
        """The same, come so far."""
        return replace(self, step=step)


def away_step(leg: int) -> int:
    """The step in which the node of a leg (1, 2, …) is away; the next one is its return."""
    return 2 * leg - 1
