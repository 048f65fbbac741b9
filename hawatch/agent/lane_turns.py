"""Turns over the lanes to other systems: at once when something changed, else when the next of them is due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from hawatch.agent.equipment import Clock
from hawatch.heartbeat import beat
from hawatch.moments import set_within
from hawatch.snapshot import Snapshot

LOOK_EVERY = 1.0
UP = "up"


class Closes(Protocol):
    """A lane, as far as its end goes."""

    async def close(self) -> None:
        """Wait for nothing more."""


LaneT = TypeVar("LaneT", bound=Closes)


class LaneTurns(Generic[LaneT]):
    """`turn` lets a lane do what is due, and says when it is next, in monotonic seconds; `tell` follows each round."""

    def __init__(
        self,
        clock: Clock,
        *,
        turn: Callable[[LaneT, Snapshot, frozenset[str]], float | None],
        tell: Callable[[Sequence[LaneT]], Awaitable[None]],
    ) -> None:
        self.snapshot: Snapshot | None = None
        self._clock = clock
        self._turn = turn
        self._tell = tell
        self._wake = asyncio.Event()

    def look_soon(self) -> None:
        """Something may have become due."""
        self._wake.set()

    async def run(self, lanes: Sequence[LaneT]) -> None:
        """Go on until cancelled, then close the lanes."""
        try:
            while True:
                self._wake.clear()
                pause = self._look(lanes)
                await self._tell(lanes)
                beat(pause)
                await set_within(self._wake, pause)
        finally:
            for lane in lanes:
                await lane.close()

    def _look(self, lanes: Sequence[LaneT]) -> float:
        """Turn to every lane; for how many seconds nothing is due."""
        snapshot = self.snapshot
        if snapshot is None:
            return LOOK_EVERY
        heard = frozenset(peer.name for peer in snapshot.peers if peer.agent == UP)
        pause = LOOK_EVERY
        for lane in lanes:
            due = self._turn(lane, snapshot, heard)
            if due is not None:
                pause = min(pause, max(due - self._clock.monotonic(), 0.01))
        return pause
