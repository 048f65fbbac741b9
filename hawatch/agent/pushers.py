"""What the nodes tell each other of the monitoring systems that they reach, so that one of them attends to each."""

from __future__ import annotations

from collections.abc import Collection

from hawatch.agent.equipment import Clock
from hawatch.agent.oncall import OnCall
from hawatch.desk.records import Pusher


class Pushers:
    """The words of all nodes, and this node's own."""

    def __init__(self, oncall: OnCall, *, node: str, clock: Clock) -> None:
        self._oncall = oncall
        self._node = node
        self._clock = clock

    def able(self, target: str, heard: Collection[str]) -> set[str]:
        """The nodes which are heard, and say that they reach the target."""
        return {
            each.node
            for each in self._oncall.ledger.all(Pusher)
            if each.able and each.target == target and each.node in heard
        }

    def told_able(self) -> set[str]:
        """The targets that this node says it reaches."""
        return {
            each.target for each in self._oncall.ledger.all(Pusher) if each.node == self._node and each.able
        }

    async def tell_if_new(self, target: str, *, able: bool) -> None:
        """Tell the others, if that is not what they were told last."""
        known = self._own(target)
        if able != (known is not None and known.able):
            await self.tell(target, able=able)

    async def tell(self, target: str, *, able: bool) -> None:
        """Whether this node reaches the target."""
        known = self._own(target)
        # A clock that was set back must not make this word older than the last.
        at = max(self._clock.wall(), known.at + 0.001 if known else 0.0)
        word = Pusher(id=self._id(target), node=self._node, target=target, able=able, at=at)
        await self._oncall.change(lambda _: self._oncall.ledger.put(word))

    def _own(self, target: str) -> Pusher | None:
        return self._oncall.ledger.get(Pusher, self._id(target))

    def _id(self, target: str) -> str:
        return f"{self._node}/{target}"
