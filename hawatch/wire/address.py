"""Addresses on the wire and as canonical text.

Text forms are cached: a network has few talkers, and each is seen again and again. The caches are bounded, so
that a flood of invented addresses costs time and not memory.
"""

from __future__ import annotations

from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from hawatch.wire.family import Family

ADDRESS_SIZE = {Family.IPV4: 4, Family.IPV6: 16}
REMEMBERED = 8192
"""More than the 5,100 addresses that 255 virtual routers of 20 have: told in turn, one too many is none."""
BROADCAST_MAC = "ff:ff:ff:ff:ff:ff"
VRRP_GROUP_IPV4 = "224.0.0.18"
VRRP_GROUP_IPV6 = "ff02::12"


@lru_cache(maxsize=REMEMBERED)
def address_text(raw: bytes) -> str:
    """Give the canonical text of 4 (IPv4) or 16 (IPv6) bytes; any other number of bytes is a ValueError."""
    return inet_ntop(AF_INET if len(raw) == 4 else AF_INET6, raw)


@lru_cache(maxsize=REMEMBERED)
def address_bytes(text: str) -> bytes:
    """Give the 4 or 16 bytes of an address in text; what is not an address is an OSError."""
    return inet_pton(AF_INET6 if ":" in text else AF_INET, text)


@lru_cache(maxsize=1024)
def address_list(raw: bytes, size: int) -> tuple[str, ...]:
    """Give the canonical texts of addresses that lie one after the other, `size` bytes each."""
    return tuple(address_text(raw[at : at + size]) for at in range(0, len(raw), size))


def family_of(text: str) -> Family:
    """Tell the family of an address in text by its colons."""
    return Family.IPV6 if ":" in text else Family.IPV4


@lru_cache(maxsize=REMEMBERED)
def is_multicast(text: str) -> bool:
    """Tell whether an address names a group (RFC 5771: 224.0.0.0/4; RFC 4291 §2.7: ff00::/8)."""
    first = address_bytes(text)[0]
    return first == 0xFF if ":" in text else 0xE0 <= first <= 0xEF


def mac_text(raw: bytes) -> str:
    """Give a link-layer address in lower-case hexadecimal with colons."""
    return raw.hex(":")


def mac_bytes(text: str) -> bytes:
    """Give the bytes of a MAC written with colons; what is not hexadecimal is a ValueError."""
    return bytes.fromhex(text.replace(":", ""))


def multicast_mac(group: str) -> str:
    """Give the MAC that frames for an IP group are sent to (RFC 1112 §6.4, RFC 2464 §7)."""
    raw = address_bytes(group)
    if len(raw) == 16:
        return mac_text(b"\x33\x33" + raw[12:])
    return mac_text(bytes((0x01, 0x00, 0x5E, raw[1] & 0x7F, raw[2], raw[3])))


def solicited_node(target: str) -> str:
    """Give the group in which the owner of an IPv6 address hears neighbour solicitations (RFC 4291 §2.7.1)."""
    return address_text(address_bytes("ff02::1:ff00:0")[:13] + address_bytes(target)[13:])
