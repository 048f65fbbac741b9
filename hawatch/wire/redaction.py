"""Frames that may be kept: as they were on the wire, but for the passwords in them.

A password travels in the authentication data of VRRPv2 (RFC 2338 §5.3.6), and again in every ICMP message that quotes
such a packet. It is overwritten with zeros, and the checksums over it are made anew, in the form that the sender
used: left as they were they would tell 16 bits of it.
"""

from __future__ import annotations

from dataclasses import replace

from hawatch.errors import DecodeError
from hawatch.wire import ip, link, vrrp
from hawatch.wire.carp import is_carp
from hawatch.wire.checksum import checksum, pseudo_header_sum
from hawatch.wire.ethernet import ETHERTYPE_IPV4, ETHERTYPE_IPV6
from hawatch.wire.ip import PROTOCOL_AH, PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_VRRP, Packet, PacketError
from hawatch.wire.ndp import ADVERTISEMENT
from hawatch.wire.vrrp import HEADER_SIZE

_QUOTATION = 8
"""Bytes of an ICMP error before the packet that it quotes, and of a quoted packet's payload that may stay."""
_CHECKSUM = slice(6, 8)


def without_password(link_type: int, data: bytes) -> bytes:
    """The frame as it may be kept, of the same length; of what is damaged, more is overwritten than need be."""
    try:
        frame = link.decode(link_type, data)
    except DecodeError:
        return data
    if frame.ethertype not in {ETHERTYPE_IPV4, ETHERTYPE_IPV6}:
        return data
    start = len(data) - len(frame.payload)
    try:
        packet, damaged = ip.decode(frame), False
    except PacketError as error:
        packet, damaged = error.packet, True
    except DecodeError:
        return data
    header = min(_header_size(frame.payload), len(frame.payload))
    end = min(start + _total_size(frame.payload), len(data))
    message = end - len(packet.payload)
    wrapped = packet.authenticated or packet.protocol == PROTOCOL_AH
    if packet.protocol == PROTOCOL_VRRP and packet.payload:
        kept = _damaged(packet.payload) if damaged else _message(packet)
        return data[:message] + kept + bytes(len(data) - end)
    is_icmp = packet.protocol in {PROTOCOL_ICMP, PROTOCOL_ICMPV6}
    if packet.protocol == PROTOCOL_VRRP or wrapped or (is_icmp and not packet.payload):
        return data[: start + header] + bytes(len(data) - start - header)
    if is_icmp:
        return data[:message] + _without_quotation(packet) + data[end:]
    return data


def _header_size(packet: bytes) -> int:
    return (packet[0] & 0x0F) * 4 if packet[0] >> 4 == 4 else 40


def _total_size(packet: bytes) -> int:
    if packet[0] >> 4 == 4:
        return int.from_bytes(packet[2:4], "big")
    return 40 + int.from_bytes(packet[4:6], "big")


def _message(packet: Packet) -> bytes:
    """What protocol 112 carries; CARP has a digest, and version 3 at the most an appended one."""
    payload = packet.payload
    if is_carp(payload) or (payload and payload[0] >> 4 == 3):
        return payload
    try:
        said, _ = vrrp.read(packet)
    except DecodeError:
        return _damaged(payload)
    if not any(said.auth_data) and not said.trailing_bytes:
        return payload
    hidden = replace(said, auth_data=bytes(len(said.auth_data)))
    return vrrp.encode(hidden, src=packet.src, dst=packet.dst, trailer=bytes(said.trailing_bytes))


def _damaged(payload: bytes) -> bytes:
    """The header alone: where a password would lie cannot be told. Of version 3, which has none, all of it."""
    if payload and payload[0] >> 4 == 3:
        return payload
    head = bytearray(payload[:HEADER_SIZE])
    head[_CHECKSUM] = bytes(len(head[_CHECKSUM]))
    return bytes(head) + bytes(max(0, len(payload) - HEADER_SIZE))


def _without_quotation(packet: Packet) -> bytes:
    """An ICMP error with no more of the packet that it quotes than the headers, and a checksum that fits."""
    payload = packet.payload
    if packet.protocol == PROTOCOL_ICMPV6 and payload[:1] == bytes((ADVERTISEMENT,)):
        return payload
    quoted = payload[_QUOTATION:]
    if not quoted:
        return payload
    stays = _QUOTATION + _header_size(quoted) + _QUOTATION
    kept = bytearray(payload[:stays])
    if len(kept) == stays:
        kept[-2:] = bytes(2)  # VRRP's checksum
    kept += bytes(len(payload) - len(kept))
    kept[2:4] = bytes(2)
    pseudo = 0
    if packet.protocol == PROTOCOL_ICMPV6:
        pseudo = pseudo_header_sum(packet.src, packet.dst, PROTOCOL_ICMPV6, len(kept))
    kept[2:4] = checksum(bytes(kept), pseudo).to_bytes(2, "big")
    return bytes(kept)
