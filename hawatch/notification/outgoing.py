"""What a notifier is handed: one text for one address."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

FILE_PREFIX = "hawatch-"
"""What our files are known by in a gateway's spool, which others use too; the message's id follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message as it leaves: `id` is letters, digits and `-` alone, the same at every attempt.

    `data` is the notification as JSON-able pairs, for programs that want more than a text. `written_at` is when it was
    written (epoch seconds), `thread` names the incident that it is about, and `answers` the reply that it answers, by
    the reply's id. For ways with more room than a telephone's: `hint` says how to answer, `details` what is known.
    """

    id: str
    person: str
    to: str
    text: str
    data: tuple[tuple[str, str], ...] = ()
    written_at: float = 0.0
    thread: str = ""
    answers: str = ""
    hint: str = ""
    details: str = ""


class Delivery(Enum):
    """How far a message has come: handed over (a receipt may follow), or with the person as far as can be known."""

    SENT = auto()
    DELIVERED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """How far it has come, with the gateway's own name for the message: receipts may know it by that alone."""

    delivery: Delivery
    reference: str = ""
