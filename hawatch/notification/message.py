"""One message to one person: what it says, how far it has come, and why it was written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hawatch.config.oncall import Medium
from hawatch.verdict import VerdictKind


class MessageState(StrEnum):
    """How far a message has come.

    `sent` is in the gateway's hands, `left` has left it, `retrying` failed for now, `failed` for good; `dropped` was
    overtaken before it was sent: nobody needs it any more.
    """

    STORED = "stored"
    RETRYING = "retrying"
    SENT = "sent"
    LEFT = "left"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


_FURTHER = {
    MessageState.STORED: 0,
    MessageState.RETRYING: 1,
    MessageState.SENT: 2,
    MessageState.LEFT: 3,
    MessageState.FAILED: 4,
    MessageState.DROPPED: 4,
    MessageState.DELIVERED: 5,
}
WAITING = frozenset({MessageState.STORED, MessageState.RETRYING})
THROUGH = frozenset({MessageState.LEFT, MessageState.DELIVERED})
LOST = frozenset({MessageState.FAILED, MessageState.DROPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`node` writes and sends it; `occasion` says why (an Occasion, `answer` or `test`).

    `ref` is what it answers or tells of, `incidents` are the names of the incident it is about, `level` the gravity
    that it tells of (the place of the verdict in GRAVITY). `next_at` is when it is to be tried next; before the first
    attempt, since when it has been due. `reference` is the gateway's own name for it. Times are epoch seconds.
    `instead` names another message to the same person for which this one stands in, `why` what was the matter with it.
    """

    id: str
    node: str
    person: str
    channel: str
    to: str
    medium: Medium
    occasion: str
    text: str
    created_at: float
    incidents: tuple[str, ...] = ()
    verdict: VerdictKind | None = None
    level: int = 0
    ref: str = ""
    state: MessageState = MessageState.STORED
    attempts: int = 0
    next_at: float = 0.0
    changed_at: float = 0.0
    problem: str | None = None
    reference: str = ""
    instead: str = ""
    why: str = ""

    @property
    def progress(self) -> int:
        """Of two versions of one message the one that has come further counts."""
        return _FURTHER[self.state] * 1000 + min(self.attempts, 999)

    @property
    def waiting(self) -> bool:
        """Whether it is still to be handed over."""
        return self.state in WAITING

    def moved_to(self, state: MessageState, at: float, problem: str | None = None) -> Message:
        """The same, come so far."""
        return replace(self, state=state, changed_at=at, problem=problem)
