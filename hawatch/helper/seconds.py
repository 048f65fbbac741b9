"""How long something may take, as root's file says it."""

from __future__ import annotations

from typing import Any

from hawatch.errors import ConfigError

LONGEST_SECONDS = 600.0


def read_seconds(where: str, seconds: Any) -> float:
    """A number of seconds. ConfigError names the key."""
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not 0 < seconds <= LONGEST_SECONDS:
        raise ConfigError(where, f"a number up to {LONGEST_SECONDS:g} is wanted")
    return float(seconds)
