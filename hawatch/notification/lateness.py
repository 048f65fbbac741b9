"""Whether a message takes too long: what its channel has to tell of it has not come in time."""

from __future__ import annotations

from hawatch.config.oncall import Channel, ReceiptWanted
from hawatch.notification.message import LOST, Message, MessageState


def has_got_through(message: Message, channel: Channel) -> bool:
    """Whether it has come as far as the channel's `receipt` says."""
    if message.state is MessageState.DELIVERED:
        return True
    return message.state is MessageState.LEFT and channel.receipt is ReceiptWanted.LEFT


def late_at(message: Message, channel: Channel) -> float | None:
    """From when on it is late, unless it gets through (epoch seconds); None: never, or it is through, or lost."""
    if channel.receipt_within <= 0 or message.state in LOST or has_got_through(message, channel):
        return None
    return message.created_at + channel.receipt_within


def is_late(message: Message, channel: Channel, now: float) -> bool:
    """Whether it is late at that moment (epoch seconds)."""
    since = late_at(message, channel)
    return since is not None and since <= now


def lateness(message: Message, channel: Channel) -> str:
    """What is the matter with it, in the words of a timeline."""
    missing = "not handed over" if message.waiting else "no receipt"
    return f"{missing} within {channel.receipt_within:g} s"
