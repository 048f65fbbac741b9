"""Ethernet II frames and the VLAN tags in them."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.errors import DecodeError
from hawatch.wire.address import mac_bytes, mac_text

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_ARP = 0x0806
ETHERTYPE_IPV6 = 0x86DD

# 802.1Q, 802.1ad (QinQ), and the number that switches used for QinQ before there was a standard.
TAGS = frozenset({0x8100, 0x88A8, 0x9100})


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a link carried. `vlans` are the tags' VIDs, outermost first.

    A MAC is empty where the kind of link has none (raw IP) or the capture did not keep it (cooked captures keep
    the sender's only).
    """

    dst_mac: str
    src_mac: str
    vlans: tuple[int, ...]
    ethertype: int
    payload: bytes


def decode(data: bytes) -> Frame:
    """Read an Ethernet II frame through any number of tags; raises DecodeError."""
    if len(data) < 14:
        raise DecodeError("Ethernet header cut short")
    ethertype = data[12] << 8 | data[13]
    vlans: tuple[int, ...] = ()
    payload = data[14:]
    if ethertype in TAGS:
        vlans, ethertype, payload = untag(ethertype, payload)
    return Frame(
        dst_mac=mac_text(data[:6]),
        src_mac=mac_text(data[6:12]),
        vlans=vlans,
        ethertype=ethertype,
        payload=payload,
    )


def untag(ethertype: int, payload: bytes) -> tuple[tuple[int, ...], int, bytes]:
    """Take off VLAN tags (IEEE 802.1Q §9.3); gives the VIDs, the ethertype behind them and the rest."""
    vlans = []
    at = 0
    while ethertype in TAGS:
        if len(payload) < at + 4:
            raise DecodeError("VLAN tag cut short")
        vlans.append((payload[at] & 0x0F) << 8 | payload[at + 1])
        ethertype = payload[at + 2] << 8 | payload[at + 3]
        at += 4
    return tuple(vlans), ethertype, payload[at:]


def encode(frame: Frame) -> bytes:
    """Write a frame without padding; one tag is 802.1Q, of several all but the innermost are 802.1ad."""
    tags = b""
    for depth, vlan in enumerate(frame.vlans, start=1):
        tag = 0x8100 if depth == len(frame.vlans) else 0x88A8
        tags += tag.to_bytes(2, "big") + vlan.to_bytes(2, "big")
    macs = mac_bytes(frame.dst_mac) + mac_bytes(frame.src_mac)
    return macs + tags + frame.ethertype.to_bytes(2, "big") + frame.payload
