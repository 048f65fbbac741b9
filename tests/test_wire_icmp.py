from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6ParamProblem, IPv6

from hawatch.errors import DecodeError
from hawatch.wire import ethernet, icmp, ip
from hawatch.wire.icmp import RefusedDatagram
from hawatch.wire.ip import Packet, decode_ipv4, decode_ipv6
from tests import keepalived_frames as real
from tests.decoding import outcome
from tests.frames_by_hand import authentication_header, ipv4, ipv6, vrrp2, vrrp3

OURS, PEER = "192.0.2.1", "192.0.2.2"
OURS6, PEER6 = "2001:db8::1", "2001:db8::2"


def refused4(quotation: bytes, *, kind: int = 3, code: int = 2) -> Packet:
    return decode_ipv4(bytes(IP(src=PEER, dst=OURS) / ICMP(type=kind, code=code) / quotation))


def refused6(message: object, quotation: bytes) -> Packet:
    return decode_ipv6(bytes(IPv6(src=PEER6, dst=OURS6) / message / quotation))


def test_the_kernel_of_a_peer_without_keepalived_refuses_protocol_112() -> None:
    packet = ip.decode(ethernet.decode(real.ICMP_REFUSAL))
    assert icmp.decode(packet) == RefusedDatagram(src=OURS, dst=PEER, protocol=112)
    assert packet.src == PEER


def test_the_kernel_refuses_it_over_ipv6_as_an_unknown_next_header() -> None:
    packet = ip.decode(ethernet.decode(real.ICMPV6_REFUSAL))
    assert icmp.decode(packet) == RefusedDatagram(src=OURS6, dst=PEER6, protocol=112)


@pytest.mark.parametrize("kept", [28, 31, 40])
def test_a_quotation_may_be_cut_short(kept: int) -> None:
    quotation = ipv4(vrrp2("192.0.2.100"), src=OURS, dst=PEER)[:kept]
    assert icmp.decode(refused4(quotation)) == RefusedDatagram(src=OURS, dst=PEER, protocol=112)


def test_vrrp_under_an_authentication_header_is_told() -> None:
    quotation = ipv4(authentication_header(vrrp2("192.0.2.100")), src=OURS, dst=PEER, protocol=51)
    assert icmp.decode(refused4(quotation)).protocol == 112
    assert icmp.decode(refused4(quotation[:28])).protocol == 112


def test_another_protocol_is_told_by_its_number() -> None:
    assert icmp.decode(refused4(ipv4(b"x" * 8, protocol=89))).protocol == 89


def test_port_unreachable_counts_over_ipv6() -> None:
    quotation = ipv6(vrrp3("::1", pseudo=None), src=OURS6, dst=PEER6)
    for message in (ICMPv6DestUnreach(code=4), ICMPv6ParamProblem(code=1, ptr=6)):
        assert icmp.decode(refused6(message, quotation)) == RefusedDatagram(
            src=OURS6, dst=PEER6, protocol=112
        )


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (refused4(ipv4(b""), code=3), "not a refusal of a protocol"),
        (refused4(ipv4(b""), kind=8, code=0), "not a refusal of a protocol"),
        (refused6(ICMPv6DestUnreach(code=0), ipv6(b"")), "not a refusal of a protocol"),
        (decode_ipv4(ipv4(b"\3\2", protocol=1)), "not a refusal of a protocol"),
        (decode_ipv4(ipv4(b"\3\2\0\0\0\0\0\0" + ipv4(b""), protocol=1)), "bad ICMP checksum"),
        (refused4(ipv4(b"")[:19]), "IPv4 header cut short"),
    ],
)
def test_other_messages_are_refused(packet: Packet, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        icmp.decode(packet)
    assert caught.value.reason == reason


@given(st.binary(max_size=60))
def test_any_quotation_decodes_or_is_refused(quotation: bytes) -> None:
    for packet in (refused4(quotation), refused6(ICMPv6ParamProblem(code=1), quotation)):
        assert outcome(icmp.decode, packet)
