"""The kinds of link that a capture can come from, and what they carried."""

from __future__ import annotations

from enum import IntEnum

from hawatch.errors import DecodeError
from hawatch.wire import ethernet
from hawatch.wire.address import mac_text
from hawatch.wire.ethernet import ETHERTYPE_IPV4, ETHERTYPE_IPV6, Frame

# How the BSDs number IPv6 in the loopback header; IPv4 is 2 everywhere.
LOOPBACK_IPV6 = frozenset({10, 24, 28, 30})


class LinkType(IntEnum):
    """The link-layer header types of pcap and pcapng that are read here, by their registered numbers."""

    NULL = 0
    ETHERNET = 1
    RAW_BSD = 12
    RAW_OPENBSD = 14
    RAW = 101
    LOOP = 108
    LINUX_SLL = 113
    IPV4 = 228
    IPV6 = 229
    LINUX_SLL2 = 276


def decode(link_type: int, data: bytes) -> Frame:
    """Read one captured frame; raises DecodeError, for a link type that is not in LinkType too."""
    match link_type:
        case LinkType.ETHERNET:
            return ethernet.decode(data)
        case LinkType.LINUX_SLL:
            return _cooked(data, header=16, protocol_at=14, mac_length_at=5, mac_at=6)
        case LinkType.LINUX_SLL2:
            return _cooked(data, header=20, protocol_at=0, mac_length_at=11, mac_at=12)
        case LinkType.NULL | LinkType.LOOP:
            return _loopback(data)
        case LinkType.RAW | LinkType.RAW_BSD | LinkType.RAW_OPENBSD | LinkType.IPV4 | LinkType.IPV6:
            return _raw(data)
    raise DecodeError(f"link type {link_type} is not supported")


def _cooked(data: bytes, *, header: int, protocol_at: int, mac_length_at: int, mac_at: int) -> Frame:
    """Linux's "any" device: the sender's address and the protocol; both versions put the length in one byte."""
    if len(data) < header:
        raise DecodeError("cooked header cut short")
    ethertype = data[protocol_at] << 8 | data[protocol_at + 1]
    vlans, ethertype, payload = ethernet.untag(ethertype, data[header:])
    src_mac = mac_text(data[mac_at : mac_at + 6]) if data[mac_length_at] == 6 else ""
    return Frame(dst_mac="", src_mac=src_mac, vlans=vlans, ethertype=ethertype, payload=payload)


def _loopback(data: bytes) -> Frame:
    """Four bytes of address family, in the byte order of the machine that captured (NULL) or the network's."""
    if len(data) < 4:
        raise DecodeError("loopback header cut short")
    number = min(int.from_bytes(data[:4], "big"), int.from_bytes(data[:4], "little"))
    if number == 2:
        ethertype = ETHERTYPE_IPV4
    elif number in LOOPBACK_IPV6:
        ethertype = ETHERTYPE_IPV6
    else:
        raise DecodeError("not IP")
    return Frame(dst_mac="", src_mac="", vlans=(), ethertype=ethertype, payload=data[4:])


def _raw(data: bytes) -> Frame:
    version = data[0] >> 4 if data else 0
    if version not in {4, 6}:
        raise DecodeError("not IP")
    ethertype = ETHERTYPE_IPV4 if version == 4 else ETHERTYPE_IPV6
    return Frame(dst_mac="", src_mac="", vlans=(), ethertype=ethertype, payload=data)
