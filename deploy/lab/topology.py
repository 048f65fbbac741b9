"""Which nodes a lab has, which segments join them, and what everything is called and numbered.

Numbers are the same in every lab: each lab has its own namespaces.

    device  segment      IPv4             IPv6
    eth0    lan          10.0.0.0/24      fd00::/64          every node
    eth1    second LAN   10.0.1.0/24      fd00:0:0:1::/64    every node (second_lan=True)
    eth2    wire         10.0.2.0/24      fd00:0:0:2::/64    the routers only (wire=True)

    gateway .1 (and fe80::1 on eth0)   lb01 .11   lb02 .12   lb03 .13   client .50   further hosts .60 and up
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

GATEWAY_LINK_LOCAL = "fe80::1"
LONGEST_NAME = 10  # IFNAMSIZ less "-eth0"


class Addressing(Enum):
    """Which addresses the nodes have; VIPs are keepalived's affair."""

    DUAL = "IPv4 and IPv6"
    IPV4 = "IPv4 alone: IPv6 is disabled in the nodes"
    IPV6 = "IPv6 alone, with unique local addresses"
    LINK_LOCAL = "IPv6 alone, with nothing but link-local addresses"

    @property
    def has_ipv4(self) -> bool:
        return self in {Addressing.DUAL, Addressing.IPV4}

    @property
    def has_ipv6(self) -> bool:
        return self is not Addressing.IPV4

    @property
    def has_global_ipv6(self) -> bool:
        return self in {Addressing.DUAL, Addressing.IPV6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One layer 2 network: a bridge in the switch, and a device of this name in each node on it."""

    number: int
    device: str

    @property
    def bridge(self) -> str:
        return f"br{self.number}"


LAN = Segment(number=0, device="eth0")
SECOND_LAN = Segment(number=1, device="eth1")
WIRE = Segment(number=2, device="eth2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The plan of a lab. Routers may run keepalived and agents; hosts are what stands around them."""

    routers: tuple[str, ...] = ("lb01", "lb02")
    hosts: tuple[str, ...] = ("client", "gateway")
    wire: bool = False
    second_lan: bool = False
    addressing: Addressing = Addressing.DUAL
    dad: bool = False
    """Duplicate address detection; off by default, so that an address can be used at once."""

    def __post_init__(self) -> None:
        for name in self.nodes:
            if len(name) > LONGEST_NAME:
                raise ValueError(
                    f"{name!r} is too long for a node: its port's name has room for {LONGEST_NAME}"
                )

    @property
    def nodes(self) -> tuple[str, ...]:
        return self.routers + self.hosts

    def segments(self, node: str) -> tuple[Segment, ...]:
        """The segments this node is on, the LAN first."""
        segments = [LAN]
        if self.second_lan:
            segments.append(SECOND_LAN)
        if self.wire and node in self.routers:
            segments.append(WIRE)
        return tuple(segments)

    def all_segments(self) -> tuple[Segment, ...]:
        return self.segments(self.routers[0])

    def number(self, node: str) -> int:
        """The last part of all addresses of this node."""
        fixed = {"gateway": 1, "client": 50}
        if node in self.routers:
            return 11 + self.routers.index(node)
        if node in fixed:
            return fixed[node]
        return 60 + self.hosts.index(node)

    def ipv4(self, node: str, device: str = "eth0") -> str:
        return f"10.0.{_segment(device).number}.{self.number(node)}"

    def ipv6(self, node: str, device: str = "eth0") -> str:
        segment = _segment(device).number
        prefix = f"fd00:0:0:{segment}::" if segment else "fd00::"
        return f"{prefix}{self.number(node)}"

    def hosts_file(self) -> str:
        """All names and addresses of the LAN, as lines of /etc/hosts: nothing in a lab asks a name server."""
        lines = []
        for node in self.nodes:
            if self.addressing.has_ipv4:
                lines.append(f"{self.ipv4(node)} {node}")
            if self.addressing.has_global_ipv6:
                lines.append(f"{self.ipv6(node)} {node}")
            if self.addressing is Addressing.LINK_LOCAL:
                lines.append(f"::1 {node}")
        return "".join(f"{line}\n" for line in lines)

    def mac(self, node: str, device: str = "eth0") -> str:
        return f"02:00:00:00:{_segment(device).number:02x}:{self.number(node):02x}"

    def link_local(self, node: str, device: str = "eth0") -> str:
        """The link-local address that the kernel makes of the MAC (RFC 4291, appendix A)."""
        suffix = (_segment(device).number << 8) | self.number(node)
        return f"fe80::ff:fe00:{suffix:x}"

    def port(self, node: str, device: str = "eth0") -> str:
        """The switch's end of the cable to this node."""
        return f"{node}-{device}"


def _segment(device: str) -> Segment:
    for segment in (LAN, SECOND_LAN, WIRE):
        if segment.device == device:
            return segment
    raise ValueError(f"no segment has a device {device!r}")
