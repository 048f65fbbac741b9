"""Frames without their passwords: what is hidden, what stays, and that a decoder sees no difference."""

from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.wire.frame import VrrpFrame, decode_vrrp_frame
from hawatch.wire.link import LinkType
from hawatch.wire.redaction import without_password
from tests import frames_by_hand as hand
from tests import keepalived_frames as real

PASSWORD = b"s3cret99"
VIP = "192.0.2.100"


def kept(frame: bytes, link_type: int = LinkType.ETHERNET) -> bytes:
    left = without_password(link_type, frame)
    assert len(left) == len(frame)
    assert PASSWORD not in left
    return left


def read(frame: bytes) -> VrrpFrame:
    decoded = decode_vrrp_frame(frame)
    assert isinstance(decoded, VrrpFrame)
    return decoded


def secret(*vips: str, **also: object) -> bytes:
    return hand.vrrp2(*(vips or (VIP,)), auth_type=1, auth_data=PASSWORD, **also)  # type: ignore[arg-type]


def test_the_password_that_keepalived_sent_is_gone_and_all_else_reads_the_same() -> None:
    left = without_password(LinkType.ETHERNET, real.V2_PASSWORD)
    before, after = read(real.V2_PASSWORD), read(left)
    assert before.advertisement.auth_data == b"1111\0\0\0\0"
    assert after.advertisement.auth_data == bytes(8)
    assert after.valid
    assert after.advertisement.checksum is before.advertisement.checksum
    assert left[:34] == real.V2_PASSWORD[:34]
    assert after.packet.problems == ()


def test_the_checksum_left_says_nothing_of_the_password() -> None:
    others = [
        hand.vrrp2(VIP, auth_type=1, auth_data=word) for word in (PASSWORD, b"another!", b"x\0\0\0\0\0\0\0")
    ]
    assert len({without_password(LinkType.ETHERNET, hand.ethernet(hand.ipv4(each))) for each in others}) == 1


@pytest.mark.parametrize(
    "frame",
    [real.V2_AH, real.V2_WITHOUT_VIPS, real.V2_OVER_IPV6, real.V3, hand.ethernet(hand.ipv4(hand.carp()))],
    ids=["ah", "no_vips", "ipv6", "v3", "carp"],
)
def test_what_has_no_password_stays_as_it_is(frame: bytes) -> None:
    assert without_password(LinkType.ETHERNET, frame) == frame


@pytest.mark.parametrize(
    "packet",
    [
        hand.ipv4(secret()),
        hand.ipv4(secret(VIP, "192.0.2.101")),
        hand.ipv4(secret(), options=b"\x94\x04\0\0"),
        hand.ipv4(secret(trailer=PASSWORD)),
        hand.ipv4(secret(summed_trailer=PASSWORD)),
        hand.ipv4(secret() + PASSWORD, total=40),
        hand.ipv4(secret(), total=32),
        hand.ipv4(secret(), total=24),
        hand.ipv4(secret(), total=9999),
        hand.ipv4(secret(), fragment=0x2000),
        hand.ipv4(secret(), fragment=0x0001),
        hand.ipv4(hand.authentication_header(secret()), protocol=51),
        hand.ipv4(hand.authentication_header(secret(), icv=bytes(12))[:4] + secret(), protocol=51),
        hand.ipv4(b"\x21\x33\x64\x20\x01\x01\0\0" + PASSWORD),
        hand.ipv4(b"\x11\x33\x64\x01\x01\x01\0\0" + hand.address(VIP) + PASSWORD),
        hand.ipv4(secret()[:2] + PASSWORD),
    ],
    ids=map(str, itertools.count()),
)
def test_no_shape_of_a_packet_keeps_the_password(packet: bytes) -> None:
    kept(hand.ethernet(packet))
    kept(hand.ethernet(packet, (0x8100, 5)))
    kept(packet, LinkType.RAW)


def test_a_wrong_checksum_stays_wrong() -> None:
    message = bytearray(secret())
    message[6] ^= 0x55
    before = read(hand.ethernet(hand.ipv4(bytes(message))))
    after = read(kept(hand.ethernet(hand.ipv4(bytes(message)))))
    assert before.problems == after.problems == ("bad checksum",)


def icmp_error(quoted: bytes, *, ipv6: bool = False) -> bytes:
    head = bytes((1, 4) if ipv6 else (3, 2))
    before = hand.pseudo_header(hand.HOST6, hand.HOST6, 8 + len(quoted), 58) if ipv6 else b""
    total = hand.rfc1071(before + head + bytes(6) + quoted)
    return head + struct.pack("!H", total) + bytes(4) + quoted


@pytest.mark.parametrize("cut", [4, 20, 24, 28, 36, 44, 48])
def test_a_quotation_in_an_icmp_error_keeps_its_headers_alone(cut: int) -> None:
    quoted = hand.ipv4(secret(), dst="192.0.2.2")[:cut]
    left = kept(hand.ethernet(hand.ipv4(icmp_error(quoted), dst="192.0.2.1", protocol=1)))
    message = left[34:]
    assert hand.rfc1071(message) == 0
    assert message[8:28] == quoted[:20]
    assert message[28:34] == quoted[20:26]


def test_a_quotation_over_ipv6_is_cut_too() -> None:
    quoted = hand.ipv6(secret("fe80::100"), dst="fe80::2")
    frame = hand.ethernet(
        hand.ipv6(icmp_error(quoted, ipv6=True), src=hand.HOST6, dst=hand.HOST6, next_header=58),
        ethertype=0x86DD,
    )
    message = kept(frame)[54:]
    assert hand.rfc1071(hand.pseudo_header(hand.HOST6, hand.HOST6, len(message), 58) + message) == 0


def test_a_neighbour_advertisement_and_arp_stay_as_they_are() -> None:
    neighbour = hand.ethernet(hand.ipv6(b"\x88" + bytes(31), next_header=58), ethertype=0x86DD)
    arp = hand.ethernet(PASSWORD * 4, ethertype=0x0806)
    assert without_password(LinkType.ETHERNET, neighbour) == neighbour
    assert without_password(LinkType.ETHERNET, arp) == arp


@given(st.binary(max_size=120), st.sampled_from([LinkType.ETHERNET, LinkType.RAW]))
def test_no_frame_makes_it_raise_or_changes_its_length(frame: bytes, link_type: LinkType) -> None:
    assert len(without_password(link_type, frame)) == len(frame)


@given(st.binary(min_size=20, max_size=120), st.sampled_from([1, 51, 112]), st.integers(0, 15))
def test_no_ipv4_packet_makes_it_raise(packet: bytes, protocol: int, words: int) -> None:
    shaped = bytes((0x40 | words,)) + packet[1:9] + bytes((protocol,)) + packet[10:]
    assert len(without_password(LinkType.RAW, shaped)) == len(shaped)


@given(
    st.sampled_from(
        [
            hand.ethernet(hand.ipv4(secret())),
            hand.ethernet(hand.ipv4(hand.authentication_header(secret()), protocol=51)),
        ]
    ),
    st.integers(min_value=12, max_value=41),
    st.integers(min_value=0, max_value=255),
)
def test_one_damaged_byte_of_the_headers_does_not_bring_the_password_back(
    frame: bytes, at: int, value: int
) -> None:
    damaged = frame[:at] + bytes((value,)) + frame[at + 1 :]
    left = without_password(LinkType.ETHERNET, damaged)
    if PASSWORD in left:  # then it is no VRRPv2 any more, nor anything that the sniffer would be given
        assert at in {12, 13, 23} or (at == 14 and value >> 4 != 4) or (at == 34 and value >> 4 == 3)
