"""The sniffer before real interfaces: what scapy sends from the far end, and what this host sends itself."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Iterator

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet, Raw

from hawatch import clock
from hawatch.evidence import (
    AddressAnnounced,
    AdvertisementHeard,
    CaptureDropped,
    CarpHeard,
    Evidence,
    ObserverState,
    ProtocolUnreachable,
)
from hawatch.observers.sniffer import Sniffer
from hawatch.observers.sniffer.capture import FRAMES_PER_PORTION
from hawatch.targets import CaptureTarget
from hawatch.wire import carp, vrrp
from hawatch.wire.carp import CarpAnnouncement
from hawatch.wire.vrrp import Advertisement, ChecksumForm
from tests.lab.observer_wire import HERE, THERE, Wire
from tests.lab.witness import Witness, awaited, running

pytestmark = pytest.mark.lab

HOST, PEER, GROUP, VIP = "192.0.2.1", "192.0.2.2", "224.0.0.18", "192.0.2.100"
HOST6, PEER6, VIP6 = "fe80::1", "fe80::2", "2001:db8::100"
PEER_MAC = "02:00:00:00:00:02"
TARGET = CaptureTarget(interface="eth0", vips=frozenset({VIP, VIP6}), groups=frozenset({GROUP, "ff02::12"}))


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    with wire.inside():
        yield wire
    wire.close()


def listen(witness: Witness, *targets: CaptureTarget) -> Sniffer:
    return Sniffer(
        captures=targets or (TARGET,),
        put=witness.put,
        clock=clock,
        fingerprint=lambda password: hashlib.sha256(password).hexdigest()[:8],
    )


def advertisement(
    priority: int = 100, *, vrid: int = 51, src: str = PEER, ttl: int = 255, ip_id: int = 1
) -> Packet:
    said = Advertisement(
        version=2,
        vrid=vrid,
        priority=priority,
        interval_seconds=1.0,
        auth_type=1,
        auth_data=b"secret\0\0",
        addresses=(VIP,),
        checksum=ChecksumForm.PLAIN,
    )
    packet = IP(src=src, dst=GROUP, ttl=ttl, proto=112, id=ip_id, tos=0xC0)
    return packet / Raw(vrrp.encode(said, src=src, dst=GROUP))


def to_group(packet: Packet) -> Packet:
    return Ether(src=PEER_MAC, dst="01:00:5e:00:00:12") / packet


@awaited
async def test_an_advertisement_of_the_peer_is_told_with_all_that_it_says(wire: Wire) -> None:
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        before = time.monotonic()
        wire.send(THERE, "far0", to_group(advertisement(150, ip_id=7)))
        heard = await witness.until(AdvertisementHeard)
    assert before <= heard.first_at == heard.at <= time.monotonic()
    assert (heard.src, heard.dst, heard.src_mac, heard.ttl) == (PEER, GROUP, PEER_MAC, 255)
    assert (heard.interface, heard.outgoing, heard.count, heard.ip_id) == ("eth0", False, 1, 7)
    assert (heard.version, heard.vrid, heard.priority, heard.interval_seconds) == (2, 51, 150, 1.0)
    assert (heard.addresses, heard.checksum, heard.problems) == ((VIP,), "plain", ())
    assert (heard.auth_type, heard.auth_fingerprint) == (1, hashlib.sha256(b"secret\0\0").hexdigest()[:8])
    assert "secret" not in repr(heard)


@awaited
async def test_what_this_host_sends_is_outgoing(wire: Wire) -> None:
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.send(HERE, "eth0", to_group(advertisement(src=HOST)))
        assert (await witness.until(AdvertisementHeard)).outgoing
        wire.send(THERE, "far0", to_group(advertisement(src=PEER)))
        assert not (await witness.until(AdvertisementHeard)).outgoing


@awaited
async def test_a_version_3_advertisement_over_ipv6_is_heard(wire: Wire) -> None:
    said = Advertisement(
        version=3,
        vrid=52,
        priority=0,
        interval_seconds=0.1,
        addresses=(VIP6,),
        checksum=ChecksumForm.PSEUDO_HEADER,
    )
    packet = IPv6(src=PEER6, dst="ff02::12", hlim=255, nh=112) / Raw(
        vrrp.encode(said, src=PEER6, dst="ff02::12")
    )
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.send(THERE, "far0", Ether(src=PEER_MAC, dst="33:33:00:00:00:12") / packet)
        heard = await witness.until(AdvertisementHeard)
    assert (heard.family, heard.version, heard.vrid, heard.priority) == ("ipv6", 3, 52, 0)
    assert (heard.interval_seconds, heard.addresses, heard.valid) == (0.1, (VIP6,), True)
    assert (heard.ip_id, heard.auth_fingerprint) == (None, None)


@awaited
async def test_carp_is_told_apart(wire: Wire) -> None:
    payload = carp.encode(CarpAnnouncement(vhid=51, advbase=1, advskew=100))
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.send(THERE, "far0", to_group(IP(src=PEER, dst=GROUP, ttl=255, proto=112) / Raw(payload)))
        heard = await witness.until(CarpHeard)
    assert (heard.vhid, heard.src, heard.src_mac, heard.outgoing) == (51, PEER, PEER_MAC, False)
    assert not witness.all(AdvertisementHeard)


@awaited
async def test_vrrp_that_cannot_be_read_is_told_with_its_vrid_and_its_problem(wire: Wire) -> None:
    sniffer = listen(witness := Witness())
    async with running(sniffer):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.send(THERE, "far0", to_group(IP(src=PEER, dst=GROUP, ttl=255, proto=112) / Raw(b"\x21\x33")))
        wire.send(
            THERE,
            "far0",
            to_group(IP(src=PEER, dst=GROUP, ttl=255, proto=112) / Raw(b"\x21\x33\x96\x09" + bytes(8))),
        )
        heard = await witness.until(AdvertisementHeard)
    assert (heard.vrid, heard.version, heard.priority, heard.addresses) == (51, 2, 150, ())
    assert not heard.valid
    assert sum(sniffer.refused.values()) == 1


@awaited
async def test_a_hop_limit_other_than_255_is_a_problem(wire: Wire) -> None:
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.send(THERE, "far0", to_group(advertisement(ttl=64)))
        heard = await witness.until(AdvertisementHeard)
    assert (heard.ttl, heard.valid) == (64, False)


@awaited
async def test_announcements_of_vips_are_told_and_others_are_not(wire: Wire) -> None:
    vmac = "00:00:5e:00:01:33"
    everybody = Ether(src=vmac, dst="ff:ff:ff:ff:ff:ff")
    announced = [
        everybody / ARP(op=1, hwsrc=vmac, psrc=VIP, pdst=VIP),
        everybody / ARP(op=2, hwsrc=vmac, psrc=VIP, pdst=VIP),
        Ether(src=vmac, dst="33:33:00:00:00:01")
        / IPv6(src=PEER6, dst="ff02::1", hlim=255)
        / ICMPv6ND_NA(tgt=VIP6, S=0, O=1)
        / ICMPv6NDOptDstLLAddr(lladdr=vmac),
    ]
    unannounced = [
        everybody / ARP(op=1, hwsrc=vmac, psrc="192.0.2.77", pdst="192.0.2.77"),
        everybody / ARP(op=1, hwsrc=vmac, psrc=PEER, pdst=VIP),
        Ether(src=vmac, dst="33:33:00:00:00:01")
        / IPv6(src=PEER6, dst="ff02::1", hlim=255)
        / ICMPv6ND_NA(tgt="2001:db8::77", S=0, O=1),
    ]
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.send(THERE, "far0", *unannounced, *announced, to_group(advertisement()))
        await witness.until(AdvertisementHeard)
    told = witness.all(AddressAnnounced)
    assert sum(record.count for record in told) == 3
    assert {(record.address, record.mac, record.outgoing) for record in told} == {
        (VIP, vmac, False),
        (VIP6, vmac, False),
    }


@awaited
async def test_a_refusal_of_protocol_112_tells_of_a_live_host_and_our_own_tells_nothing(wire: Wire) -> None:
    wire.here(f"ip address add {HOST}/24 dev eth0")
    wire.there(f"ip address add {PEER}/24 dev far0")
    there, here = wire.mac(THERE, "far0"), wire.mac(HERE, "eth0")
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        # Nobody listens for VRRP at either end, so that the kernels refuse.
        unicast = {"ttl": 255, "proto": 112}
        wire.send(
            THERE, "far0", Ether(src=there, dst=here) / IP(src=PEER, dst=HOST, **unicast) / Raw(bytes(20))
        )
        wire.send(
            HERE, "eth0", Ether(src=here, dst=there) / IP(src=HOST, dst=PEER, **unicast) / Raw(bytes(20))
        )
        refused = await witness.until(ProtocolUnreachable)
    assert (refused.src, refused.interface) == (PEER, "eth0")
    assert len(witness.all(ProtocolUnreachable)) == 1


@awaited
async def test_a_refusal_of_another_protocol_is_nothing(wire: Wire) -> None:
    quoted = IP(src=HOST, dst=PEER, proto=89) / Raw(bytes(8))
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        refusal = IP(src=PEER, dst=HOST) / ICMP(type=3, code=2) / quoted
        wire.send(
            THERE,
            "far0",
            Ether(src=PEER_MAC, dst=wire.mac(HERE, "eth0")) / refusal,
            to_group(advertisement()),
        )
        await witness.until(AdvertisementHeard)
    assert not witness.all(ProtocolUnreachable)


@awaited
async def test_another_vlans_frames_are_not_this_devices(wire: Wire) -> None:
    tagged = [
        Ether(src=PEER_MAC, dst="01:00:5e:00:00:12") / Dot1Q(vlan=vlan) / advertisement(vrid=vrid)
        for vlan, vrid in ((7, 60), (0, 61))
    ]
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.send(THERE, "far0", *tagged, to_group(advertisement(vrid=62)))
        await witness.until(AdvertisementHeard, vrid=62)
    assert [record.vrid for record in witness.all(AdvertisementHeard)] == [61, 62]  # VID 0 is only a priority


@awaited
async def test_a_vlan_device_hears_its_own_vlan(wire: Wire) -> None:
    wire.add_vlan_or_skip("eth0", 7)
    tagged = Ether(src=PEER_MAC, dst="01:00:5e:00:00:12") / Dot1Q(vlan=7) / advertisement()
    witness = Witness()
    async with running(listen(witness, TARGET, CaptureTarget(interface="eth0.7"))):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        await witness.until(ObserverState, observer="sniffer:eth0.7", up=True)
        wire.send(THERE, "far0", tagged)
        assert (await witness.until(AdvertisementHeard)).interface == "eth0.7"
        wire.send(HERE, "eth0.7", to_group(advertisement(src=HOST)))
        assert (await witness.until(AdvertisementHeard)).interface == "eth0.7"
    assert len(witness.all(AdvertisementHeard)) == 2


@awaited
async def test_the_device_is_told_to_take_the_groups_frames(wire: Wire) -> None:
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        memberships = wire.here("ip maddress show dev eth0")
    assert "01:00:5e:00:00:12" in memberships
    assert "33:33:00:00:00:12" in memberships


@awaited
async def test_frames_dropped_by_the_firewall_are_still_heard(wire: Wire) -> None:
    for words in (
        "nft add table netdev f",
        "nft add chain netdev f in {type filter hook ingress device eth0 priority 0;policy drop;}",
    ):
        wire.here(words)
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.send(THERE, "far0", to_group(advertisement()))
        await witness.until(AdvertisementHeard)


@awaited
async def test_frames_read_at_once_are_folded_and_stay_in_order(wire: Wire) -> None:
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        burst = [
            to_group(advertisement(priority, ip_id=n)) for n, priority in enumerate((150, 150, 150, 0, 150))
        ]
        wire.send(THERE, "far0", *burst)  # no await: all are waiting when the sniffer wakes
        await witness.until(AdvertisementHeard, ip_id=4)
    heard = witness.all(AdvertisementHeard)
    assert [(record.priority, record.count, record.ip_id) for record in heard] == [
        (150, 3, 2),
        (0, 1, 3),
        (150, 1, 4),
    ]
    assert heard[0].first_at < heard[0].at <= heard[1].at <= heard[2].at


def kept(witness: Witness) -> int:
    return sum(record.count for record in witness.all(AdvertisementHeard))


def lost(witness: Witness) -> int:
    return sum(record.count for record in witness.all(CaptureDropped, interface="eth0"))


@awaited
async def test_hundreds_of_frames_that_wait_are_read_in_one_turn_of_the_loop(wire: Wire) -> None:
    witness, turn, told_in = Witness(), 0, set[int]()

    async def count_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    def put(evidence: Evidence) -> None:
        if isinstance(evidence, AdvertisementHeard):
            told_in.add(turn)
        witness.put(evidence)

    sniffer = Sniffer(captures=(TARGET,), put=put, clock=clock)
    async with running(sniffer):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.send(THERE, "far0", *[to_group(advertisement(vrid=n)) for n in range(1, 256)])  # no await
        counting = asyncio.create_task(count_turns())
        await witness.when(lambda: kept(witness) == 255)
        counting.cancel()
    assert len(told_in) == 1


@awaited
async def test_a_flood_becomes_few_records_and_every_lost_frame_is_counted(wire: Wire) -> None:
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        flood = 20_000
        wire.send(THERE, "far0", *[to_group(advertisement())] * flood)
        await witness.when(lambda: kept(witness) + lost(witness) >= flood)
    assert kept(witness) + lost(witness) == flood
    assert lost(witness) > 0
    assert len(witness.all(AdvertisementHeard)) <= kept(witness) // FRAMES_PER_PORTION + 2


@awaited
async def test_of_a_flood_of_different_frames_each_is_told_or_counted(wire: Wire) -> None:
    frames = [
        to_group(advertisement(vrid=vrid, src=f"198.51.100.{host}"))
        for host in range(1, 41)
        for vrid in range(1, 251)
    ]
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.send(THERE, "far0", *frames)
        await witness.when(lambda: kept(witness) + lost(witness) >= len(frames))
    assert kept(witness) + lost(witness) == len(frames)


@awaited
async def test_an_interface_that_is_missing_does_not_disturb_the_others_and_is_heard_when_it_comes(
    wire: Wire,
) -> None:
    witness = Witness()
    async with running(listen(witness, CaptureTarget(interface="eth7"), TARGET)):
        missing = await witness.until(ObserverState, observer="sniffer:eth7")
        assert (missing.up, missing.problem) == (False, "eth7: no such interface")
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.add_cable("eth7", "far7")
        await witness.until(ObserverState, observer="sniffer:eth7", up=True)
        wire.send(THERE, "far7", to_group(advertisement()))
        await witness.until(AdvertisementHeard, interface="eth7")
        wire.here("ip link del eth7")
        await witness.until(ObserverState, observer="sniffer:eth7", up=False)
        wire.send(THERE, "far0", to_group(advertisement()))
        await witness.until(AdvertisementHeard, interface="eth0")
        wire.add_cable("eth7", "far7")
        await witness.until(ObserverState, observer="sniffer:eth7", up=True)
        wire.send(THERE, "far7", to_group(advertisement()))
        await witness.until(AdvertisementHeard, interface="eth7")


@awaited
async def test_an_interface_that_comes_up_again_is_heard_from_its_first_frame(wire: Wire) -> None:
    witness = Witness()
    async with running(listen(witness)):
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)
        wire.here("ip link set eth0 down")
        down = await witness.until(ObserverState, up=False)
        assert down.problem == "eth0: is down"
        wire.here("ip link set eth0 up")
        wire.send(THERE, "far0", to_group(advertisement()))
        await witness.until(AdvertisementHeard)
        await witness.until(ObserverState, observer="sniffer:eth0", up=True)


@awaited
async def test_a_device_without_ethernet_headers_is_heard(wire: Wire) -> None:
    witness = Witness()
    with wire.tunnel("tun0") as far_end:
        async with running(listen(witness, CaptureTarget(interface="tun0"))):
            await witness.until(ObserverState, observer="sniffer:tun0", up=True)
            wire.send(HERE, "tun0", advertisement(src=HOST))
            sent = await witness.until(AdvertisementHeard)
            os.write(far_end, bytes(advertisement(src=PEER)))
            heard = await witness.until(AdvertisementHeard)
    assert (sent.src, sent.src_mac, sent.outgoing, sent.valid) == (HOST, "", True, True)
    assert (heard.src, heard.src_mac, heard.outgoing, heard.valid) == (PEER, "", False, True)
