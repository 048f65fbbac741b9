"""Pushes finished results to the monitoring systems of hawatch.toml, and tells the other node how that goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from hawatch.agent.equipment import Clock
from hawatch.agent.oncall import OnCall
from hawatch.agent.passive_lane import Lane, Way, way_to
from hawatch.agent.pushers import Pushers
from hawatch.causes.sight import PASSIVE
from hawatch.config import Passive, PassiveOf
from hawatch.evidence import ObserverState, Sink
from hawatch.heartbeat import beat
from hawatch.moments import set_within
from hawatch.snapshot import Snapshot

LOOK_EVERY = 1.0
UP = "up"
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
        self._wake = asyncio.Event()
        self._snapshot: Snapshot | None = None
        self._shape: Shape = ()
        self._lanes: list[Lane] = []
        self._told: dict[str, str] = {}
        self._pushers = Pushers(oncall, node=node, clock=clock)
        if targets:
            oncall.tell_changes_to(self.look_soon)

    def show(self, snapshot: Snapshot) -> None:
        """A new picture; nothing is done about it here but to look sooner, if something other than a number changed."""
        self._snapshot = snapshot
        if self._targets:
            shape = _shape(snapshot)
            if shape != self._shape:
                self._shape = shape
                self.look_soon()

    def look_soon(self) -> None:
        """Something may have become due."""
        self._wake.set()

    async def run(self) -> None:
        """Go on until cancelled. What an agent before this one said of itself holds no longer."""
        for name in sorted(
            self._pushers.told_able() | {each.name for each in self._targets if each.of is PassiveOf.PAIR}
        ):
            await self._pushers.tell(name, able=False)
        if not self._targets:
            await asyncio.Event().wait()
        self._lanes = [
            Lane(
                each,
                node=self._node,
                clock=self._clock,
                tally=self._oncall.passive,
                way=self._way(each, self._clock),
                done=self.look_soon,
            )
            for each in self._targets
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
        heard = {peer.name for peer in snapshot.peers if peer.agent == UP}
        pause = LOOK_EVERY
        for lane in self._lanes:
            able = self._pushers.able(lane.target.name, heard)
            due = lane.look(snapshot, able=able, heard=heard, known=self._oncall.ledger.peers)
            if due is not None:
                pause = min(pause, max(due - self._clock.monotonic(), 0.01))
        return pause

    async def _tell(self) -> None:
        """What has changed: to the other nodes at once, and as a finding once it has lasted."""
        for lane in self._lanes:
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
