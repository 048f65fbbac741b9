from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet

from hawatch.evidence import ProbeAnswer
from hawatch.observers.arp_probe.question import Answer, Question, read_answer, write_question

HERE, THERE = "02:00:00:00:00:01", "02:00:00:00:00:02"
VIP, VIP6 = "192.0.2.100", "2001:db8::1:2:3"


def test_an_ipv4_question_is_a_broadcast_arp_request_from_the_sender() -> None:
    frame = Ether(write_question(VIP, sender="192.0.2.1", sender_mac=HERE))
    assert (frame.dst, frame.src) == ("ff:ff:ff:ff:ff:ff", HERE)
    assert (frame[ARP].op, frame[ARP].psrc, frame[ARP].hwsrc, frame[ARP].pdst) == (1, "192.0.2.1", HERE, VIP)


def test_an_ipv6_question_is_a_solicitation_to_the_addresses_group() -> None:
    frame = Ether(write_question(VIP6, sender="fe80::1", sender_mac=HERE))
    assert (frame.dst, frame.src) == ("33:33:ff:02:00:03", HERE)
    assert (frame[IPv6].src, frame[IPv6].dst, frame[IPv6].hlim) == ("fe80::1", "ff02::1:ff02:3", 255)
    assert frame[ICMPv6ND_NS].tgt == VIP6
    assert frame[ICMPv6NDOptSrcLLAddr].lladdr == HERE
    checksum = frame[ICMPv6ND_NS].cksum
    del frame[ICMPv6ND_NS].cksum
    assert Ether(bytes(frame))[ICMPv6ND_NS].cksum == checksum


def neighbour(*, solicited: int, option: bool = True) -> Packet:
    message = IPv6(src=VIP6, dst="fe80::1", hlim=255) / ICMPv6ND_NA(tgt=VIP6, S=solicited)
    return message / ICMPv6NDOptDstLLAddr(lladdr="00:00:5e:00:02:33") if option else message


@pytest.mark.parametrize(
    ("packet", "answer"),
    [
        (
            ARP(op=2, hwsrc=THERE, psrc=VIP, pdst="192.0.2.1"),
            Answer(address=VIP, mac=THERE, asker="192.0.2.1"),
        ),
        (ARP(op=2, hwsrc=THERE, psrc=VIP, pdst="0.0.0.0"), Answer(address=VIP, mac=THERE, asker="0.0.0.0")),
        (neighbour(solicited=1), Answer(address=VIP6, mac="00:00:5e:00:02:33", asker="fe80::1")),
        (neighbour(solicited=1, option=False), Answer(address=VIP6, mac=THERE, asker="fe80::1")),
        (neighbour(solicited=0), None),
        (ARP(op=2, hwsrc=THERE, psrc=VIP, pdst=VIP), None),
        (ARP(op=1, hwsrc=THERE, psrc=VIP, pdst="192.0.2.1"), None),
    ],
)
def test_only_what_was_asked_for_is_an_answer(packet: Packet, answer: Answer | None) -> None:
    assert read_answer(bytes(Ether(src=THERE, dst=HERE) / packet)) == answer


@given(st.binary(max_size=120))
def test_no_frame_makes_it_raise(data: bytes) -> None:
    answer = read_answer(data)
    assert answer is None or answer.address


def test_answers_are_told_by_mac() -> None:
    question = Question(address=VIP, asked_at=1.0)
    question.counts.update([THERE, HERE, THERE])
    assert question.answers == (ProbeAnswer(mac=HERE, count=1), ProbeAnswer(mac=THERE, count=2))
