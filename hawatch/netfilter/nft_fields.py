"""What nft's expressions read from an advertisement (nft(8), PAYLOAD EXPRESSIONS and PRIMARY EXPRESSIONS)."""

from __future__ import annotations

from collections.abc import Mapping

from hawatch.netfilter.fields import Known, group_mac, interface, is_multicast
from hawatch.netfilter.meeting import Meeting
from hawatch.netfilter.names import (
    ADDRESS_TYPES,
    DSCP,
    ETHERTYPES,
    NFPROTO,
    OWN_HEADERS,
    PACKET_TYPES,
    PROTOCOLS,
)
from hawatch.netfilter.packet import AH, TOS, Direction, address
from hawatch.wire.family import Family

DEEPEST = 8
"""Expressions nested deeper than this are not looked into."""

_NOT_KNOWN = Known(value=None)
_FRAGMENT_MASKS = frozenset({0x1FFF, 0x3FFF})


def read(expression: object, meeting: Meeting, depth: int = 0) -> Known | None:
    """The value of an expression; None when the packet has no such field, so that every condition on it fails."""
    if not isinstance(expression, Mapping) or len(expression) != 1 or depth > DEEPEST:
        return _NOT_KNOWN
    ((kind, body),) = expression.items()
    if kind in {"tcp option", "sctp chunk", "dccp option"}:
        return None
    if kind == "&":
        return _masked(body, meeting, depth)
    if not isinstance(body, Mapping):
        return _NOT_KNOWN
    if kind in {"exthdr", "ip option"}:  # advertisements have none
        return None if "field" in body else Known(value=0)
    return _primary(kind, body, meeting)


def _primary(kind: object, body: Mapping[str, object], meeting: Meeting) -> Known | None:
    if kind == "meta":
        return _meta(body.get("key"), meeting)
    if kind == "payload":
        return _payload(body.get("protocol"), body.get("field"), meeting)
    return _fib(body, meeting) if kind == "fib" else _NOT_KNOWN


def _masked(body: object, meeting: Meeting, depth: int) -> Known | None:
    if not isinstance(body, list) or len(body) != 2:
        return _NOT_KNOWN
    if _is_fragment_offset(body[0]) and body[1] in _FRAGMENT_MASKS:
        return Known(value=0)  # an advertisement is never fragmented
    known = read(body[0], meeting, depth + 1)
    if known is None or not isinstance(known.value, int) or not isinstance(body[1], int):
        return None if known is None else _NOT_KNOWN
    return Known(value=known.value & body[1])


def _is_fragment_offset(expression: object) -> bool:
    return expression == {"payload": {"protocol": "ip", "field": "frag-off"}}


def _meta(key: object, meeting: Meeting) -> Known:
    packet, family = meeting.packet, meeting.packet.family
    is_ipv6 = family is Family.IPV6
    if key == "l4proto":
        return Known(value=packet.protocol, names=PROTOCOLS)
    if key == "nfproto":
        return Known(value=NFPROTO[family.value], names=NFPROTO)
    if key == "protocol":
        return _ethertype(is_ipv6=is_ipv6)
    if key == "mark":
        return Known(value=None if "mark" in meeting.changed else 0)
    if key == "pkttype":
        return _packet_type(meeting)
    return _device(key, meeting)


def _device(key: object, meeting: Meeting) -> Known:
    """The devices by name; nft's `iif` and `oif` are listed by name, too. A port of a bridge is not known by name."""
    packet = meeting.packet
    direction = Direction.IN if isinstance(key, str) and key.startswith("iif") else Direction.OUT
    if key in {"iif", "iifname", "oif", "oifname"}:
        if meeting.chain.family == "bridge" and packet.direction is direction:
            return _NOT_KNOWN
        return Known(value=interface(packet, direction))
    if key in {"iifkind", "oifkind"} and packet.direction is direction and meeting.chain.family != "bridge":
        return Known(value=packet.kind or None)  # a plain device may still be a veth or a tunnel
    return _NOT_KNOWN


def _packet_type(meeting: Meeting) -> Known:
    if meeting.packet.direction is Direction.OUT:
        return _NOT_KNOWN
    multicast = is_multicast(meeting.packet)
    value = None if multicast is None else PACKET_TYPES["multicast" if multicast else "unicast"]
    return Known(value=value, names=PACKET_TYPES)


def _ethertype(*, is_ipv6: bool) -> Known:
    """Some versions of nft list the number with its bytes swapped: both must be taken for the same."""
    value = ETHERTYPES["ip6" if is_ipv6 else "ip"]
    return Known(value=value, names=ETHERTYPES, also=(value & 0xFF) << 8 | value >> 8)


def _payload(protocol: object, field: object, meeting: Meeting) -> Known | None:
    packet = meeting.packet
    if protocol in {"ip", "ip6"}:
        if (protocol == "ip6") is not (packet.family is Family.IPV6):
            return None
        return _NOT_KNOWN if field in meeting.changed else _ip(field, meeting)
    if protocol in OWN_HEADERS or (protocol == "ah" and packet.protocol != AH):
        return None
    if protocol == "ether" and packet.direction is Direction.IN:
        if field == "type":
            return _ethertype(is_ipv6=packet.family is Family.IPV6)
        return Known(value=group_mac(packet) if field == "daddr" else None)
    return _NOT_KNOWN


def _ip(field: object, meeting: Meeting) -> Known:
    packet = meeting.packet
    if field in {"saddr", "daddr"}:
        return Known(value=address(packet.source if field == "saddr" else packet.destination))
    if field in {"protocol", "nexthdr"}:
        return Known(value=packet.protocol, names=PROTOCOLS)
    if field in {"ttl", "hoplimit"}:
        return Known(value=packet.ttl)
    if field == "version":
        return Known(value=6 if packet.family is Family.IPV6 else 4)
    if field == "dscp":
        return Known(value=TOS >> 2, names=DSCP)
    return _NOT_KNOWN


def _fib(body: Mapping[str, object], meeting: Meeting) -> Known:
    """A look into the routing table (nft(8), FIB EXPRESSIONS)."""
    flags = body.get("flags")
    asked = set(map(str, flags)) if isinstance(flags, list) else {str(flags)}
    if body.get("result") == "type":
        return _address_type(asked, meeting)
    if body.get("result") in {"oif", "oifname"} and "saddr" in asked and _is_on_link(meeting):
        return Known(value=1, names={"missing": 0, "exists": 1})
    return _NOT_KNOWN


def _address_type(asked: set[str], meeting: Meeting) -> Known:
    packet = meeting.packet
    incoming = packet.direction is Direction.IN
    if "saddr" in asked:
        return Known(value=ADDRESS_TYPES["unicast" if incoming else "local"], names=ADDRESS_TYPES)
    multicast = is_multicast(packet)
    if multicast is None:
        return _NOT_KNOWN
    name = "multicast" if multicast else "local" if incoming else "unicast"
    return Known(value=ADDRESS_TYPES[name], names=ADDRESS_TYPES)


def _is_on_link(meeting: Meeting) -> bool:
    """Whether the source has a route by the device it came from, in any table: so for link-local ones, which all
    IPv6 advertisements to a group have (RFC 9568 §5.1.2.1)."""
    packet = meeting.packet
    source = address(packet.source)
    if source is None:
        return packet.family is Family.IPV6 and is_multicast(packet) is True
    return source.is_link_local
