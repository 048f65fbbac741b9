"""The names that listings use for numbers of protocols, packet types and address types."""

from __future__ import annotations

PROTOCOLS = {
    "all": 0, "ip": 0, "icmp": 1, "igmp": 2, "ipencap": 4, "tcp": 6, "egp": 8, "igp": 9, "udp": 17, "dccp": 33,
    "ipv6": 41, "ipv6-route": 43, "ipv6-frag": 44, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58,
    "icmpv6": 58, "icmp6": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "ospf": 89, "ospfigp": 89, "ipip": 94, "pim": 103,
    "ipcomp": 108, "comp": 108, "vrrp": 112, "carp": 112, "l2tp": 115, "sctp": 132, "mh": 135, "mobility-header": 135,
    "udplite": 136,
}  # fmt: skip
"""IANA protocol numbers by the names of /etc/protocols and of nft."""

PACKET_TYPES = {"host": 0, "unicast": 0, "broadcast": 1, "multicast": 2, "other": 3}
ADDRESS_TYPES = {
    "unspec": 0, "unicast": 1, "local": 2, "broadcast": 3, "anycast": 4, "multicast": 5, "blackhole": 6,
    "unreachable": 7, "prohibit": 8,
}  # fmt: skip
DSCP = {
    "cs0": 0, "cs1": 8, "cs2": 16, "cs3": 24, "cs4": 32, "cs5": 40, "cs6": 48, "cs7": 56, "be": 0, "lephb": 1,
    "af11": 10, "af12": 12, "af13": 14, "af21": 18, "af22": 20, "af23": 22, "af31": 26, "af32": 28, "af33": 30,
    "af41": 34, "af42": 36, "af43": 38, "va": 44, "ef": 46,
}  # fmt: skip
NFPROTO = {"ipv4": 2, "ipv6": 10}
ETHERTYPES = {
    "ip": 0x0800,
    "ipv4": 0x0800,
    "arp": 0x0806,
    "ip6": 0x86DD,
    "ipv6": 0x86DD,
    "vlan": 0x8100,
    "8021q": 0x8100,
}
CT_STATES = {"invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64}
"""The bits of nft's `ct state`; iptables has the same names in capitals."""

OWN_HEADERS = frozenset(
    {"tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmp6", "icmpv6", "igmp", "esp", "comp", "ipcomp", "gre",
     "vxlan", "geneve", "gretap", "arp", "mh"}
)  # fmt: skip
"""Headers that an advertisement cannot have: a condition on any of their fields fails, whatever it asks."""

EXTENSION_HEADERS = frozenset({"rt", "frag", "dst", "hbh", "ipv6header", "mh", "ipv4options", "srh"})
"""Matches of iptables on IP options and extension headers: advertisements have neither."""


def number(value: object, names: dict[str, int]) -> int | None:
    """A number that a listing gives as itself, as text, or by name; None when it is none of these."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if not isinstance(value, str):
        return None
    known = names.get(value.lower())
    if known is not None:
        return known
    try:
        return int(value, 0) if len(value) < 20 else None
    except ValueError:
        return None
