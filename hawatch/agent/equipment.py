"""What an agent is made with: its configuration, its key, and where its picture goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hawatch.clock import monotonic, wall
from hawatch.config import Config
from hawatch.journal import Journal
from hawatch.snapshot import Snapshot


class Clock(Protocol):
    """Both clocks; monotonic and epoch seconds."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC in seconds."""

    def wall(self) -> float:
        """CLOCK_REALTIME in epoch seconds."""


class HostClock:
    """Both clocks, for the observers; they read none themselves."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC in seconds."""
        return monotonic()

    def wall(self) -> float:
        """CLOCK_REALTIME in epoch seconds."""
        return wall()


def show_nobody(snapshot: Snapshot) -> None:
    """For an agent whose picture is only asked for."""
    del snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What one agent is made with; without a key it does not talk to other agents.

    `peers` are addresses named for this run; `serves` says whether it answers on HTTP and its socket. In
    `state_directory` it keeps a black box, without one it does not; `config_path` is where `config` was read.
    """

    config: Config
    key: bytes | None = None
    peers: tuple[str, ...] = ()
    journal: Journal | None = None
    show: Callable[[Snapshot], None] = show_nobody
    serves: bool = True
    state_directory: Path | None = None
    config_path: Path | None = None
