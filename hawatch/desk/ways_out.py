"""Which channels do not get through to people, as the messages of this node show."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hawatch.notification.message import THROUGH, Message, MessageState

FAILING_SPEAKS = 60.0
SILENT_SPEAKS = 120.0
"""Seconds for which attempts must have failed, or a gateway have told nothing of what it was given."""
FAILURE_STANDS = 86400.0
"""Seconds after which a failure for good is forgotten if nothing was sent since."""


def troubles(messages: Iterable[Message], channels: Collection[str], now: float) -> dict[str, str]:
    """What is the matter, by channel; one on which something got through later is well. `now` is epoch seconds."""
    mine = [each for each in messages if each.channel in channels]
    through: dict[str, float] = {}
    for message in mine:
        if message.state in THROUGH:
            through[message.channel] = max(message.changed_at, through.get(message.channel, 0.0))
    found: dict[str, str] = {}
    for message in sorted(mine, key=lambda each: each.created_at):
        problem = _problem(message, now)
        if problem is not None and message.changed_at > through.get(message.channel, 0.0):
            found[message.channel] = problem
    return found


def _problem(message: Message, now: float) -> str | None:
    stands = now - message.changed_at
    match message.state:
        case MessageState.RETRYING if now - message.created_at >= FAILING_SPEAKS:
            return message.problem or "it does not take messages"
        case MessageState.FAILED if FAILING_SPEAKS <= stands < FAILURE_STANDS:
            return message.problem or "it refuses messages"
        case MessageState.SENT if stands >= SILENT_SPEAKS:
            return "the gateway has told nothing of the messages that it was given"
        case _:
            return None
