from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether

from hawatch.errors import DecodeError
from hawatch.wire import ethernet
from hawatch.wire.ethernet import Frame
from tests.decoding import outcome
from tests.frames_by_hand import ethernet as by_hand

frames = st.builds(
    Frame,
    dst_mac=st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":")),
    src_mac=st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":")),
    vlans=st.lists(st.integers(0, 4095), max_size=4).map(tuple),
    ethertype=st.integers(0x0600, 0xFFFF).filter(lambda number: number not in ethernet.TAGS),
    payload=st.binary(max_size=60),
)


def test_a_plain_frame_is_read() -> None:
    assert ethernet.decode(by_hand(b"hello")) == Frame(
        dst_mac="01:00:5e:00:00:12",
        src_mac="02:00:00:00:00:0a",
        vlans=(),
        ethertype=0x0800,
        payload=b"hello",
    )


@pytest.mark.parametrize("protocol", [0x8100, 0x88A8, 0x9100])
def test_every_kind_of_tag_is_taken_off(protocol: int) -> None:
    frame = ethernet.decode(by_hand(b"hello", (protocol, 100)))
    assert (frame.vlans, frame.ethertype, frame.payload) == ((100,), 0x0800, b"hello")


def test_tags_come_outermost_first_and_without_their_priority_bits() -> None:
    frame = ethernet.decode(by_hand(b"", (0x88A8, 0xE000 | 200), (0x8100, 0x1000 | 30), (0x8100, 4)))
    assert frame.vlans == (200, 30, 4)


def test_a_frame_cut_short_is_refused() -> None:
    with pytest.raises(DecodeError, match="Ethernet header cut short"):
        ethernet.decode(bytes(13))
    with pytest.raises(DecodeError, match="VLAN tag cut short"):
        ethernet.decode(by_hand(b"")[:12] + b"\x81\x00\x00")


@given(frames)
def test_what_is_encoded_is_decoded(frame: Frame) -> None:
    assert ethernet.decode(ethernet.encode(frame)) == frame


@given(st.binary(max_size=80))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    assert outcome(ethernet.decode, data)


def test_scapy_reads_what_is_encoded_and_writes_what_is_decoded() -> None:
    frame = Frame(
        dst_mac="01:00:5e:00:00:12",
        src_mac="02:00:00:00:00:0a",
        vlans=(200, 30),
        ethertype=0x1234,
        payload=b"x",
    )
    theirs = (
        Ether(dst=frame.dst_mac, src=frame.src_mac) / Dot1AD(vlan=200) / Dot1Q(vlan=30, type=0x1234) / b"x"
    )
    assert bytes(theirs) == ethernet.encode(frame)
    assert ethernet.decode(bytes(theirs)) == frame
