"""The world turned into evidence: each observer watches one thing, and knows none of the others.

An observer is made with keyword arguments, and `run` watches until it is cancelled. What it sees goes into the sink
that it was given; what stops it is an ObserverError, after which the agent makes it anew.
"""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """What the agent runs, restarts and names."""

    name: str

    async def run(self) -> None:
        """Watch until cancelled. ObserverError, in one line, when it cannot go on."""


class MonotonicClock(Protocol):
    """What an observer needs of a clock; the module hawatch.clock is one."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC in seconds."""
