"""Shows acknowledgements in the monitoring tools of hawatch.toml, and sees those made there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from hawatch.agent.equipment import Clock
from hawatch.agent.monitor_lane import Lane, Tool, tool_for
from hawatch.agent.oncall import OnCall
from hawatch.agent.pushers import Pushers
from hawatch.config.monitor import Monitor
from hawatch.heartbeat import beat
from hawatch.moments import set_within
from hawatch.snapshot import Snapshot

LOOK_EVERY = 1.0
UP = "up"


class Mirroring:
    """One lane for each tool; nothing else waits for any of them."""

    def __init__(
        self,
        oncall: OnCall,
        *,
        monitors: Sequence[Monitor],
        node: str,
        clock: Clock,
        tool: Callable[[Monitor, Clock], Tool] = tool_for,
    ) -> None:
        self._oncall = oncall
        self._monitors = monitors
        self._node = node
        self._clock = clock
        self._tool = tool
        self._wake = asyncio.Event()
        self._snapshot: Snapshot | None = None
        self._lanes: list[Lane] = []
        self._pushers = Pushers(oncall, node=node, clock=clock)
        if monitors:
            oncall.tell_changes_to(self.look_soon)

    def show(self, snapshot: Snapshot) -> None:
        """A new picture; who is heard, and what the pair is called, stands in it."""
        self._snapshot = snapshot

    def look_soon(self) -> None:
        """Something may have become due."""
        self._wake.set()

    async def run(self) -> None:
        """Go on until cancelled. What an agent before this one said of itself holds no longer."""
        for monitor in self._monitors:
            await self._pushers.tell(_target(monitor.name), able=False)
        self._lanes = [
            Lane(
                each,
                oncall=self._oncall,
                node=self._node,
                clock=self._clock,
                tool=self._tool(each, self._clock),
                done=self.look_soon,
            )
            for each in self._monitors
        ]
        try:
            await self._go_on()
        finally:
            for lane in self._lanes:
                await lane.close()

    async def _go_on(self) -> None:
        while True:
            self._wake.clear()
            pause = self._look()
            await self._tell()
            beat(pause)
            await set_within(self._wake, pause)

    def _look(self) -> float:
        """Look at every lane; for how many seconds nothing is due."""
        snapshot = self._snapshot
        if snapshot is None:
            return LOOK_EVERY
        heard = frozenset(peer.name for peer in snapshot.peers if peer.agent == UP)
        pause = LOOK_EVERY
        for lane in self._lanes:
            able = self._pushers.able(_target(lane.monitor.name), heard)
            due = lane.turn_to(snapshot.pair, able=able, heard=heard, known=self._oncall.ledger.peers)
            if due is not None:
                pause = min(pause, max(due - self._clock.monotonic(), 0.01))
        return pause

    async def _tell(self) -> None:
        for lane in self._lanes:
            await self._pushers.tell_if_new(_target(lane.monitor.name), able=lane.able)


def _target(monitor: str) -> str:
    """Apart from targets of results, which may have the same name."""
    return f"monitor/{monitor}"
