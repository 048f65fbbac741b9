"""The capture filter, run by the kernel itself on a socket pair, against tcpdump's idea of the same words."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoRequest,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6ParamProblem,
    IPv6,
    IPv6ExtHdrHopByHop,
)
from scapy.layers.ipsec import AH
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet, Raw

from hawatch.observers.packet import bpf
from hawatch.observers.packet.bpf import MOST_RANGES, ranges
from hawatch.observers.sniffer.program import Part, bare_ip_program, ethernet_program

IN_TCPDUMPS_WORDS = """
    (arp and arp[14:4] = arp[24:4])
    or ip proto 112
    or (ip proto 51 and ip[(ip[0] & 15) * 4] = 112)
    or (ip proto 1 and ip[6:2] & 0x1fff = 0 and ip[(ip[0] & 15) * 4:2] = 0x302 and ip[(ip[0] & 15) * 4 + 17] = 112)
    or (ip6 and ip6[6] = 112)
    or (ip6 and (ip6[6] = 51 or ip6[6] = 0 or ip6[6] = 60) and ip6[40] = 112)
    or (ip6 and ip6[6] = 58 and ip6[40:2] = 0x8800 and ip6[44] & 0x40 = 0)
    or (ip6 and ip6[6] = 58 and (ip6[40:2] = 0x104 or ip6[40:2] = 0x401) and ip6[54] = 112)
"""

HOST, PEER, VIP = "192.0.2.1", "192.0.2.2", "192.0.2.100"
HOST6, PEER6, VIP6 = "fe80::1", "fe80::2", "2001:db8::100"
ADVERTISEMENT = bytes.fromhex("213364010001000000000000c0000264") + bytes(8)


def ethernet(packet: Packet) -> bytes:
    return bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet)


def refusal(protocol: int) -> Packet:
    return (
        IP(src=PEER, dst=HOST) / ICMP(type=3, code=2) / IP(src=HOST, dst=PEER, proto=protocol) / Raw(bytes(8))
    )


def refusal6(protocol: int, message: Packet) -> Packet:
    return IPv6(src=PEER6, dst=HOST6) / message / IPv6(src=HOST6, dst=PEER6, nh=protocol) / Raw(bytes(8))


KEPT = {
    "vrrp": IP(src=HOST, dst="224.0.0.18", ttl=255, proto=112) / Raw(ADVERTISEMENT),
    "vrrp behind options": IP(src=HOST, dst="224.0.0.18", proto=112, options=[b"\x94\x04\0\0"])
    / Raw(ADVERTISEMENT),
    "vrrp behind AH": IP(src=HOST, dst="224.0.0.18", proto=51)
    / AH(nh=112, icv=bytes(12))
    / Raw(ADVERTISEMENT),
    "vrrp over ipv6": IPv6(src=HOST6, dst="ff02::12", hlim=255, nh=112) / Raw(ADVERTISEMENT),
    "vrrp behind AH over ipv6": IPv6(src=HOST6, dst="ff02::12", nh=51)
    / AH(nh=112, icv=bytes(12))
    / Raw(ADVERTISEMENT),
    "vrrp behind an extension header": IPv6(src=HOST6, dst="ff02::12")
    / IPv6ExtHdrHopByHop(nh=112)
    / Raw(ADVERTISEMENT),
    "gratuitous arp request": ARP(op=1, psrc=VIP, pdst=VIP),
    "gratuitous arp reply": ARP(op=2, psrc=VIP, pdst=VIP),
    "unsolicited neighbour advertisement": IPv6(src=HOST6, dst="ff02::1")
    / ICMPv6ND_NA(tgt=VIP6, S=0, O=1)
    / ICMPv6NDOptDstLLAddr(lladdr="02:00:00:00:00:01"),
    "refusal of protocol 112": refusal(112),
    "refusal over ipv6": refusal6(112, ICMPv6ParamProblem(code=1, ptr=6)),
    "refusal as a closed port": refusal6(112, ICMPv6DestUnreach(code=4)),
}

DROPPED = {
    "tcp": IP(src=HOST, dst=PEER, proto=6) / Raw(bytes(40)),
    "ping": IP(src=HOST, dst=PEER) / ICMP() / Raw(bytes(40)),
    "refusal of another protocol": refusal(89),
    "later fragment of icmp": IP(src=PEER, dst=HOST, frag=1, proto=1)
    / Raw(bytes(ICMP(type=3, code=2)) + bytes(9) + b"p"),
    "tcp behind AH": IP(src=HOST, dst=PEER, proto=51) / AH(nh=6, icv=bytes(12)) / Raw(bytes(40)),
    "arp request": ARP(op=1, psrc=HOST, pdst=VIP),
    "arp reply": ARP(op=2, psrc=VIP, pdst=HOST),
    "arp probe": ARP(op=1, psrc="0.0.0.0", pdst=VIP),
    "solicited neighbour advertisement": IPv6(src=HOST6, dst=PEER6) / ICMPv6ND_NA(tgt=VIP6, S=1),
    "neighbour solicitation": IPv6(src=HOST6, dst="ff02::1:ff00:100") / ICMPv6ND_NS(tgt=VIP6),
    "ping over ipv6": IPv6(src=HOST6, dst=PEER6) / ICMPv6EchoRequest(),
    "refusal of another protocol over ipv6": refusal6(89, ICMPv6ParamProblem(code=1, ptr=6)),
    "multicast listener report": IPv6(src=HOST6, dst="ff02::16") / IPv6ExtHdrHopByHop(nh=58) / Raw(bytes(20)),
    "a tag that the kernel left in": Dot1Q(vlan=7)
    / IP(src=HOST, dst="224.0.0.18", proto=112)
    / Raw(ADVERTISEMENT),
}


@contextmanager
def kernel_with(program: bytes) -> Iterator[Callable[[bytes], bool]]:
    """The kernel's own interpreter: what the filter of a socket drops never arrives there."""
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with sender, receiver:
        bpf.attach(receiver, program)
        receiver.setblocking(False)

        def keeps(frame: bytes) -> bool:
            sender.send(frame)
            try:
                return receiver.recv(65536) == frame
            except BlockingIOError:
                return False

        yield keeps


