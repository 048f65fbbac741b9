"""Frames built byte by byte from the RFCs' drawings, without a line of hawatch: the tests' other opinion."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

MULTICAST_MAC = bytes.fromhex("01005e000012")
SENDER_MAC = bytes.fromhex("02000000000a")
GROUP4, GROUP6 = "224.0.0.18", "ff02::12"
HOST4, HOST6 = "192.0.2.1", "fe80::1"


def rfc1071(data: bytes) -> int:
    """The Internet checksum as RFC 1071 §4.1 writes it: add up words, fold the carries, complement."""
    total = 0
    for word in struct.iter_unpack("!H", data + b"\0" * (len(data) % 2)):
        total += word[0]
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def address(text: str) -> bytes:
    return ip_address(text).packed


def pseudo_header(src: str, dst: str, length: int, protocol: int = 112) -> bytes:
    if isinstance(ip_address(src), IPv6Address):
        return address(src) + address(dst) + struct.pack("!IHBB", length, 0, 0, protocol)
    assert isinstance(ip_address(src), IPv4Address)
    return address(src) + address(dst) + struct.pack("!BBH", 0, protocol, length)


def ethernet(payload: bytes, *tags: tuple[int, int], ethertype: int = 0x0800) -> bytes:
    """`tags` are (tag protocol, tag control information), outermost first."""
    shim = b"".join(struct.pack("!HH", protocol, control) for protocol, control in tags)
    return MULTICAST_MAC + SENDER_MAC + shim + struct.pack("!H", ethertype) + payload


def ipv4(
    payload: bytes,
    *,
    src: str = HOST4,
    dst: str = GROUP4,
    ttl: int = 255,
    protocol: int = 112,
    options: bytes = b"",
    total: int | None = None,
    fragment: int = 0,
    ip_id: int = 1,
) -> bytes:
    words = 5 + len(options) // 4
    length = words * 4 + len(payload) if total is None else total
    before = struct.pack("!BBHHHBB", 0x40 | words, 0xC0, length, ip_id, fragment, ttl, protocol)
    after = address(src) + address(dst) + options
    return before + struct.pack("!H", rfc1071(before + b"\0\0" + after)) + after + payload


def ipv6(
    payload: bytes,
    *,
    src: str = HOST6,
    dst: str = GROUP6,
    hop_limit: int = 255,
    next_header: int = 112,
    length: int | None = None,
) -> bytes:
    size = len(payload) if length is None else length
    return (
        struct.pack("!IHBB", 0x6C000000, size, next_header, hop_limit) + address(src) + address(dst) + payload
    )


def vrrp2(
    *vips: str,
    vrid: int = 51,
    priority: int = 100,
    interval: int = 1,
    auth_type: int = 0,
    auth_data: bytes = bytes(8),
    trailer: bytes = b"",
    summed_trailer: bytes = b"",
) -> bytes:
    """RFC 3768 §5.1; the checksum is over the message, and `summed_trailer`."""
    head = struct.pack("!BBBBBB", 0x21, vrid, priority, len(vips), auth_type, interval)
    tail = b"".join(map(address, vips)) + auth_data + summed_trailer
    return head + struct.pack("!H", rfc1071(head + b"\0\0" + tail)) + tail + trailer


def vrrp3(
    *vips: str,
    pseudo: tuple[str, str] | None,
    vrid: int = 51,
    priority: int = 100,
    centiseconds: int = 100,
    reserved: int = 0,
    trailer: bytes = b"",
) -> bytes:
    """RFC 9568 §5.1; `pseudo` are the source and destination of the pseudo header, None for none."""
    head = struct.pack("!BBBBH", 0x31, vrid, priority, len(vips), reserved << 12 | centiseconds)
    tail = b"".join(map(address, vips))
    before = pseudo_header(*pseudo, 8 + len(tail)) if pseudo else b""
    return head + struct.pack("!H", rfc1071(before + head + b"\0\0" + tail)) + tail + trailer


def carp(vhid: int = 51, advskew: int = 0, advbase: int = 1) -> bytes:
    """OpenBSD's struct carp_header: 8 bytes, an 8-byte counter, a 20-byte digest."""
    head = struct.pack("!BBBBBB", 0x21, vhid, advskew, 7, 0, advbase)
    tail = struct.pack("!Q", 42) + bytes(range(20))
    return head + struct.pack("!H", rfc1071(head + b"\0\0" + tail)) + tail


def authentication_header(payload: bytes, *, next_header: int = 112, icv: bytes = bytes(12)) -> bytes:
    """RFC 4302 §2: the length counts 4-byte words, less 2."""
    words = (12 + len(icv)) // 4
    return struct.pack("!BBHII", next_header, words - 2, 0, 0x100, 1) + icv + payload
