"""From keepalived.conf, this host and what was wished to a first proposal; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hawatch.cli.initiating.facts import HostFacts, OwnAddress
from hawatch.cli.initiating.peers import (
    is_between_two,
    links_to,
    other_end,
    peers_of,
    unicast_ends,
    wires_beside,
)
from hawatch.cli.initiating.proposal import Proposal, ProposedLink, ProposedPeer, Wishes
from hawatch.cli.initiating.services import guess_services
from hawatch.config import Listen
from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.model import KeepalivedConfig


def propose(
    keepalived: KeepalivedConfig, statements: Iterable[Statement], host: HostFacts, wishes: Wishes
) -> Proposal:
    """What can be said without asking anybody."""
    routers = keepalived.virtual_routers
    vips = frozenset(vip.address for router in routers for vip in router.all_vips)
    own = _in_order(host.without(vips), [router.interface for router in routers])
    node = wishes.node or host.name
    ends = unicast_ends(routers)
    peers = (
        tuple(ProposedPeer(name=name, links=links_to(remotes, own, ends)) for name, remotes in wishes.peers)
        if wishes.peers
        else peers_of(ends, own, host, node)
    )
    return with_peers(
        Proposal(
            node=node,
            pair=wishes.pair,
            listen=wishes.listen if wishes.listen != str(Listen().http) else None,
            keepalived_conf=wishes.keepalived_conf,
            key_file=wishes.key_file,
            gateways=host.gateways,
            routers=routers,
            services=guess_services(statements),
            own=own,
        ),
        peers,
    )


def with_peers(proposal: Proposal, peers: Sequence[ProposedPeer]) -> Proposal:
    """The proposal with these peers, and the wires that are left beside theirs, if it is known where those run."""
    links = [link for peer in peers for link in peer.links]
    known = bool(links) and all(link.local is not None for link in links)
    wires = wires_beside(links, proposal.own) if known else ()
    return replace(proposal, peers=tuple(peers), wires=wires)


def sure_end(proposal: Proposal, wire: OwnAddress) -> str | None:
    """The other end of a wire between two, where there is one peer; None where somebody must say it."""
    if len(proposal.peers) != 1 or not is_between_two(wire) or any(map(wire.reaches, proposal.gateways)):
        return None
    return other_end(wire, proposal.peers[0].links, proposal.own)


def with_wire(proposal: Proposal, wire: OwnAddress, remote: str) -> Proposal:
    """The proposal in which its one peer is reached by another wire, too."""
    peer = proposal.peers[0]
    names = {link.name for link in peer.links}
    name = wire.device if wire.device not in names else remote
    link = ProposedLink(name=name, remote=remote, local=wire.address if wire.reaches(remote) else None)
    return with_peers(proposal, [replace(peer, links=(*peer.links, link)), *proposal.peers[1:]])


def _in_order(addresses: Iterable[OwnAddress], devices: Sequence[str]) -> tuple[OwnAddress, ...]:
    """keepalived's own devices first, in its order; IPv4 before IPv6 on each."""
    places = {device: n for n, device in reversed(list(enumerate(dict.fromkeys(devices))))}
    return tuple(
        sorted(addresses, key=lambda each: (places.get(each.device, len(places)), ":" in each.address))
    )
