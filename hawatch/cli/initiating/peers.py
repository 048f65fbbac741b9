"""Who the other nodes may be, by keepalived.conf, by the command line and by names; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_address

from hawatch.cli.initiating.facts import HostFacts, OwnAddress
from hawatch.cli.initiating.proposal import ProposedLink, ProposedPeer
from hawatch.keepalived.model import VirtualRouter

_LAST_NUMBER = re.compile(r"(.*?)(\d+)$")
_LAST_LETTER = re.compile(r"(.*[-_.])([ab])$")
_FIRST_LINK = "lan"


def unicast_ends(routers: Iterable[VirtualRouter]) -> dict[str, str | None]:
    """The addresses of all unicast peers in their order, each with this node's own end if keepalived.conf has it."""
    ends: dict[str, str | None] = {}
    for router in routers:
        for address in router.unicast_peers:
            where = f"{address}%{router.interface}" if _is_link_local(address) else address
            if ends.get(where) is None:
                ends[where] = router.source
    return ends


def _is_link_local(address: str) -> bool:
    try:
        return ip_address(address).is_link_local and ":" in address and "%" not in address
    except ValueError:
        return False


def sibling(name: str) -> str | None:
    """What the other node is probably called: lb02 for lb01, db-b for db-a; None where a name gives no hint."""
    if found := _LAST_NUMBER.fullmatch(name):
        number = int(found[2])
        other = number + 1 if number % 2 else number - 1
        if number == 0:
            other = 1
        return f"{found[1]}{other:0{len(found[2])}d}"
    if found := _LAST_LETTER.fullmatch(name):
        return f"{found[1]}{'b' if found[2] == 'a' else 'a'}"
    return None


def name_for(address: str, host: HostFacts, node: str, taken: Iterable[str]) -> str:
    """A name for the node at an address: what /etc/hosts says, else the sibling's, else the address itself."""
    known = host.names.get(address)
    other = sibling(node)
    for guess in (known, other):
        if guess and guess not in {node, "localhost", *taken}:
            return guess
    return address


def links_to(
    remotes: Sequence[str], own: Sequence[OwnAddress], sources: dict[str, str | None]
) -> tuple[ProposedLink, ...]:
    """A link for each address of a peer; its own end is what keepalived.conf says, else the address in that network."""
    links: list[ProposedLink] = []
    for remote in remotes:
        source = sources.get(remote)
        near = next((each for each in own if each.address == source or each.reaches(remote)), None)
        local = source or (near.address if near else None)
        device = near.device if near else None
        name = _FIRST_LINK if not links else device or f"link{len(links) + 1}"
        if any(each.name == name for each in links):
            name = remote
        fits = "%" not in remote and (
            local is None or (":" in local) == (":" in remote) or not _is_address(remote)
        )
        links.append(ProposedLink(name=name, remote=remote, local=local if fits else None))
    return tuple(links)


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def peers_of(
    ends: dict[str, str | None], own: Sequence[OwnAddress], host: HostFacts, node: str
) -> tuple[ProposedPeer, ...]:
    """The peers behind the unicast peers of keepalived.conf, this node left out, under names that may be guesses."""
    mine = {each.address for each in own}
    peers: list[ProposedPeer] = []
    for addresses in _nodes([each for each in ends if each not in mine], own, host):
        known = next((host.names[each] for each in addresses if each in host.names), None)
        name = name_for(addresses[0], host, node, [peer.name for peer in peers])
        peers.append(
            ProposedPeer(name=name, links=links_to(addresses, own, ends), guessed=name not in {known})
        )
    return tuple(peers)


def _nodes(addresses: Sequence[str], own: Sequence[OwnAddress], host: HostFacts) -> list[list[str]]:
    """The addresses node by node: one name is one node, and two addresses in one network are two nodes."""
    nodes: list[list[str]] = []
    for address in addresses:
        fitting = (each for each in nodes if _may_be_of(address, each, own, host))
        found = next(fitting, None)
        if found is None:
            nodes.append([address])
        else:
            found.append(address)
    return nodes


def _may_be_of(address: str, node: Sequence[str], own: Sequence[OwnAddress], host: HostFacts) -> bool:
    names = {host.names[each] for each in (address, *node) if each in host.names}
    if len(names) == 1 and address in host.names:
        return True
    networks = {_network(each, own) for each in node}
    return len(names) < 2 and None not in networks and _network(address, own) not in {None, *networks}


def _network(address: str, own: Sequence[OwnAddress]) -> str | None:
    return next((str(each.network) for each in own if each.reaches(address)), None)


def wires_beside(links: Iterable[ProposedLink], own: Sequence[OwnAddress]) -> tuple[OwnAddress, ...]:
    """Own addresses in networks that no link runs through yet, one for each device."""
    used = {
        each.device
        for each in own
        for link in links
        if each.address == link.local or each.reaches(link.remote)
    }
    beside: dict[str, OwnAddress] = {}
    for each in own:
        if each.device not in used:
            beside.setdefault(each.device, each)
    return tuple(beside.values())


def other_end(wire: OwnAddress, links: Iterable[ProposedLink], own: Sequence[OwnAddress]) -> str | None:
    """Where the other node probably is on another wire: as far from this one as on the first; None: no idea.

    In a network of two addresses there is no doubt.
    """
    if is_between_two(wire):
        hosts = [str(each) for each in wire.network.hosts()]
        return next((each for each in hosts if each != wire.address), None)
    for link in links:
        near = next((each for each in own if each.address == link.local and each.reaches(link.remote)), None)
        if near is None or ":" in near.address or ":" in wire.address:
            continue
        guess = ip_address(wire.address) + (int(ip_address(link.remote)) - int(ip_address(near.address)))
        if wire.reaches(str(guess)):
            return str(guess)
    return None


def is_between_two(wire: OwnAddress) -> bool:
    """Whether its network has room for two hosts and no more."""
    return wire.prefix_length in ((30, 31) if wire.network.version == 4 else (126, 127))
