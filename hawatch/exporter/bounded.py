"""The Snapshot with no more names in it than metrics can carry: whoever can speak on the LAN could invent more.

Every name that was ever a label value costs a time series. So strangers share one name, and of those whom only
advertisements tell of some few keep their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hawatch.snapshot import PeerView, RouterView, Snapshot, VipView
from hawatch.verdict import Finding

FOREIGN = "foreign"
MOST_PEERS = 8
MOST_LINKS = 8
"""Peers with names of their own, and links of each."""
MOST_SERVICES = 64
"""Virtual services of one virtual router."""


def bounded(snapshot: Snapshot) -> Snapshot:
    """The same picture; who is neither this node nor one of its first peers is called FOREIGN."""
    peers = _counted(snapshot.peers)
    names = frozenset({snapshot.node, *(peer.name for peer in peers)})
    return replace(
        snapshot,
        peers=tuple(replace(peer, links=peer.links[:MOST_LINKS]) for peer in peers),
        routers=tuple(_router(router, names) for router in snapshot.routers),
        node_findings=_findings(snapshot.node_findings, names),
    )


def _counted(peers: Iterable[PeerView]) -> list[PeerView]:
    """Those that are configured or have an agent first: nobody can invent one of them."""
    return sorted(peers, key=lambda peer: peer.hearsay)[:MOST_PEERS]


def _router(router: RouterView, names: frozenset[str]) -> RouterView:
    return replace(
        router,
        findings=_findings(router.findings, names),
        vips=tuple(_vip(vip, names) for vip in router.vips),
        virtual_services=router.virtual_services and router.virtual_services[:MOST_SERVICES],
    )


def _findings(findings: Iterable[Finding], names: frozenset[str]) -> tuple[Finding, ...]:
    return tuple(each if each.node in names else replace(each, node=FOREIGN) for each in findings)


def _vip(vip: VipView, names: frozenset[str]) -> VipView:
    """Of the others together: whether any of them holds it."""
    strange = [held for node, held in vip.held_by if node not in names]
    if not strange:
        return vip
    any_holds = True if True in strange else (None if None in strange else False)
    known = tuple(each for each in vip.held_by if each[0] in names)
    return replace(vip, held_by=(*known, (FOREIGN, any_holds)))
