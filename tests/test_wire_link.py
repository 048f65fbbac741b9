from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.wire import link
from hawatch.wire.ethernet import Frame
from hawatch.wire.link import LinkType
from tests.decoding import outcome
from tests.frames_by_hand import ethernet, ipv4, ipv6

PACKET4, PACKET6 = ipv4(b"x"), ipv6(b"x")


def bare(ethertype: int, payload: bytes, *, src_mac: str = "", vlans: tuple[int, ...] = ()) -> Frame:
    return Frame(dst_mac="", src_mac=src_mac, vlans=vlans, ethertype=ethertype, payload=payload)


def test_ethernet_is_a_link_type_too() -> None:
    assert link.decode(1, ethernet(PACKET4)).src_mac == "02:00:00:00:00:0a"


@pytest.mark.parametrize("kind", [LinkType.RAW, LinkType.RAW_BSD, LinkType.RAW_OPENBSD])
def test_raw_ip_tells_its_version_itself(kind: LinkType) -> None:
    assert link.decode(kind, PACKET4) == bare(0x0800, PACKET4)
    assert link.decode(kind, PACKET6) == bare(0x86DD, PACKET6)


def test_raw_ip_of_one_version_is_read() -> None:
    assert link.decode(LinkType.IPV4, PACKET4) == bare(0x0800, PACKET4)
    assert link.decode(LinkType.IPV6, PACKET6) == bare(0x86DD, PACKET6)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("number", [10, 24, 28, 30])
def test_loopback_headers_are_read_in_both_byte_orders(order: str, number: int) -> None:
    assert link.decode(LinkType.NULL, struct.pack(order + "I", 2) + PACKET4) == bare(0x0800, PACKET4)
    assert link.decode(LinkType.NULL, struct.pack(order + "I", number) + PACKET6) == bare(0x86DD, PACKET6)


def test_cooked_captures_keep_the_senders_mac() -> None:
    head = struct.pack("!HHH8sH", 4, 1, 6, bytes.fromhex("02000000000a0000"), 0x0800)
    assert link.decode(LinkType.LINUX_SLL, head + PACKET4) == bare(
        0x0800, PACKET4, src_mac="02:00:00:00:00:0a"
    )


def test_cooked_captures_of_the_second_version_are_read() -> None:
    head = struct.pack("!HHIHBB8s", 0x86DD, 0, 3, 1, 0, 6, bytes.fromhex("02000000000a0000"))
    assert link.decode(LinkType.LINUX_SLL2, head + PACKET6) == bare(
        0x86DD, PACKET6, src_mac="02:00:00:00:00:0a"
    )


def test_cooked_captures_carry_tags() -> None:
    head = struct.pack("!HHH8sH", 0, 1, 6, bytes.fromhex("02000000000a0000"), 0x8100)
    tagged = head + struct.pack("!HH", 7, 0x0800) + PACKET4
    assert link.decode(LinkType.LINUX_SLL, tagged) == bare(
        0x0800, PACKET4, src_mac="02:00:00:00:00:0a", vlans=(7,)
    )


def test_a_cooked_frame_of_a_tunnel_has_no_mac() -> None:
    head = struct.pack("!HHH8sH", 4, 778, 4, bytes(8), 0x0800)
    assert link.decode(LinkType.LINUX_SLL, head + PACKET4).src_mac == ""


def test_a_link_type_nobody_reads_here_is_refused_by_number() -> None:
    with pytest.raises(DecodeError, match="link type 127 is not supported"):
        link.decode(127, PACKET4)


@given(st.sampled_from([*LinkType, 127]), st.binary(max_size=60))
def test_any_bytes_decode_or_are_refused(kind: int, data: bytes) -> None:
    assert outcome(link.decode, kind, data)
