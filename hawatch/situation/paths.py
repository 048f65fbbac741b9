"""Paths: what ICMP echo says of each link to a peer, and of each reference."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from hawatch.evidence import EchoResult

MISSES_TO_DOWN = 2
ECHOES_LOST = 3
"""Echoes lost in a row that tell of a way which loses them, whatever comes in by it."""
ECHO_LASTS = 1.0
"""Seconds between two echoes; within them it is known whether one was lost."""
FRESH = 3.5
"""Seconds for which the last echo result still says something."""


@dataclass(slots=True)
class Path:
    """One link to a peer, or one reference."""

    name: str
    address: str = ""
    answered_at: float | None = None
    asked_at: float | None = None
    missing_since: float | None = None
    back_at: float | None = None
    misses: int = 0
    rtt: float | None = None
    problem: str | None = None
    outcomes: deque[bool] = field(default_factory=lambda: deque(maxlen=60))

    def echo(self, result: EchoResult) -> None:
        """Take in one echo; one that could not be sent says nothing."""
        self.address = result.address
        self.problem = result.problem
        if result.replied is None:
            return
        self.outcomes.append(result.replied)
        if result.replied:
            self.asked_at = result.at
            self.answered(result.at, result.rtt_seconds)
        else:
            self.missed(result.at)

    def answered(self, at: float, rtt: float | None) -> None:
        """Something came over this path: it works now."""
        if self.misses >= MISSES_TO_DOWN:
            self.back_at = at
        self.answered_at = at
        self.misses = 0
        self.missing_since = None
        if rtt is not None:
            self.rtt = rtt

    def missed(self, at: float) -> None:
        """A question over this path drew no answer."""
        self.asked_at = at
        self.misses += 1
        self.missing_since = self.missing_since or at

    def lost_lately(self, count: int = 1) -> bool:
        """Whether the last echoes were lost; those do not count that may have been sent while the path was down."""
        if len(self.outcomes) < count or any(list(self.outcomes)[-count:]):
            return False
        return self.back_at is None or (self.asked_at or 0.0) > self.back_at + count * ECHO_LASTS

    def loses_echoes(self) -> bool:
        """Whether just now the last of several echoes in a row was lost."""
        lost = [False] * ECHOES_LOST
        return list(self.outcomes)[-ECHOES_LOST - 1 :] in (lost, [True, *lost])

    def alive(self, now: float, *, fresh: float = FRESH) -> bool | None:
        """Whether it works: None before two questions are lost, or when nothing could be asked for long."""
        if self.answered_at is not None and now - self.answered_at <= fresh and self.misses < MISSES_TO_DOWN:
            return True
        if self.asked_at is not None and now - self.asked_at <= fresh and self.misses >= MISSES_TO_DOWN:
            return False
        return None

    @property
    def loss_ratio(self) -> float | None:
        """The share of the last minute's echoes that were lost."""
        return self.outcomes.count(False) / len(self.outcomes) if self.outcomes else None


def any_alive(paths: Collection[Path], now: float) -> bool | None:
    """Whether at least one works: True beats unknown, unknown beats False; no paths at all is unknown."""
    answer: bool | None = False if paths else None
    for path in paths:
        alive = path.alive(now)
        if alive:
            return True
        if alive is None:
            answer = None
    return answer
