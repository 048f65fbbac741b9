"""The report on a drill: what was done, what was said and lost, and how each of it is graded. Kept as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.desk.drill import DrillResult, Measured
from hawatch.drill.plan import Plan
from hawatch.plain import Codec, codec

FAILOVER = "failover"
FAILBACK = "failback"
RETURN = "return"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One order to a node and what it was to bring about: `move` is `failover`, `failback` or `return` (no VIP moves).

    `expects` is the verdict that tells it. From `ordered` to `ended`, epoch seconds.
    """

    move: str
    node: str
    to: str
    expects: str | None
    ordered: float
    ended: float
    instances: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is graded; `passed` None is not graded, and says why. Seconds."""

    what: str
    passed: bool | None
    measured: float | None = None
    limit: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What one client lost in one move; `seconds` without an answer in all, the longest of it `longest`."""

    move: str
    client: str
    requests: int
    failed: int
    seconds: float
    longest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message of the drill, how far it came, and when the person answered (seconds after it was written)."""

    person: str
    channel: str
    to: str
    state: str
    through: float | None
    answered: float | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looped:
    """A channel's message to itself: `back`, `lost` or `pending`."""

    channel: str
    state: str
    seconds: float | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of what was seen, as it was printed."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it; epoch seconds. `place` says from where the clients asked. `broken_off` is why it ended early."""

    id: str
    pair: str
    node: str
    who: str
    version: str
    began: float
    ended: float
    plan: Plan | None
    place: str
    every: float
    patience: float
    items: tuple[Item, ...]
    moves: tuple[Move, ...] = ()
    lost: tuple[Lost, ...] = ()
    told: tuple[Told, ...] = ()
    looped: tuple[Looped, ...] = ()
    lines: tuple[Line, ...] = ()
    verdicts: tuple[Measured, ...] = ()
    broken_off: str = ""

    @property
    def passed(self) -> bool:
        """Whether everything that was graded passed, and it came to its end."""
        return not self.broken_off and all(each.passed is not False for each in self.items)

    def result(self) -> DrillResult:
        """What is kept of it on both nodes."""
        return DrillResult(
            at=self.ended,
            passed=self.passed,
            outages=tuple(
                Measured(move=each.move, name=each.client, seconds=each.seconds) for each in self.lost
            ),
            verdicts=self.verdicts,
        )


REPORT: Codec[Report] = codec(Report)