@cache
def tcpdumps_program(directory: Path) -> bytes:
    """tcpdump compiles for the link type of a capture file, so that it needs neither device nor privilege."""
    empty = directory / "empty.pcap"
    empty.write_bytes(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    command = ["tcpdump", "-ddd", "-r", str(empty), IN_TCPDUMPS_WORDS]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    return b"".join(struct.pack("=HBBI", *map(int, line.split())) for line in lines[1:] if line)


@pytest.mark.parametrize("name", KEPT)
def test_what_belongs_to_vrrp_is_kept(name: str) -> None:
    with kernel_with(ethernet_program()) as keeps:
        assert keeps(ethernet(KEPT[name]))


@pytest.mark.parametrize("name", DROPPED)
def test_what_does_not_is_dropped(name: str) -> None:
    with kernel_with(ethernet_program()) as keeps:
        assert not keeps(ethernet(DROPPED[name]))


def test_without_a_link_layer_the_same_packets_are_kept() -> None:
    with kernel_with(bare_ip_program()) as keeps:
        for name, packet in (KEPT | DROPPED).items():
            if isinstance(packet, IP | IPv6):
                assert keeps(bytes(packet)) == (name in KEPT), name


def test_a_frame_that_is_cut_anywhere_is_dropped_or_kept_whole() -> None:
    with kernel_with(ethernet_program()) as keeps:
        for packet in KEPT.values():
            frame = ethernet(packet)
            verdicts = [keeps(frame[:length]) for length in range(1, len(frame) + 1)]
            assert verdicts == sorted(verdicts)
            assert not verdicts[13]


@given(vrids=st.sets(st.integers(1, 255), min_size=1), vrid=st.integers(1, 255))
def test_our_virtual_routers_frames_and_the_rest_go_to_one_socket_each(vrids: set[int], vrid: int) -> None:
    if len(ranges(vrids)) > MOST_RANGES:
        vrids = set(sorted(vrids)[:MOST_RANGES])
    said = Raw(bytes([0x21, vrid]) + ADVERTISEMENT[2:])
    packets = (
        IP(src=HOST, dst="224.0.0.18", proto=112) / said,
        IP(src=HOST, dst="224.0.0.18", proto=112, options=[b"\x94\x04\0\0"]) / said,
        IPv6(src=HOST6, dst="ff02::12", nh=112) / said,
    )
    for part in (Part.OURS, Part.REST):
        with (
            kernel_with(ethernet_program(part, vrids)) as keeps,
            kernel_with(bare_ip_program(part, vrids)) as bare,
        ):
            for packet in packets:
                expected = (vrid in vrids) is (part is Part.OURS)
                assert keeps(ethernet(packet)) is expected
                assert bare(bytes(packet)) is expected


def test_what_names_no_vrid_at_its_beginning_is_heard_with_ours_and_once() -> None:
    with (
        kernel_with(ethernet_program(Part.OURS, {1})) as ours,
        kernel_with(ethernet_program(Part.REST, {1})) as rest,
    ):
        for name, packet in KEPT.items():
            frame = ethernet(packet)
            assert (ours(frame), rest(frame)) == (
                (False, True)
                if packet.haslayer(Raw) and name in ("vrrp", "vrrp behind options", "vrrp over ipv6")
                else (True, False)
            ), name
        assert not any(ours(ethernet(packet)) or rest(ethernet(packet)) for packet in DROPPED.values())


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="needs tcpdump")
@given(data=st.data())
def test_tcpdump_told_the_same_in_words_decides_the_same(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.getbasetemp()
    name = data.draw(st.sampled_from(sorted(KEPT | DROPPED)))
    frame = bytearray(ethernet((KEPT | DROPPED)[name]))
    for _ in range(data.draw(st.integers(0, 3))):
        # Addresses and payload decide nothing, so the bytes that do are changed more often.
        place = data.draw(
            st.sampled_from([12, 13, 14, 20, 23, 34, 35, 51, 54, 55, 58, 68]) | st.integers(0, len(frame) - 1)
        )
        if place < len(frame):
            frame[place] = data.draw(st.sampled_from([0, 1, 3, 51, 58, 60, 112, 136]) | st.integers(0, 255))
    frame = frame[: data.draw(st.integers(14, len(frame)) | st.just(len(frame)))]
    with kernel_with(ethernet_program()) as ours, kernel_with(tcpdumps_program(directory)) as theirs:
        assert ours(bytes(frame)) == theirs(bytes(frame)), frame.hex()


def test_a_jump_to_a_label_that_is_nowhere_is_an_error() -> None:
    with pytest.raises(KeyError):
        bpf.assemble([bpf.if_equal(1, then="nowhere"), bpf.finish(0)])


def test_a_jump_backwards_is_an_error() -> None:
    with pytest.raises(struct.error):
        bpf.assemble(["here", bpf.load_byte(0), bpf.if_equal(1, then="here"), bpf.finish(0)])
