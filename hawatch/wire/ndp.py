"""IPv6 neighbour solicitations and advertisements (RFC 4861 §4.3, §4.4)."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.errors import DecodeError
from hawatch.wire.address import address_bytes, address_text, mac_bytes, mac_text
from hawatch.wire.checksum import checksum, ones_sum, pseudo_header_sum
from hawatch.wire.ip import PROTOCOL_ICMPV6, Packet

SOLICITATION, ADVERTISEMENT = 135, 136
_ROUTER, _SOLICITED, _OVERRIDE = 0x80, 0x40, 0x20
_SOURCE_OPTION, _TARGET_OPTION = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourSolicitation:
    """The question who has `target`; `source_mac` is where the asker wants the answer, None if it does not say."""

    target: str
    source_mac: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourAdvertisement:
    """The statement that the sender has `target`, at `target_mac` (None: not said)."""

    target: str
    target_mac: str | None
    router: bool = False
    solicited: bool = False
    override: bool = False

    @property
    def is_unsolicited(self) -> bool:
        """Whether nobody asked: IPv6's gratuitous ARP (RFC 4861 §7.2.6)."""
        return not self.solicited


NeighbourMessage = NeighbourSolicitation | NeighbourAdvertisement


def decode(packet: Packet) -> NeighbourMessage:
    """Read an ICMPv6 packet by the rules of RFC 4861 §7.1; all that they or we do not take is a DecodeError."""
    payload = packet.payload
    if packet.protocol != PROTOCOL_ICMPV6 or not payload or payload[0] not in {SOLICITATION, ADVERTISEMENT}:
        raise DecodeError("not a neighbour message")
    if len(payload) < 24:
        raise DecodeError("neighbour message cut short")
    if packet.ttl != 255:
        raise DecodeError("neighbour message from beyond the link")
    if payload[1] != 0:
        raise DecodeError("neighbour message with a code")
    pseudo_header = pseudo_header_sum(packet.src, packet.dst, PROTOCOL_ICMPV6, len(payload))
    if (ones_sum(payload) + pseudo_header) % 65535:
        raise DecodeError("bad ICMPv6 checksum")
    if payload[8] == 0xFF:
        raise DecodeError("neighbour message about a group")
    target = address_text(payload[8:24])
    if payload[0] == SOLICITATION:
        return NeighbourSolicitation(target=target, source_mac=_link_layer_address(payload, _SOURCE_OPTION))
    flags = payload[4]
    return NeighbourAdvertisement(
        target=target,
        target_mac=_link_layer_address(payload, _TARGET_OPTION),
        router=bool(flags & _ROUTER),
        solicited=bool(flags & _SOLICITED),
        override=bool(flags & _OVERRIDE),
    )


def _link_layer_address(payload: bytes, wanted: int) -> str | None:
    """Find an Ethernet address among the options; their lengths count units of 8 bytes and are never 0."""
    found = None
    at = 24
    while at < len(payload):
        size = payload[at + 1] * 8 if at + 1 < len(payload) else 0
        if size == 0 or at + size > len(payload):
            raise DecodeError("bad option in a neighbour message")
        if payload[at] == wanted and size == 8 and found is None:
            found = mac_text(payload[at + 2 : at + 8])
        at += size
    return found


def encode(message: NeighbourMessage, *, src: str, dst: str) -> bytes:
    """Write the ICMPv6 message, with the checksum for `src` and `dst`."""
    if isinstance(message, NeighbourSolicitation):
        kind, flags, option, mac = SOLICITATION, 0, _SOURCE_OPTION, message.source_mac
    else:
        kind, option, mac = ADVERTISEMENT, _TARGET_OPTION, message.target_mac
        flags = message.router * _ROUTER | message.solicited * _SOLICITED | message.override * _OVERRIDE
    body = bytes((flags, 0, 0, 0)) + address_bytes(message.target)
    if mac is not None:
        body += bytes((option, 1)) + mac_bytes(mac)
    pseudo_header = pseudo_header_sum(src, dst, PROTOCOL_ICMPV6, len(body) + 4)
    value = checksum(bytes((kind, 0, 0, 0)) + body, pseudo_header)
    return bytes((kind, 0)) + value.to_bytes(2, "big") + body
