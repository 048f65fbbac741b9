"""Every kind of trouble: the pairs to which it can be done, and what it cuts meanwhile. Data; nothing is done here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tests.campaign.episode import Family, Pair, Trouble, Wire, other


class Cut(Enum):
    """What no longer gets from a node to the other."""

    VRRP = "its advertisements, while all else passes"
    LAN = "all that it sends on the LAN"
    BESIDE = "all that it sends by the wire beside the LAN"


class Reach(Enum):
    """In what a trouble meddles."""

    VRRP = "who hears whose advertisements, and who holds what"
    AGENTS = "the agents, or how they see"
    BYSTANDER = "nothing that decides who holds, or that hides another trouble's cause"


Possible = Callable[[Pair], bool]


def always(pair: Pair) -> bool:
    del pair
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind. `weight`: how often it is drawn.

    `here` and `there` are what is cut of what its node sends, and of what the other node sends to it. `carrier`: its
    node has no link on the LAN; `second`: of its other device. `blinds`: the agent on its node does not run or is
    stopped; `deaf`: nothing passes between the agents, though all wires carry. `long`: extra seconds it has to last.
    """

    name: str
    weight: int = 2
    possible: Possible = always
    here: frozenset[Cut] = frozenset()
    there: frozenset[Cut] = frozenset()
    carrier: bool = False
    second: bool = False
    blinds: bool = False
    deaf: bool = False
    outsider: bool = False
    reach: Reach = Reach.VRRP
    longer: float = 0.0


def version_2(pair: Pair) -> bool:
    return pair.version == 2


def plain_multicast(pair: Pair) -> bool:
    return not pair.unicast and not pair.vmac and pair.family is not Family.SIX


def quick(pair: Pair) -> bool:
    """A disturber is remembered for ten Master_Down_Intervals: only then is an episode short."""
    return pair.interval <= 0.2 and pair.family is not Family.SIX and not pair.unicast


def with_second_wire(pair: Pair) -> bool:
    return pair.wire is Wire.SECOND and len(pair.agents) == 2


def with_cable(pair: Pair) -> bool:
    return pair.wire is Wire.SERIAL and len(pair.agents) == 2


def with_password(pair: Pair) -> bool:
    return pair.auth == "PASS"


def four(pair: Pair) -> bool:
    return pair.family is not Family.SIX


def both_watched(pair: Pair) -> bool:
    return len(pair.agents) == 2


VRRP, LAN, BESIDE = frozenset({Cut.VRRP}), frozenset({Cut.LAN}), frozenset({Cut.BESIDE})

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        # keepalived itself
        Kind(name="stop", weight=3),
        Kind(name="kill_parent"),
        Kind(name="kill_both", weight=3),
        Kind(name="kill_child"),
        Kind(name="freeze", weight=3),
        Kind(name="reload", weight=1),
        Kind(name="pause", blinds=True, longer=1.0),
        # the way between the nodes
        Kind(name="carrier", weight=3, carrier=True, here=LAN, there=LAN),
        Kind(name="drop_in", weight=4),
        Kind(name="drop_in_early", weight=1),
        Kind(name="drop_out", weight=3, here=VRRP),
        Kind(name="leave_group", possible=plain_multicast),
        Kind(name="lose_vrrp", weight=3, here=VRRP),
        Kind(name="lose_vrrp_both", here=VRRP, there=VRRP),
        Kind(name="one_way", weight=3, here=LAN),
        Kind(name="partition", weight=4, here=LAN, there=LAN),
        Kind(name="loss_regular", weight=1, reach=Reach.BYSTANDER),
        Kind(name="loss_random", weight=2),
        Kind(name="duplicate", weight=1, reach=Reach.BYSTANDER),
        Kind(name="delay", weight=2, possible=lambda pair: not pair.vmac),
        Kind(name="second_cut", possible=with_second_wire, here=BESIDE, there=BESIDE, reach=Reach.BYSTANDER),
        Kind(name="cable_pulled", possible=with_cable, here=BESIDE, there=BESIDE, reach=Reach.BYSTANDER),
        Kind(name="cable_noise", possible=with_cable, reach=Reach.BYSTANDER),
        Kind(name="tracked_down", weight=4, possible=lambda pair: pair.tracked, second=True),
        Kind(name="reference_down", weight=1, reach=Reach.BYSTANDER),
        # two configurations that differ, by a reload or from a start on
        Kind(name="password_differs", weight=6, possible=with_password),
        Kind(name="password_differs_from_start", weight=4, possible=with_password),
        Kind(name="vrid_differs"),
        Kind(name="vrid_differs_from_start", weight=1),
        Kind(name="interval_differs", weight=4, possible=version_2),
        Kind(name="version_differs", weight=4, possible=lambda pair: pair.version == 2 and not pair.auth),
        Kind(name="vips_differ", possible=lambda pair: pair.family is Family.FOUR and pair.vips < 20),
        Kind(name="group_differs", possible=plain_multicast),
        Kind(name="unicast_here", weight=1, possible=plain_multicast),
        Kind(name="priority_equal", weight=1, possible=lambda pair: not pair.nopreempt),
        # hands and strangers
        Kind(name="vip_removed", weight=2, possible=lambda pair: not pair.vmac),
        Kind(name="vip_added", weight=3, possible=four),
        Kind(name="foreign_router", weight=3, possible=quick, outsider=True),
        Kind(name="foreign_carp", weight=2, possible=quick, outsider=True),
        Kind(name="address_claimed", weight=2, possible=quick, outsider=True),
        Kind(name="stranger", weight=1, possible=four, reach=Reach.BYSTANDER),
        # the host, and hawatch itself
        Kind(name="starve", weight=1, longer=3.0),
        Kind(name="agent_killed", weight=2, blinds=True, reach=Reach.AGENTS),
        Kind(name="agent_restarted", weight=2, blinds=True, reach=Reach.AGENTS),
        Kind(name="key_wrong", weight=1, possible=both_watched, deaf=True, reach=Reach.AGENTS, longer=3.0),
        Kind(name="disk_full", weight=1, reach=Reach.BYSTANDER),
        Kind(name="witness_killed", weight=2, possible=lambda pair: pair.witness, reach=Reach.BYSTANDER),
    )
}
AGENT_KINDS = frozenset({"agent_killed", "agent_restarted", "key_wrong", "disk_full"})
"""Done to an agent: only to a node that has one."""
FROM_START = "_from_start"


def kind_of(trouble: Trouble) -> Kind:
    """The kind of a trouble."""
    return KINDS[trouble.kind]


def cuts(trouble: Trouble) -> frozenset[tuple[str, Cut]]:
    """What is cut while it lasts: each as the node whose words are lost, and which of them."""
    kind = kind_of(trouble)
    lost = {(trouble.node, cut) for cut in kind.here} | {(other(trouble.node), cut) for cut in kind.there}
    return frozenset(lost)
