"""The ground truth at one moment, and what can be known of it from where an agent stands."""

from __future__ import annotations

from dataclasses import dataclass

from tests.campaign.episode import NODES, Pair, Wire, other
from tests.campaign.kinds import Cut, cuts, kind_of
from tests.campaign.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Who holds, which processes run, and what the troubles in force cut.

    `hushed`: the agents do not understand each other. `starved`: nodes on which nothing gets the processor, the agent
    neither; what it says of that time it can only say afterwards. `by_hand`: nodes with a VIP that no keepalived took.
    """

    pair: Pair
    holders: frozenset[str]
    keepalived: dict[str, str]
    agents: dict[str, str]
    lost: frozenset[tuple[str, Cut]] = frozenset()
    unplugged: frozenset[str] = frozenset()
    second_down: frozenset[str] = frozenset()
    hushed: bool = False
    outsiders: frozenset[str] = frozenset()
    reference: bool = True
    witness: bool = False
    tracked: bool = False
    muted: frozenset[str] = frozenset()
    starved: frozenset[str] = frozenset()
    by_hand: frozenset[str] = frozenset()

    def sees(self, node: str) -> bool:
        """Whether an agent runs there, and gets the processor to."""
        return self.agents.get(node) == "running" and node not in self.starved

    def carries(self, source: str, cut: Cut) -> bool:
        """Whether what this node sends gets to the other."""
        return (source, cut) not in self.lost

    def both_ways(self, cut: Cut) -> bool:
        return all(self.carries(node, cut) for node in NODES)

    @property
    def beside(self) -> bool:
        """Whether there is a wire beside the LAN that carries."""
        return self.pair.wire is not Wire.NONE and self.both_ways(Cut.BESIDE)

    @property
    def talking(self) -> bool:
        """Whether the two agents hear each other."""
        return not self.hushed and all(map(self.sees, NODES)) and (self.both_ways(Cut.LAN) or self.beside)

    def able(self, node: str) -> bool:
        """Whether keepalived of this node could hold."""
        in_fault = self.tracked and node in self.second_down
        return self.keepalived[node] == "running" and node not in self.unplugged and not in_fault

    def isolated(self, node: str) -> bool:
        """Whether the node has no link, or reaches nobody at all."""
        if node in self.unplugged:
            return True
        peer_lost = not self.both_ways(Cut.LAN) and not self.beside
        return not self.reference and peer_lost

    def provable(self, node: str) -> bool:
        """Whether the agent there can know of the other holder: told, asked, witnessed, or because it advertises."""
        peer = other(node)
        witnessed = self.witness and not self.unplugged
        # In a unicast network a MAC proves a member only if that member's own agent named it (docs/detection.md).
        asked = self.both_ways(Cut.LAN) and not (self.pair.unicast and len(self.agents) == 1)
        heard = (
            self.carries(peer, Cut.LAN)
            and self.carries(peer, Cut.VRRP)
            and self.keepalived[peer] == "running"
            and peer not in self.muted | self.by_hand
        )
        return self.talking or witnessed or asked or heard


def world(record: Record, instance: str, at: float) -> World:
    """The ground truth at this moment; a trouble is in force from its begin until it is undone."""
    pair = record.episode.pair
    force = [record.episode.troubles[done.number] for done in record.done if done.begin <= at < done.undone]
    kinds = [(trouble, kind_of(trouble)) for trouble in force]
    return World(
        pair=pair,
        holders=record.holders(instance, at),
        keepalived={node: record.state("keepalived", node, at) for node in NODES},
        agents={node: record.state("agent", node, at) for node in pair.agents},
        lost=frozenset(lost for trouble in force for lost in cuts(trouble)),
        unplugged=frozenset(trouble.node for trouble, kind in kinds if kind.carrier),
        second_down=frozenset(trouble.node for trouble, kind in kinds if kind.second),
        hushed=any(kind.deaf for _, kind in kinds),
        outsiders=frozenset(t.kind for t, kind in kinds if kind.outsider and instance == "VI_1"),
        reference=all(trouble.kind != "reference_down" for trouble in force),
        witness=pair.witness and all(trouble.kind != "witness_killed" for trouble in force),
        tracked=pair.tracked and (instance == "VI_1" or pair.sync_group),
        muted=frozenset(trouble.node for trouble in force if trouble.kind in {"drop_out", "group_differs"}),
        by_hand=frozenset(trouble.node for trouble in force if trouble.kind == "vip_added"),
        starved=frozenset(trouble.node for trouble in force if trouble.kind == "starve"),
    )
