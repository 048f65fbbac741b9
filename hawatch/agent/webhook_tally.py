"""What came of webhooks since the agent's start, by channel and result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class WebhookTally:
    """`counts` by channel and result."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, channel: str, result: str) -> None:
        """A provider has called, and it came to this."""
        self.counts[channel, result] += 1
