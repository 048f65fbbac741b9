"""What a picture says of each lane; cheap to ask again while nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hawatch.history.lane import Value
from hawatch.history.subject import LaneKind, Subject
from hawatch.snapshot import AdvertiserView, PeerView, RouterView, Snapshot

MOST_PEERS = 8
MOST_LINKS = 8
"""Peers with lanes, and links of each: whoever can speak on the LAN could invent more."""

Key = tuple[object, ...]
"""What names a router or a peer from one picture to the next."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a picture says of one subject; `since`, if known, is when that began to be so, in monotonic seconds."""

    subject: Subject
    value: Value
    since: float | None = None


def peers_of(snapshot: Snapshot) -> Sequence[PeerView]:
    """Those with lanes: nobody can invent one that is configured or has an agent."""
    return sorted(snapshot.peers, key=lambda peer: peer.hearsay)[:MOST_PEERS]


def router_key(router: RouterView) -> Key:
    """The same for the same virtual router."""
    return "router", router.instance, router.vrid, router.family


def peer_key(peer: PeerView) -> Key:
    """The same for the same peer."""
    return "peer", peer.name


def router_state(router: RouterView) -> object:
    """Equal for two pictures in which none of the router's lanes differ."""
    return (
        router.verdict.kind,
        tuple((each.node, each.heard) for each in router.advertisers),
        tuple((vip.address, vip.held_by) for vip in router.vips),
    )


def peer_state(peer: PeerView) -> object:
    """Equal for two pictures in which none of the peer's lanes differ."""
    return peer.agent, tuple((link.name, link.state) for link in peer.links)


def router_sights(router: RouterView, names: frozenset[str]) -> Iterator[Sight]:
    """The verdict, who was heard, who holds which VIP; of the nodes named."""
    vrid, family = router.vrid, router.family.value
    verdict = Subject(kind=LaneKind.VERDICT, instance=router.instance, vrid=vrid, family=family)
    yield Sight(verdict, router.verdict.kind.value, router.verdict.since)
    for each in router.advertisers:
        if each.node in names:
            yield _advertiser(router, each)
    for vip in router.vips:
        for node, held in vip.held_by:
            if node in names:
                subject = Subject(kind=LaneKind.VIP, instance=router.instance, vip=vip.address, node=node)
                yield Sight(subject, held)


def _advertiser(router: RouterView, view: AdvertiserView) -> Sight:
    """Who falls silent has been silent since the last advertisement."""
    subject = Subject(
        kind=LaneKind.ADVERTISER,
        instance=router.instance,
        vrid=router.vrid,
        family=router.family.value,
        node=view.node,
    )
    return Sight(subject, view.heard, None if view.heard else view.last_at)


def peer_sights(peer: PeerView) -> Iterator[Sight]:
    """The peer's agent, and its links."""
    yield Sight(Subject(kind=LaneKind.AGENT, peer=peer.name), peer.agent)
    for link in peer.links[:MOST_LINKS]:
        subject = Subject(kind=LaneKind.LINK, peer=peer.name, link=link.name)
        yield Sight(subject, None if link.state == "unknown" else link.state)
