"""The causes that a trouble ought to be given, and by whom: from what was done, never from what hawatch said.

`named` are, for each node with an agent, the causes of which that agent has to name one in each group; `allowed` are
those that are true as well, or may be true for a while. A cause is `cause@node`; `*` stands for any node.
"""

from __future__ import annotations

from dataclasses import dataclass

from deploy.lab import Topology
from tests.campaign.episode import NODES, Pair, Trouble, Wire, other
from tests.campaign.kinds import FROM_START

Groups = tuple[frozenset[str], ...]
STRANGER = Topology(hosts=("client", "gateway"))
BY_ADDRESS = {
    address(node): node for address in (STRANGER.ipv4, STRANGER.ipv6, STRANGER.link_local) for node in NODES
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is to be named by each agent, and what may be; `latent`: seconds more, while nothing comes of it."""

    named: dict[str, Groups]
    allowed: frozenset[str]
    latent: float = 0.0


RULES_ARE_READ = 11.0
"""Seconds in which the firewall's rules are read once, by a promise of the documents, and a busy machine's second."""
OF_THE_MACHINE = frozenset({"keepalived_starved@*", "host_paused@*"})
"""True of a small machine with many labs on it."""
AFTER_A_SPLIT = frozenset({"stale_arp@*"})
"""Some splits end without an announcement by the winner; expected says so of every split, whichever it was."""


def expect(pair: Pair, trouble: Trouble, owner: str) -> Expected:
    """What is to be said of a trouble that befalls a pair whose VIPs are on `owner`."""
    named = {node: groups for node, groups in _named(pair, trouble, owner).items() if node in pair.agents}
    own = frozenset(cause for groups in named.values() for group in groups for cause in group)
    everywhere = frozenset(c for groups in _named(pair, trouble, owner).values() for g in groups for c in g)
    allowed = own | everywhere | _also(pair, trouble, owner)
    return Expected(
        named=named, allowed=allowed, latent=RULES_ARE_READ if _is_latent(trouble, owner) else 0.0
    )


def _is_latent(trouble: Trouble, owner: str) -> bool:
    """Whether it stops nothing that is sent at present, so that it can be found in the firewall's rules alone."""
    waiting = trouble.kind in {"drop_in", "drop_in_early"} and trouble.node == owner
    return waiting or (trouble.kind == "drop_out" and trouble.node != owner)


def _named(pair: Pair, trouble: Trouble, owner: str) -> dict[str, Groups]:
    node, peer = trouble.node, other(trouble.node)
    owns = node == owner
    kind = trouble.kind.removesuffix(FROM_START)
    if len(pair.agents) == 1 and (kind in DIFFERENCES or kind.startswith("lose_vrrp")):
        return {}  # what the other sends, or is configured to, is known to its own agent
    if kind == "priority_equal":  # on a tie the later name is the lesser
        return _by_both(pair, NODES[1], DIFFERENCES[kind])
    if kind in DIFFERENCES:
        return _by_both(pair, pair.lesser, DIFFERENCES[kind])
    if kind in OF_EVERYBODY:
        return _by_all(OF_EVERYBODY[kind])
    row = IN_A_NODE.get(kind)
    if row is None:
        return _of_the_way(pair, kind, node, peer, owns=owns)
    causes = row.where_it_owns if owns else row.elsewhere
    return {node: _groups(node, *causes)} if row.untold else _by_both(pair, node, *causes)


@dataclass(frozen=True, slots=True)
class InNode:
    """What lies in a node that owns, or in one that does not; `untold`: known to its own agent alone."""

    where_it_owns: tuple[str, ...]
    elsewhere: tuple[str, ...]
    untold: bool = False


def _anywhere(cause: str) -> InNode:
    return InNode((cause,), (cause,))


IN_A_NODE = {
    "stop": _anywhere("keepalived_dead"),
    "kill_parent": _anywhere("keepalived_dead"),
    "kill_both": InNode(("keepalived_dead", "stale_vip"), ("keepalived_dead",)),
    "freeze": _anywhere("keepalived_frozen"),
    "pause": InNode(("host_paused",), ()),
    "starve": InNode(("keepalived_starved",), (), untold=True),
    "drop_in": _anywhere("vrrp_blocked_inbound"),
    "drop_in_early": _anywhere("vrrp_blocked_inbound"),
    "drop_out": _anywhere("vrrp_blocked_outbound"),
    "leave_group": InNode((), ("multicast_membership_lost",)),
    "vip_added": InNode((), ("stale_vip",)),
    "vip_removed": InNode(("vip_removed",), (), untold=True),
    "tracked_down": InNode(("tracked_fault",), ("standby_fault",)),
}
OF_EVERYBODY = {
    "foreign_router": f"foreign_router@{STRANGER.ipv4('client')}",
    "foreign_carp": f"foreign_router@carp {STRANGER.ipv4('client')}",
    "address_claimed": f"address_claimed@{STRANGER.mac('client')}",
    "key_wrong": "blind@*",
    "witness_killed": "witness_down@*",
}
DIFFERENCES = {
    "password_differs": "auth_mismatch",
    "vrid_differs": "vrid_mismatch",
    "interval_differs": "advert_interval_mismatch",
    "version_differs": "version_mismatch",
    "vips_differ": "vip_list_mismatch",
    "group_differs": "destination_mismatch",
    "unicast_here": "destination_mismatch",
    "priority_equal": "equal_priority",
}


def _of_the_way(pair: Pair, kind: str, node: str, peer: str, *, owns: bool) -> dict[str, Groups]:
    """What the network loses between the nodes; who stands where decides who can tell."""
    beside = pair.wire is not Wire.NONE and len(pair.agents) == 2
    match kind:
        case "second_cut" | "cable_pulled":
            return {each: (frozenset({f"heartbeat_link_down@{each}"}),) for each in NODES}
        case "lose_vrrp" if owns:
            return _by_both(pair, peer, "one_way_loss" if pair.unicast else "multicast_not_delivered")
        case "lose_vrrp_both":
            receiver = peer if owns else node
            lost = {"one_way_loss", "partition"} if pair.unicast else {"multicast_not_delivered"}
            return _by_any(pair, receiver, lost)
        case "one_way":
            if beside:
                return dict.fromkeys(NODES, (frozenset({f"one_way_loss@{peer}"}),)) if owns else {}
            hearing = (frozenset({f"one_way_loss@{peer}"}),)
            # A witness hands on the words of a node that is not heard.
            handed_on = {f"one_way_loss@{peer}"} if pair.witness else set()
            return {node: hearing, peer: (frozenset({f"peer_unreachable@{node}", *handed_on}),)}
        case "partition" | "carrier":
            return _all_is_lost(pair, kind, node, peer, beside=beside)
    return {}


def _all_is_lost(pair: Pair, kind: str, node: str, peer: str, *, beside: bool) -> dict[str, Groups]:
    """Nothing passes on the LAN: a partition for those who know of each other, and else a peer out of reach."""
    if pair.wire is not Wire.NONE and not beside:  # an agent alone: the other node answers on the other wire
        alone: dict[str, Groups] = {each: (frozenset({f"heartbeat_link_down@{each}"}),) for each in NODES}
        return {**alone, node: _groups(node, "link_down")} if kind == "carrier" else alone
    if beside:
        return dict.fromkeys(NODES, (frozenset({f"partition@{pair.lesser}", f"link_down@{node}"}),))
    if kind == "carrier":
        return {node: _groups(node, "link_down"), peer: _groups(node, "peer_unreachable")}
    between = f"partition@{pair.lesser}"
    return {each: (frozenset({f"peer_unreachable@{other(each)}", between}),) for each in NODES}


def _also(pair: Pair, trouble: Trouble, owner: str) -> frozenset[str]:
    """What may truly be said beside, or for a while."""
    node, peer = trouble.node, other(trouble.node)
    also = set(OF_THE_MACHINE)
    row = IN_A_NODE.get(trouble.kind.removesuffix(FROM_START), InNode((), ()))
    also |= {f"{cause}@{node}" for cause in (*row.where_it_owns, *row.elsewhere)}
    if difference := DIFFERENCES.get(trouble.kind.removesuffix(FROM_START)):
        also.add(f"{difference}@{pair.lesser}")
    for cause in ALSO.get(trouble.kind.removesuffix(FROM_START), ()):
        at = {"NODE": node, "PEER": peer, "OWNER": owner, "LESSER": pair.lesser}
        name, _, place = cause.partition("@")
        also.add(f"{name}@{at.get(place, place)}")
    if trouble.kind.endswith(FROM_START):
        also |= {f"{cause}@{node}" for cause in ("keepalived_dead", "boot_race", "config_not_loaded")}
    if trouble.kind.removesuffix(FROM_START) in DIFFERENCES:
        also.add(f"config_not_loaded@{node}")
    return frozenset(also)


_CUT_OFF = (
    "peer_unreachable@*",
    "reference_down@*",
    "heartbeat_link_down@*",
    "witness_down@*",
    "boot_race@*",
)
_HALF_DEAF = (
    "heartbeat_link_down@*",
    "one_way_loss@*",
    "peer_unreachable@*",
    "witness_down@*",
    "boot_race@*",
)
ALSO: dict[str, tuple[str, ...]] = {
    "kill_both": ("vip_without_master@NODE", "stale_vip@NODE"),
    "kill_child": ("keepalived_dead@NODE", "boot_race@NODE", "stale_vip@NODE", "vip_removed@NODE"),
    "stop": ("boot_race@NODE",),
    "kill_parent": ("boot_race@NODE",),
    "pause": (
        "blind@NODE",
        "peer_unreachable@NODE",
        "keepalived_frozen@NODE",
        "heartbeat_link_down@*",
        "boot_race@*",
    ),
    "starve": ("heartbeat_link_down@*", "blind@NODE"),
    "carrier": (*_CUT_OFF, "link_down@NODE", "tracked_fault@NODE", "standby_fault@NODE", "partition@*"),
    "partition": (*_CUT_OFF, "partition@*", "one_way_loss@*"),
    "one_way": (*_HALF_DEAF, "blind@*", "partition@*", "reference_down@*"),
    "lose_vrrp": ("one_way_loss@PEER", "multicast_not_delivered@PEER", "boot_race@*"),
    "lose_vrrp_both": ("one_way_loss@*", "multicast_not_delivered@*", "partition@*", "boot_race@*"),
    "loss_random": (*_HALF_DEAF, "multicast_not_delivered@*"),
    "delay": ("heartbeat_link_down@*", "boot_race@*", "multicast_not_delivered@*"),
    "tracked_down": ("link_down@NODE", "tracked_fault@NODE", "standby_fault@NODE"),
    "leave_group": ("multicast_membership_lost@NODE",),
    "cable_noise": ("heartbeat_link_down@*",),
    "vip_added": ("stale_vip@NODE", "vip_without_master@NODE", "vip_removed@NODE"),
    "vip_removed": ("vip_removed@NODE",),
    "key_wrong": ("heartbeat_link_down@*", "peer_unreachable@*", "witness_down@*"),
    "disk_full": ("blind@NODE", "notification_path_down@NODE"),
    "agent_restarted": ("heartbeat_link_down@*",),
    "agent_killed": ("heartbeat_link_down@*", "blind@NODE"),
    "group_differs": ("multicast_membership_lost@*", "source_address_wrong@*"),
    "unicast_here": ("multicast_membership_lost@*", "source_address_wrong@*"),
    "priority_equal": ("equal_priority@*",),
    "address_claimed": ("looped_frames@*",),
}


def _groups(node: str, *causes: str) -> Groups:
    return tuple(frozenset({f"{cause}@{node}"}) for cause in causes)


def _by_both(pair: Pair, node: str, *causes: str) -> dict[str, Groups]:
    """What lies in a node is known to the agent there, and to those that it tells."""
    groups = _groups(node, *causes)
    return dict.fromkeys(pair.agents, groups) if node in pair.agents else {}


def _by_any(pair: Pair, node: str, causes: set[str]) -> dict[str, Groups]:
    groups = (frozenset(f"{cause}@{at}" for cause in causes for at in NODES),)
    return dict.fromkeys(pair.agents, groups) if node in pair.agents else {}


def _by_all(cause: str) -> dict[str, Groups]:
    return dict.fromkeys(NODES, (frozenset({cause}),))


def fits(cause: str, pattern: str) -> bool:
    """Whether a cause is one of `cause@*`, or this very one; an agent alone knows a node by its address only."""
    name, _, place = pattern.partition("@")
    said, _, where = cause.partition("@")
    return said == name and (place == "*" or BY_ADDRESS.get(where, where) == place)
