"""What came of webhooks since the agent's start, by channel and result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

RESULTS = ("taken", "nothing", "refused", "failed")


@dataclass(slots=True)
class WebhookTally:
    """`counts` by channel and result."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, channel: str, result: str) -> None:
        """A provider has called, and it came to this."""
        self.counts[channel, str(result)] += 1

    def of(self, channels: Iterable[str]) -> tuple[tuple[str, str, int], ...]:
        """Channel, result and how many; what never came is 0."""
        return tuple((name, result, self.counts[name, result]) for name in channels for result in RESULTS)
