from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw

from hawatch.evidence import AddressAnnounced, AdvertisementHeard, CarpHeard, Evidence, ProtocolUnreachable
from hawatch.observers.sniffer.frame_reader import FrameReader
from hawatch.wire import carp, vrrp
from hawatch.wire.carp import CarpAnnouncement
from hawatch.wire.vrrp import Advertisement, ChecksumForm

PEER, GROUP, VIP = "192.0.2.2", "224.0.0.18", "192.0.2.100"
PEER_MAC = "02:00:00:00:00:02"


def reader() -> FrameReader:
    return FrameReader(interface="eth0", vips=frozenset({VIP}), fingerprint=lambda secret: f"<{len(secret)}>")


def advertisement(**changes: object) -> Packet:
    said: dict[str, object] = {
        "version": 2,
        "vrid": 51,
        "priority": 100,
        "interval_seconds": 1.0,
        "addresses": (VIP,),
        "auth_type": 1,
        "auth_data": b"secret\0\0",
        "checksum": ChecksumForm.PLAIN,
    }
    payload = vrrp.encode(Advertisement(**(said | changes)), src=PEER, dst=GROUP)  # type: ignore[arg-type]
    return vrrp_packet(payload)


def vrrp_packet(payload: bytes, **fields: object) -> Packet:
    return IP(src=PEER, dst=GROUP, ttl=255, proto=112, id=9, **fields) / Raw(payload)


def read(packet: Packet, *, outgoing: bool = False, by: FrameReader | None = None) -> Evidence | None:
    frame = bytes(Ether(src=PEER_MAC, dst="01:00:5e:00:00:12") / packet)
    return (by or reader()).read(frame, at=7.0, outgoing=outgoing)


def test_an_advertisement_is_told_with_its_time_and_a_fingerprint_of_its_password() -> None:
    heard = read(advertisement(), outgoing=True)
    assert isinstance(heard, AdvertisementHeard)
    assert (heard.at, heard.first_at, heard.count, heard.outgoing) == (7.0, 7.0, 1, True)
    assert (heard.auth_type, heard.auth_fingerprint, heard.ip_id) == (1, "<8>", 9)
    assert type(heard.checksum) is str
    assert heard.valid


def test_only_a_password_has_a_fingerprint() -> None:
    for changes in ({"auth_type": 0}, {"auth_type": 254}, {"auth_data": b""}):
        heard = read(advertisement(**changes))
        assert isinstance(heard, AdvertisementHeard)
        assert heard.auth_fingerprint is None
    nameless = reader()
    nameless.fingerprint = None
    heard = read(advertisement(), by=nameless)
    assert isinstance(heard, AdvertisementHeard)
    assert heard.auth_fingerprint is None


def test_a_bad_checksum_is_a_problem_of_an_advertisement_that_was_heard() -> None:
    heard = read(advertisement(checksum=ChecksumForm.BAD))
    assert isinstance(heard, AdvertisementHeard)
    assert (heard.vrid, heard.checksum, heard.problems) == (51, "bad", ("bad checksum",))


@pytest.mark.parametrize(
    "packet",
    [
        vrrp_packet(b"\x21\x33\x96\x09\x00\x01\x00\x00"),  # nine addresses announced, none there
        vrrp_packet(b"\x51\x33\x96\x00\x00\x01\x00\x00"),  # version 5
        vrrp_packet(b"\x21\x33\x96\x01"),
        vrrp_packet(b"\x21\x33\x96\x00\x00\x01\x00\x00", flags="MF"),
    ],
)
def test_an_unreadable_advertisement_is_heard_as_far_as_it_can_be_read(packet: Packet) -> None:
    heard = read(packet)
    assert isinstance(heard, AdvertisementHeard)
    assert (heard.vrid, heard.priority, heard.addresses, heard.checksum) == (51, 0x96, (), "")
    assert len(heard.problems) == 1


def test_what_does_not_even_show_a_priority_is_only_counted() -> None:
    by = reader()
    assert read(vrrp_packet(b"\x21\x33"), by=by) is None
    assert sum(by.refused.values()) == 1


def test_carp_is_carp() -> None:
    heard = read(vrrp_packet(carp.encode(CarpAnnouncement(vhid=51, advbase=1, advskew=0))))
    assert isinstance(heard, CarpHeard)
    assert (heard.vhid, heard.src, heard.src_mac) == (51, PEER, PEER_MAC)


@pytest.mark.parametrize("operation", [1, 2])
def test_an_announcement_of_a_vip_is_told_with_the_mac_that_it_claims(operation: int) -> None:
    heard = read(ARP(op=operation, hwsrc="00:00:5e:00:01:33", psrc=VIP, pdst=VIP))
    assert isinstance(heard, AddressAnnounced)
    assert (heard.address, heard.mac) == (VIP, "00:00:5e:00:01:33")


@pytest.mark.parametrize(
    "packet",
    [
        ARP(op=1, psrc="192.0.2.77", pdst="192.0.2.77"),
        ARP(op=1, psrc=PEER, pdst=VIP),
        ARP(op=2, psrc=VIP, pdst=PEER),
        ARP(op=1, psrc="0.0.0.0", pdst=VIP),
    ],
)
def test_other_arp_is_nothing(packet: Packet) -> None:
    assert read(packet) is None


def test_a_refusal_of_protocol_112_counts_only_when_it_comes_in() -> None:
    refusal = (
        IP(src=PEER, dst="192.0.2.1")
        / ICMP(type=3, code=2)
        / IP(src="192.0.2.1", dst=PEER, proto=112)
        / Raw(bytes(8))
    )
    heard = read(refusal)
    assert isinstance(heard, ProtocolUnreachable)
    assert heard.src == PEER
    assert read(refusal, outgoing=True) is None


@given(st.binary(max_size=200), st.booleans())
def test_no_frame_makes_it_raise(data: bytes, outgoing: bool) -> None:
    by = reader()
    told = by.read(data, at=1.0, outgoing=outgoing)
    assert told is None or isinstance(
        told, AdvertisementHeard | CarpHeard | AddressAnnounced | ProtocolUnreachable
    )


@given(st.data())
def test_no_damage_makes_it_raise_and_every_frame_is_told_counted_or_nothing(data: st.DataObject) -> None:
    refusal = (
        IP(src=PEER, dst="192.0.2.1")
        / ICMP(type=3, code=2)
        / IP(src="192.0.2.1", dst=PEER, proto=112)
        / Raw(bytes(8))
    )
    packet = data.draw(st.sampled_from([advertisement(), refusal, ARP(op=1, psrc=VIP, pdst=VIP)]))
    frame = bytearray(bytes(Ether(src=PEER_MAC, dst="01:00:5e:00:00:12") / packet))
    for _ in range(data.draw(st.integers(1, 5))):
        frame[data.draw(st.integers(12, len(frame) - 1))] = data.draw(st.integers(0, 255))
    by = FrameReader(interface="eth0", vips=frozenset({VIP}), fingerprint=None, refused=Counter())
    told = by.read(bytes(frame[: data.draw(st.integers(0, len(frame)))]), at=1.0, outgoing=False)
    assert told is None or sum(by.refused.values()) == 0
