"""ICMP's word that a host lives and has nobody who speaks a protocol."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.errors import DecodeError
from hawatch.wire.checksum import ones_sum, pseudo_header_sum
from hawatch.wire.ip import PROTOCOL_ICMP, PROTOCOL_ICMPV6, Packet, PacketError, decode_ipv4, decode_ipv6

# Type and code: RFC 792 destination unreachable, protocol; RFC 4443 §3.1 port unreachable and §3.4 unrecognized
# next header, which is what Linux sends for a protocol that no socket takes.
_REFUSALS = {PROTOCOL_ICMP: {(3, 2)}, PROTOCOL_ICMPV6: {(1, 4), (4, 1)}}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedDatagram:
    """The datagram that a host quotes when it says that nothing there takes its protocol.

    `protocol` is what was inside extension and authentication headers, as far as the quotation shows it.
    """

    src: str
    dst: str
    protocol: int


def decode(packet: Packet) -> RefusedDatagram:
    """Read such a message; every other is a DecodeError. The packet's source is the host that refused."""
    payload = packet.payload
    if len(payload) < 8 or (payload[0], payload[1]) not in _REFUSALS.get(packet.protocol, set()):
        raise DecodeError("not a refusal of a protocol")
    pseudo_header = 0
    if packet.protocol == PROTOCOL_ICMPV6:
        pseudo_header = pseudo_header_sum(packet.src, packet.dst, PROTOCOL_ICMPV6, len(payload))
    if (ones_sum(payload) + pseudo_header) % 65535:
        raise DecodeError("bad ICMP checksum")
    quoted = _quoted(packet.protocol, payload[8:])
    return RefusedDatagram(src=quoted.src, dst=quoted.dst, protocol=quoted.protocol)


def _quoted(protocol: int, data: bytes) -> Packet:
    """Read a quotation, which is usually cut short behind its header."""
    try:
        return decode_ipv4(data) if protocol == PROTOCOL_ICMP else decode_ipv6(data)
    except PacketError as error:
        return error.packet
