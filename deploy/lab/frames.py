"""Frames that outsiders send: VRRP of a foreign router, CARP, gratuitous ARP. Built here, without hawatch.

All give whole Ethernet frames; layouts: RFC 3768 §5.1, RFC 5798 §5.1 and, for CARP, OpenBSD's ip_carp.h.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Sequence

VRRP_GROUP = "224.0.0.18"
VRRP_GROUP6 = "ff02::12"
PROTOCOL = 112
TOS = 0xC0
ETHERTYPE_IPV4, ETHERTYPE_ARP, ETHERTYPE_IPV6 = 0x0800, 0x0806, 0x86DD
BROADCAST = "ff:ff:ff:ff:ff:ff"


def vrrp2(
    *,
    vrid: int,
    priority: int,
    vips: Sequence[str],
    source: str,
    source_mac: str,
    interval: int = 1,
    password: str | None = None,
    group: str = VRRP_GROUP,
    ttl: int = 255,
) -> bytes:
    """A VRRPv2 advertisement; `interval` in seconds, `password` up to eight characters."""
    addresses = b"".join(ipaddress.IPv4Address(vip).packed for vip in vips)
    auth_type, auth = (0, bytes(8)) if password is None else (1, password.encode().ljust(8, b"\0")[:8])
    head = struct.pack("!BBBBBB", 0x21, vrid, priority, len(vips), auth_type, interval)
    # The sum covers the authentication field, too (RFC 3768 §5.3.8).
    body = head + struct.pack("!H", checksum(head + bytes(2) + addresses + auth)) + addresses + auth
    return ipv4(source=source, target=group, ttl=ttl, source_mac=source_mac, payload=body)


def vrrp3(
    *,
    vrid: int,
    priority: int,
    vips: Sequence[str],
    source: str,
    source_mac: str,
    interval: float = 1.0,
    group: str | None = None,
    ttl: int = 255,
) -> bytes:
    """A VRRPv3 advertisement of the family of `source`; `interval` in seconds, sent in centiseconds."""
    sender = ipaddress.ip_address(source)
    target = group or (VRRP_GROUP if sender.version == 4 else VRRP_GROUP6)
    addresses = b"".join(ipaddress.ip_address(vip).packed for vip in vips)
    head = struct.pack("!BBBBH", 0x31, vrid, priority, len(vips), round(interval * 100))
    length = len(head) + 2 + len(addresses)
    pseudo = sender.packed + ipaddress.ip_address(target).packed + struct.pack("!HH", PROTOCOL, length)
    body = head + struct.pack("!H", checksum(pseudo + head + bytes(2) + addresses)) + addresses
    build = ipv4 if sender.version == 4 else ipv6
    return build(source=source, target=target, ttl=ttl, source_mac=source_mac, payload=body)


def carp(*, vhid: int, source: str, source_mac: str, advskew: int = 0, advbase: int = 1) -> bytes:
    """A CARP announcement: the protocol number and group of VRRP, and a counter and digest (here: zeros)."""
    head = struct.pack("!BBBBBB", 0x21, vhid, advskew, 7, 0, advbase)
    rest = bytes(8 + 20)
    body = head + struct.pack("!H", checksum(head + bytes(2) + rest)) + rest
    return ipv4(source=source, target=VRRP_GROUP, ttl=255, source_mac=source_mac, payload=body)


def gratuitous_arp(*, address: str, mac: str) -> bytes:
    """An ARP request for one's own address, as keepalived sends it."""
    packed = ipaddress.IPv4Address(address).packed
    body = struct.pack("!HHBBH", 1, ETHERTYPE_IPV4, 6, 4, 1) + mac_bytes(mac) + packed + bytes(6) + packed
    return ethernet(source=mac, target=BROADCAST, ethertype=ETHERTYPE_ARP, payload=body)


def ipv4(*, source: str, target: str, ttl: int, source_mac: str, payload: bytes) -> bytes:
    packed = ipaddress.IPv4Address(source).packed + ipaddress.IPv4Address(target).packed
    head = struct.pack("!BBHHHBB", 0x45, TOS, 20 + len(payload), 0, 0, ttl, PROTOCOL)
    header = head + struct.pack("!H", checksum(head + bytes(2) + packed)) + packed
    return ethernet(
        source=source_mac, target=group_mac(target), ethertype=ETHERTYPE_IPV4, payload=header + payload
    )


def ipv6(*, source: str, target: str, ttl: int, source_mac: str, payload: bytes) -> bytes:
    header = struct.pack("!IHBB", 6 << 28 | TOS << 20, len(payload), PROTOCOL, ttl)
    header += ipaddress.IPv6Address(source).packed + ipaddress.IPv6Address(target).packed
    return ethernet(
        source=source_mac, target=group_mac(target), ethertype=ETHERTYPE_IPV6, payload=header + payload
    )


def ethernet(*, source: str, target: str, ethertype: int, payload: bytes) -> bytes:
    """An Ethernet frame, padded to the 60 bytes that a real card would make of it."""
    frame = mac_bytes(target) + mac_bytes(source) + struct.pack("!H", ethertype) + payload
    return frame.ljust(60, b"\0")


def group_mac(group: str) -> str:
    """The MAC of an IP multicast group (RFC 1112 §6.4, RFC 2464 §7)."""
    address = ipaddress.ip_address(group)
    if not address.is_multicast:
        raise ValueError(f"{group} is not a multicast group")
    if address.version == 4:
        number = int(address) & 0x7FFFFF
        return mac_text(b"\x01\x00\x5e" + number.to_bytes(3, "big"))
    return mac_text(b"\x33\x33" + address.packed[-4:])


def virtual_mac(vrid: int) -> str:
    """The virtual router's MAC for IPv4 (RFC 9568 §7.3)."""
    return f"00:00:5e:00:01:{vrid:02x}"


def mac_bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def mac_text(mac: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in mac)


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
