"""What was seen on the wire, and what of it the stack delivered."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.wire.family import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisementHeard:
    """One VRRP advertisement, or `count` identical ones folded; `first_at` is the first of them, `at` the last.

    `problems` is empty for what a conforming receiver takes; the password is present only as a keyed fingerprint.
    """

    at: float
    first_at: float
    count: int
    interface: str
    outgoing: bool
    src: str
    dst: str
    src_mac: str
    ttl: int
    family: Family
    version: int
    vrid: int
    priority: int
    interval_seconds: float
    auth_type: int
    auth_fingerprint: str | None
    addresses: tuple[str, ...]
    checksum: str
    problems: tuple[str, ...] = ()
    ip_id: int | None = None
    vlans: tuple[int, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether a conforming receiver would take it."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class CarpHeard:
    """A CARP announcement, which shares protocol 112 and the group with VRRP; `vhid` lies where the VRID would."""

    at: float
    interface: str
    outgoing: bool
    src: str
    src_mac: str
    vhid: int
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressAnnounced:
    """Gratuitous ARP or unsolicited neighbour advertisement for a VIP, `count` of them folded."""

    at: float
    interface: str
    outgoing: bool
    address: str
    mac: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolUnreachable:
    """ICMP 3/2 about protocol 112: the sender's host lives and nothing there listens for VRRP."""

    at: float
    interface: str
    src: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureDropped:
    """The kernel threw away `count` frames of a capture socket before they were read."""

    at: float
    interface: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisementDelivered:
    """`count` advertisements that reached this host's own sockets for protocol 112, as they would keepalived's."""

    at: float
    first_at: float
    count: int
    interface: str
    family: Family
    src: str
    vrid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMembership:
    """How many sockets of this host, the agent's own not counted, have joined a multicast group on a device."""

    at: float
    interface: str
    group: str
    sockets: int | None
