"""IPv4 and IPv6 packets, down to what they carry."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from hawatch.errors import DecodeError
from hawatch.wire.address import address_bytes, address_text
from hawatch.wire.checksum import checksum
from hawatch.wire.ethernet import ETHERTYPE_IPV4, ETHERTYPE_IPV6, Frame
from hawatch.wire.family import Family

PROTOCOL_ICMP = 1
PROTOCOL_AH = 51
PROTOCOL_ICMPV6 = 58
PROTOCOL_VRRP = 112

HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS, MOBILITY = 0, 43, 44, 60, 135
_IPV4_WRAPPERS = frozenset({PROTOCOL_AH})
_IPV6_WRAPPERS = frozenset({HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS, MOBILITY, PROTOCOL_AH})

BAD_HEADER_CHECKSUM = "bad IP header checksum"

# version and header length, (TOS), total length, identification, fragment, TTL, protocol, (checksum)
_IPV4_HEADER = Struct("!BxHHHBB2x4s4s")
# version (class, flow label), payload length, next header, hop limit
_IPV6_HEADER = Struct("!B3xHBB16s16s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One IP packet. `ttl` is the hop limit in IPv6, which has no `ip_id`.

    `protocol` and `payload` are what follows the extension headers and an authentication header, `authenticated`
    says that there was one (its digest is not checked: it takes the key). `problems` are faults for which a host
    drops a packet that can still be read.
    """

    family: Family
    src: str
    dst: str
    ttl: int
    protocol: int
    ip_id: int | None
    payload: bytes
    authenticated: bool = False
    problems: tuple[str, ...] = ()


class PacketError(DecodeError):
    """A packet with a readable header and unusable contents; `packet` is what could be read of it."""

    def __init__(self, reason: str, packet: Packet) -> None:
        super().__init__(reason)
        self.packet = packet


def decode(frame: Frame) -> Packet:
    """Read the packet in a frame; raises DecodeError, or its kind PacketError once the addresses are known."""
    if frame.ethertype == ETHERTYPE_IPV4:
        return decode_ipv4(frame.payload)
    if frame.ethertype == ETHERTYPE_IPV6:
        return decode_ipv6(frame.payload)
    raise DecodeError("not IP")


def decode_ipv4(data: bytes) -> Packet:
    """Read an IPv4 packet (RFC 791 §3.1); what lies behind its total length is padding and is left out."""
    if len(data) < 20:
        raise DecodeError("IPv4 header cut short")
    first, total, ip_id, fragment, ttl, protocol, src, dst = _IPV4_HEADER.unpack_from(data)
    if first >> 4 != 4:
        raise DecodeError("not IPv4")
    header = (first & 0x0F) * 4
    payload = data[header:total]
    damage: str | None = None
    authenticated = False
    if header < 20 or header > total:
        damage, payload = "bad IPv4 header length", b""
    elif (
        fragment & 0x3FFF
    ):  # the offset and "more fragments"; only offset 0 begins with the payload's beginning
        damage, payload = "IPv4 fragment", b"" if fragment & 0x1FFF else payload
    elif total > len(data):
        damage = "IPv4 packet cut short"
    if protocol in _IPV4_WRAPPERS:
        protocol, payload, authenticated, inner_damage = _unwrap(protocol, payload, Family.IPV4)
        damage = damage or inner_damage
    packet = Packet(
        family=Family.IPV4,
        src=address_text(src),
        dst=address_text(dst),
        ttl=ttl,
        protocol=protocol,
        ip_id=ip_id,
        payload=payload,
        authenticated=authenticated,
        problems=() if int.from_bytes(data[:header], "big") % 65535 == 0 else (BAD_HEADER_CHECKSUM,),
    )
    if damage is not None:
        raise PacketError(damage, packet)
    return packet


def decode_ipv6(data: bytes) -> Packet:
    """Read an IPv6 packet (RFC 8200 §3) through its extension headers; atomic fragments (RFC 6946) are whole."""
    if len(data) < 40:
        raise DecodeError("IPv6 header cut short")
    first, length, protocol, ttl, src, dst = _IPV6_HEADER.unpack_from(data)
    if first >> 4 != 6:
        raise DecodeError("not IPv6")
    payload = data[40 : 40 + length]
    damage: str | None = None
    authenticated = False
    if len(payload) < length:
        damage = "IPv6 packet cut short"
    if protocol in _IPV6_WRAPPERS:
        protocol, payload, authenticated, inner_damage = _unwrap(protocol, payload, Family.IPV6)
        damage = damage or inner_damage
    packet = Packet(
        family=Family.IPV6,
        src=address_text(src),
        dst=address_text(dst),
        ttl=ttl,
        protocol=protocol,
        ip_id=None,
        payload=payload,
        authenticated=authenticated,
    )
    if damage is not None:
        raise PacketError(damage, packet)
    return packet


def _unwrap(protocol: int, payload: bytes, family: Family) -> tuple[int, bytes, bool, str | None]:
    """Take off extension and authentication headers: protocol and payload behind them, whether there was an
    authentication header, and what is wrong, if anything; behind a wrong header there is nothing to be read.

    Lengths: RFC 8200 §4.2 counts units of 8 bytes after the first; RFC 4302 §2.2 counts words of 4 less 2, and
    in IPv6 makes a multiple of 8 of them.
    """
    wrappers = _IPV4_WRAPPERS if family is Family.IPV4 else _IPV6_WRAPPERS
    authenticated = False
    while protocol in wrappers:
        if not payload:
            return protocol, payload, authenticated, "extension header cut short"
        following = payload[0]
        if len(payload) < 8:
            return following, b"", authenticated, "extension header cut short"
        size = (payload[1] + 1) * 8
        if protocol == FRAGMENT:
            size = 8
            fragment = payload[2] << 8 | payload[3]
            if fragment & 0xFFF9:  # as in IPv4
                return following, b"" if fragment & 0xFFF8 else payload[8:], authenticated, "IPv6 fragment"
        elif protocol == PROTOCOL_AH:
            size = (payload[1] + 2) * 4
            authenticated = True
            if size < 12 or (family is Family.IPV6 and size % 8):
                return following, b"", authenticated, "bad authentication header length"
        if size > len(payload):
            return following, b"", authenticated, "extension header cut short"
        protocol = following
        payload = payload[size:]
    return protocol, payload, authenticated, None


def encode(packet: Packet) -> bytes:
    """Write a packet without options, in the traffic class that keepalived uses (internetwork control, 0xc0).

    An authentication header is not written: `authenticated` is a ValueError.
    """
    if packet.authenticated:
        raise ValueError("an authentication header cannot be written without its key")
    addresses = address_bytes(packet.src) + address_bytes(packet.dst)
    if packet.family is Family.IPV6:
        fixed = (0x6C00_0000).to_bytes(4, "big") + len(packet.payload).to_bytes(2, "big")
        return fixed + bytes((packet.protocol, packet.ttl)) + addresses + packet.payload
    total = 20 + len(packet.payload)
    before = b"\x45\xc0" + total.to_bytes(2, "big") + (packet.ip_id or 0).to_bytes(2, "big") + b"\0\0"
    before += bytes((packet.ttl, packet.protocol))
    header_checksum = checksum(before + b"\0\0" + addresses)
    return before + header_checksum.to_bytes(2, "big") + addresses + packet.payload
