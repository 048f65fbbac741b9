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
    TOLD = "told"
    NOT_TOLD = "not_told"
    REPLIED = "replied"
    ASKED = "asked"
    ACTED = "acted"
    KEEPALIVED_SAID = "keepalived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the timeline; `who` is a person, or the node whose agent saw it, and `text` is verbatim.

    `ref` names the record that the line is about, if there is one: no record is told twice.
    """

    at: float
    kind: EntryKind
    who: str
    text: str
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One virtual router in an incident: the last that was surely said of it.

    `causes` are written `cause@node`. `sure` is False while the evidence does not decide. `fell_at` is when it joined;
    `calm_since` is None while it is in trouble. `router` is what the node's peers know it by, too (VRID and family),
    since each node has names of its own. `since` is when the verdict began, `caused_at` when each of the causes did,
    and `critical_since` when the verdict became critical, whichever it has been since (None: it is not).
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
    router: str = ""
    since: float = 0.0
    caused_at: tuple[float, ...] = ()
    critical_since: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One trouble of one or several virtual routers.

    `verdict` and `severity` are the worst that it has had, `causes` all that were found in its course; what holds now
    stands in `parts`. `revision` grows with every change of a verdict or a cause, so that an answer to an older state
    of things can be told from one to this. `twins` are the names under which other nodes keep the same trouble; all of
    them call it by the first of all its names. `told` counts its versions, for those who hear of it.
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
    node: str = ""
    twins: tuple[str, ...] = ()
    told: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it goes by, the first of which is its name to people."""
        return tuple(sorted({self.id, *self.twins}))

    @property
    def name(self) -> str:
        """What people call it, on every node."""
        return min(self.id, *self.twins) if self.twins else self.id

    @property
    def routers(self) -> frozenset[str]:
        """Its virtual routers as all members know them."""
        return frozenset(part.router for part in self.parts if part.router)

    @property
    def instances(self) -> tuple[str, ...]:
        """The names of its virtual routers, in the order in which they fell."""
        return tuple(part.instance for part in self.parts)

    @property
    def progress(self) -> int:
        """Of two versions that its node has told, the later one counts."""
        return self.told

    @property
    def resolved(self) -> bool:
        """Whether it is over."""
        return self.state is State.RESOLVED
