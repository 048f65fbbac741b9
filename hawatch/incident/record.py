"""An incident and its timeline, as frozen records; all times are epoch seconds, since an incident outlives a boot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hawatch.verdict import Severity, VerdictKind


class State(StrEnum):
    """Where an incident stands with people. A released one is open again."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class EntryKind(StrEnum):
    """What a line of the timeline tells."""

    OPENED = "opened"
    JOINED = "joined"
    VERDICT = "verdict"
    FOUND = "found"
    GONE = "gone"
    ACKNOWLEDGED = "acknowledged"
    RELEASED = "released"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the timeline; `who` is a person, or the node whose agent saw it, and `text` is verbatim."""

    at: float
    kind: EntryKind
    who: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One virtual router in an incident: the last that was surely said of it.

    `causes` are written `cause@node`. `sure` is False while the evidence does not decide. `fell_at` is when it joined;
    `calm_since` is None while it is in trouble.
    """

    instance: str
    verdict: VerdictKind
    severity: Severity
    summary: str
    causes: tuple[str, ...] = ()
    sync_group: str | None = None
    fell_at: float
    sure: bool = True
    calm_since: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One trouble of one or several virtual routers.

    `verdict` and `severity` are the worst that it has had, `causes` all that were found in its course; what holds now
    stands in `parts`. `revision` grows with every change of a verdict or a cause, so that an answer to an older state
    of things can be told from one to this.
    """

    id: str
    opened_at: float
    parts: tuple[Part, ...]
    verdict: VerdictKind
    severity: Severity
    causes: tuple[str, ...] = ()
    state: State = State.OPEN
    revision: int = 1
    acknowledged_by: str | None = None
    acknowledged_at: float | None = None
    snoozed_until: float | None = None
    resolved_at: float | None = None
    timeline: tuple[Entry, ...] = ()

    @property
    def instances(self) -> tuple[str, ...]:
        """The names of its virtual routers, in the order in which they fell."""
        return tuple(part.instance for part in self.parts)

    @property
    def resolved(self) -> bool:
        """Whether it is over."""
        return self.state is State.RESOLVED
