"""What is asked of the rules: one advertisement as netfilter meets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Protocol, TypeAlias

from hawatch.wire.family import Family

VRRP = 112
AH = 51
"""The IP protocols that carry advertisements: VRRP itself, and the authentication header of VRRPv2 (RFC 2338)."""

Address: TypeAlias = IPv4Address | IPv6Address

TTL = 255
TOS = 0xC0


class Direction(StrEnum):
    """Which way the advertisement goes, seen from this host."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One advertisement on its way into or out of this host.

    `interface` is the device on which keepalived's socket receives or sends; `below` are the devices that the frame
    crosses under it (a VMAC's parent), nearest first. `source` None: any address. `destination` is the group or a
    unicast address, None: not known. `kind` is rtnetlink's link kind (bridge, vlan, macvlan, …), empty for a plain
    device, None: not known.
    """

    direction: Direction
    interface: str
    family: Family = Family.IPV4
    protocol: int = VRRP
    source: str | None = None
    destination: str | None = "224.0.0.18"
    ttl: int | None = TTL
    kind: str | None = None
    below: tuple[str, ...] = ()

    @property
    def peer(self) -> str | None:
        """The other node's address with unicast; None with multicast, where it may be anybody's."""
        group = address(self.destination)
        if group is None or group.is_multicast:
            return None
        return self.source if self.direction is Direction.IN else self.destination


def address(text: str | None) -> Address | None:
    """An address from its text; None for no address."""
    try:
        return ip_address(text) if text else None
    except ValueError:
        return None


class Router(Protocol):
    """What must be known of a virtual router; hawatch.keepalived.model.VirtualRouter has it."""

    @property
    def interface(self) -> str: ...  # noqa: D102
    @property
    def family(self) -> Family: ...  # noqa: D102
    @property
    def auth_type(self) -> str: ...  # noqa: D102
    @property
    def source(self) -> str | None: ...  # noqa: D102
    @property
    def unicast_peers(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def multicast_group(self) -> str: ...  # noqa: D102
    @property
    def vmac_interface(self) -> str | None: ...  # noqa: D102
    @property
    def vmac_xmit_base(self) -> bool: ...  # noqa: D102


def packets_of(
    router: Router, *, own_address: str | None = None, peer_addresses: Sequence[str] = ()
) -> tuple[Packet, ...]:
    """The advertisements of a virtual router whose fate matters, the inbound ones first.

    With unicast one pair for each peer; with multicast one inbound for each of `peer_addresses` (or one from anybody)
    and one outbound. `own_address` is what leaves as their source where the router names none.
    """
    own_source = router.source or own_address
    ways: list[tuple[Direction, str | None, str | None]]
    if router.unicast_peers:
        ways = [(Direction.IN, peer, own_source) for peer in router.unicast_peers]
        ways += [(Direction.OUT, own_source, peer) for peer in router.unicast_peers]
    else:
        peers = [peer for peer in peer_addresses if (":" in peer) == (router.family is Family.IPV6)]
        ways = [(Direction.IN, peer, router.multicast_group) for peer in peers or (None,)]
        ways.append((Direction.OUT, own_source, router.multicast_group))
    own = router.vmac_interface if router.vmac_interface and not router.vmac_xmit_base else None
    return tuple(
        Packet(
            direction=direction,
            interface=own or router.interface,
            below=(router.interface,) if own else (),
            kind="macvlan" if own else None,
            family=router.family,
            protocol=AH if router.auth_type == "ah" else VRRP,
            source=_without_zone(source),
            destination=_without_zone(destination),
            ttl=TTL,
        )
        for direction, source, destination in ways
    )


def _without_zone(address: str | None) -> str | None:
    return address.partition("%")[0] if address else None
