"""Pushes finished results to the monitoring systems of hawatch.toml, and tells the other node how that goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from hawatch.agent.equipment import Clock
from hawatch.agent.lane_turns import LaneTurns
from hawatch.agent.oncall import OnCall
from hawatch.agent.passive_lane import Lane, Way, way_to
from hawatch.agent.pushers import Pushers
from hawatch.causes.sight import PASSIVE
from hawatch.config import Passive, PassiveOf
from hawatch.evidence import ObserverState, Sink
from hawatch.snapshot import Snapshot

Shape = tuple[object, ...]


class Pushing:
    """One lane for each target; `show` gets each new picture, so that what has changed goes at once."""

    def __init__(
        self,
        oncall: OnCall,
        *,
        targets: Sequence[Passive],
        node: str,
        clock: Clock,
        put: Sink,
        way: Callable[[Passive, Clock], Way] = way_to,
    ) -> None:
        self._oncall = oncall
        self._targets = targets
        self._node = node
        self._clock = clock
        self._put = put
        self._way = way
        self._turns: LaneTurns[Lane] = LaneTurns(clock, turn=self._turn_to, tell=self._tell)
        self._shape: Shape = ()
        self._told: dict[str, str] = {}
        self._pushers = Pushers(oncall, node=node, clock=clock)
        if targets:
            oncall.tell_changes_to(self.look_soon)

    def show(self, snapshot: Snapshot) -> None:
        """A new picture; nothing is done about it here but to look sooner, if something other than a number changed."""
        self._turns.snapshot = snapshot
        if self._targets:
            shape = _shape(snapshot)
            if shape != self._shape:
                self._shape = shape
                self.look_soon()

    def look_soon(self) -> None:
        """Something may have become due."""
        self._turns.look_soon()

    async def run(self) -> None:
        """Go on until cancelled. What an agent before this one said of itself holds no longer."""
        for name in sorted(
            self._pushers.told_able() | {each.name for each in self._targets if each.of is PassiveOf.PAIR}
        ):
            await self._pushers.tell(name, able=False)
        if not self._targets:
            await asyncio.Event().wait()
        lanes = [
            Lane(
                each,
                node=self._node,
                clock=self._clock,
                tally=self._oncall.passive,
                way=self._way(each, self._clock),
                done=self._turns.look_soon,
            )
            for each in self._targets
        ]
        await self._turns.run(lanes)

    def _turn_to(self, lane: Lane, snapshot: Snapshot, heard: frozenset[str]) -> float | None:
        able = self._pushers.able(lane.target.name, heard)
        return lane.look(snapshot, able=able, heard=heard, known=self._oncall.ledger.peers)

    async def _tell(self, lanes: Sequence[Lane]) -> None:
        """What has changed: to the other nodes at once, and as a finding once it has lasted."""
        for lane in lanes:
            name = lane.target.name
            if lane.target.of is PassiveOf.PAIR:
                await self._pushers.tell_if_new(name, able=lane.able)
            problem = lane.trouble()
            if problem != self._told.get(name):
                self._put(
                    ObserverState(
                        at=self._clock.monotonic(),
                        observer=f"{PASSIVE}{name}",
                        up=problem is None,
                        problem=problem,
                    )
                )
                self._told.pop(name, None)
                if problem is not None:
                    self._told[name] = problem


def _shape(snapshot: Snapshot) -> Shape:
    """What a result follows from, but for numbers; a look that costs little at every picture."""
    return (
        snapshot.severity,
        snapshot.maintenance,
        tuple((each.name, each.agent) for each in snapshot.peers),
        tuple(
            (each.instance, each.verdict.kind, each.owners, *((f.cause, f.node) for f in each.findings))
            for each in snapshot.routers
        ),
        tuple((f.cause, f.node) for f in snapshot.node_findings),
    )
