"""Whose MACs may answer for a VIP: the virtual router's own, and those of members."""

from __future__ import annotations

from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.wire.family import Family


def virtual_macs(router: RouterState) -> set[str]:
    """The virtual router's MACs (RFC 9568 §7.3): of the VRIDs configured and advertised; of a bare VIP, of any VRID."""
    kind = "01" if router.config.family is Family.IPV4 else "02"
    adverts = [talker.last for talker in (router.own, *router.talkers.values())]
    heard = {advert.vrid for advert in adverts if advert is not None}
    vrids = {router.config.vrid, *heard} if router.config.vrid else range(1, 256)
    return {f"00:00:5e:00:{kind}:{vrid:02x}" for vrid in vrids}


def trusted_macs(router: RouterState, node: Node) -> set[str]:
    """The MACs whose answer proves a member: in a unicast network only those that its own agent named."""
    macs = virtual_macs(router)
    for member in node.members.members:
        macs |= member.agent_macs if router.config.unicast else member.macs | member.agent_macs
    return macs


def one_owners_macs(router: RouterState, node: Node, now: float) -> set[str]:
    """The MACs that may answer side by side and be one owner's: the only peer's own, and the virtual router's.

    A VIP that was put by hand on a node of which keepalived then takes it to its virtual MAC is there twice. Empty
    while we hold, or do not know: one of the two could be ours.
    """
    if router.we_hold(now) is not False or len(node.members.members) != 1:
        return set()
    return virtual_macs(router) | trusted_macs(router, node)
