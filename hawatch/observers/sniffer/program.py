"""Which frames the kernel hands to the sniffer; all others cost it nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum

from hawatch.observers.packet.bpf import (
    WHOLE_FRAME,
    Step,
    among,
    assemble,
    drop_other_vlans,
    finish,
    if_any_bit,
    if_at_least,
    if_equal,
    if_remembered,
    keep_bits,
    load_byte,
    load_byte_behind,
    load_half,
    load_half_behind,
    load_word,
    measure_ipv4_header,
    remember,
)

VRRP, AH, ICMP, ICMPV6, HOP_BY_HOP, DESTINATION_OPTIONS = 112, 51, 1, 58, 0, 60


class Part(Enum):
    """Which of the frames a socket hears: all, or one of two parts of them.

    The rest are VRRP and CARP that speak of other VRIDs than ours, without an authentication or extension header.
    """

    ALL = "all"
    OURS = "ours"
    REST = "rest"


_BY_ETHERTYPE: list[Step] = [
    load_half(12),
    if_equal(0x0800, then="ipv4"),
    if_equal(0x86DD, then="ipv6"),
    if_equal(0x0806, otherwise="drop"),
    # Gratuitous ARP: the sender asks for, or answers about, its own address.
    load_word(28),
    remember(),
    load_word(38),
    if_remembered(then="keep", otherwise="drop"),
]

_BY_VERSION: list[Step] = [  # a device without link-layer headers
    load_byte(0),
    keep_bits(0xF0),
    if_equal(0x40, then="ipv4"),
    if_equal(0x60, then="ipv6", otherwise="drop"),
]


def _ip(start: int) -> list[Step]:
    """IPv4 and IPv6 packets that begin at byte `start`."""
    return [
        "ipv4",
        load_byte(start + 9),
        if_equal(VRRP, then="ipv4 vrrp"),
        if_equal(AH, then="ipv4 wrapped"),
        if_equal(ICMP, otherwise="drop"),
        load_half(start + 6),
        if_any_bit(0x1FFF, then="drop"),  # a later fragment
        measure_ipv4_header(start),
        load_half_behind(start),
        if_equal(0x0302, otherwise="drop"),  # destination unreachable, protocol
        load_byte_behind(start + 8 + 9),  # of the packet that it quotes
        if_equal(VRRP, then="keep", otherwise="drop"),
        "ipv4 wrapped",
        measure_ipv4_header(start),
        load_byte_behind(start),
        if_equal(VRRP, then="keep", otherwise="drop"),
        "ipv6",
        load_byte(start + 6),
        if_equal(VRRP, then="ipv6 vrrp"),
        if_equal(ICMPV6, then="icmpv6"),
        if_equal(AH, then="ipv6 wrapped"),
        if_equal(HOP_BY_HOP, then="ipv6 wrapped"),
        if_equal(DESTINATION_OPTIONS, otherwise="drop"),
        "ipv6 wrapped",
        load_byte(start + 40),
        if_equal(VRRP, then="keep", otherwise="drop"),
        "icmpv6",
        load_half(start + 40),
        if_equal(136 << 8, then="neighbour advertisement"),
        if_equal(0x0104, then="quotation"),  # destination unreachable, port
        if_equal(0x0401, otherwise="drop"),  # parameter problem, next header
        "quotation",
        load_byte(start + 40 + 8 + 6),
        if_equal(VRRP, then="keep", otherwise="drop"),
        "neighbour advertisement",
        load_byte(start + 40 + 4),
        if_any_bit(0x40, then="drop", otherwise="keep"),  # somebody asked for it
    ]


def _vrrp(start: int, vrids: Collection[int]) -> Iterator[Step]:
    """Whose VRRP packet it is, by its VRID; without VRIDs all are ours."""
    if not vrids:
        yield from ("ipv4 vrrp", "ipv6 vrrp", if_at_least(0, then="keep"))
        return
    yield "ipv6 vrrp"
    yield load_byte(start + 40 + 1)
    yield if_at_least(0, then="vrid")
    yield "ipv4 vrrp"
    yield measure_ipv4_header(start)
    yield load_byte_behind(start + 1)
    yield "vrid"
    yield from among(vrids, then="keep", otherwise="other")


def _ends(part: Part) -> list[Step]:
    ours, others = part is not Part.REST, part is not Part.OURS
    return [
        "drop",
        finish(0),
        "other",
        finish(WHOLE_FRAME if others else 0),
        "keep",
        finish(WHOLE_FRAME if ours else 0),
    ]


def ethernet_program(part: Part = Part.ALL, vrids: Collection[int] = ()) -> bytes:
    """VRRP and CARP, also behind one authentication or extension header, refusals of them, announced addresses."""
    return assemble([*drop_other_vlans(), *_BY_ETHERTYPE, *_ip(14), *_vrrp(14, vrids), *_ends(part)])


def bare_ip_program(part: Part = Part.ALL, vrids: Collection[int] = ()) -> bytes:
    """The same for a device whose frames begin with the IP header."""
    return assemble([*_BY_VERSION, *_ip(0), *_vrrp(0, vrids), *_ends(part)])
