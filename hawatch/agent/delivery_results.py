"""What came of messages to people since the agent's start: how many, and how long they took."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hawatch.notification.message import MessageState
from hawatch.tally import NO_NOTIFICATIONS, Tally

LATE = "late"
"""The result of a message that did not get through within the channel's `receipt_within`."""


@dataclass(slots=True)
class DeliveryResults:
    """`counts` by channel and result; `handovers` by channel, in seconds from when a message was due."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    handovers: dict[str, Tally] = field(default_factory=dict)

    def count(self, channel: str, state: MessageState) -> None:
        """An attempt came to this."""
        self.counts[channel, state.value] += 1

    def late(self, channel: str) -> None:
        """A message did not get through in time."""
        self.counts[channel, LATE] += 1

    def handed_over(self, channel: str, seconds: float) -> None:
        """A message came into the gateway's hands so long after it was due."""
        self.handovers[channel] = self.handovers.get(channel, NO_NOTIFICATIONS).with_one(seconds)
