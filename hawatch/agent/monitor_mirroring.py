"""Shows acknowledgements in the monitoring tools of hawatch.toml, and sees those made there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hawatch.agent.equipment import Clock
from hawatch.agent.lane_turns import LaneTurns
from hawatch.agent.monitor_lane import Lane, Tool, tool_for
from hawatch.agent.oncall import OnCall
from hawatch.agent.pushers import Pushers
from hawatch.config.monitor import Monitor
from hawatch.snapshot import Snapshot


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
        self._turns: LaneTurns[Lane] = LaneTurns(clock, turn=self._turn_to, tell=self._tell)
        self._pushers = Pushers(oncall, node=node, clock=clock)
        if monitors:
            oncall.tell_changes_to(self._turns.look_soon)

    def show(self, snapshot: Snapshot) -> None:
        """A new picture; who is heard, and what the pair is called, stands in it."""
        self._turns.snapshot = snapshot

    async def run(self) -> None:
        """Go on until cancelled. What an agent before this one said of itself holds no longer."""
        for monitor in self._monitors:
            await self._pushers.tell(_target(monitor.name), able=False)
        lanes = [
            Lane(
                each,
                oncall=self._oncall,
                node=self._node,
                clock=self._clock,
                tool=self._tool(each, self._clock),
                done=self._turns.look_soon,
            )
            for each in self._monitors
        ]
        await self._turns.run(lanes)

    def _turn_to(self, lane: Lane, snapshot: Snapshot, heard: frozenset[str]) -> float | None:
        able = self._pushers.able(_target(lane.monitor.name), heard)
        return lane.turn_to(snapshot.pair, able=able, heard=heard, known=self._oncall.ledger.peers)

    async def _tell(self, lanes: Sequence[Lane]) -> None:
        for lane in lanes:
            await self._pushers.tell_if_new(_target(lane.monitor.name), able=lane.able)


def _target(monitor: str) -> str:
    """Apart from targets of results, which may have the same name."""
    return f"monitor/{monitor}"
