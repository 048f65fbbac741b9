"""What hawatch.toml says of the message that an agent sends to itself, so that a way that is dead shows in daylight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyPathProbe:
    """A message goes to `to` every so many seconds, and has to come back by the channel's replies `within` seconds.

    `at` is the local time of day at which one is due; then `every` is whole days. None: as soon as it is time.
    """

    to: str
    every: float = DAY
    within: float = 300.0
    at: time | None = None
