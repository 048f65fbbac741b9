"""A time in which less is told: maintenance of a pair, or silence about one virtual router or one cause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hawatch.verdict import VerdictKind

NEVER_MUTED = frozenset({VerdictKind.SPLIT_BRAIN, VerdictKind.CONFLICT, VerdictKind.NO_OWNER})
"""What wakes people in maintenance too, unless they said that nothing shall."""


class Scope(StrEnum):
    """What is muted."""

    MAINTENANCE = "maintenance"
    INSTANCE = "instance"
    CAUSE = "cause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """From `since` until `until` (epoch seconds) nothing is told of `subject`; `everything` means the gravest, too."""

    id: str
    scope: Scope
    subject: str = ""
    since: float
    until: float
    who: str
    reason: str = ""
    everything: bool = False
    changed_at: float

    @property
    def progress(self) -> int:
        """Of two versions the later one counts."""
        return int(self.changed_at * 1000)

    def holds(self, now: float) -> bool:
        """Whether it is in force."""
        return self.since <= now < self.until

    def covers(self, *, instance: str, verdict: VerdictKind | None, cause: str | None) -> bool:
        """Whether trouble of a virtual router (its verdict, or a cause alone) is not told."""
        if verdict in NEVER_MUTED and not self.everything:
            return False
        match self.scope:
            case Scope.MAINTENANCE:
                return True
            case Scope.INSTANCE:
                return self.subject == instance
            case Scope.CAUSE:
                return cause is not None and self.subject == cause.partition("@")[0]
