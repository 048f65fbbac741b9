"""What comes in from people's side: their replies, and what a gateway tells of our messages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One text from outside, verbatim: `id` is unique on its channel, and the same if it is delivered again.

    `sender` is as the channel gives it. `sent_at` is the sender's or the SMS centre's time (epoch seconds), if known.
    """

    channel: str
    id: str
    sender: str
    text: str
    sent_at: float | None = None


class ReceiptState(StrEnum):
    """What became of a message that had been handed over."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """News of one of our messages: `sent` has left the gateway, `delivered` is at the phone.

    The message is known by its Outgoing.id, or, where a gateway does not tell that, by the gateway's own `reference`.
    """

    channel: str
    message: str = ""
    state: ReceiptState
    problem: str | None = None
    reference: str = ""


Arrival = Reply | Receipt
