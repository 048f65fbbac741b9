"""The shadow sockets before a real kernel and a real keepalived: what a filter takes away, they do not hear."""

from __future__ import annotations

import json
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

from deploy.lab import Lab, Topology, agent_identity, conf
from deploy.lab.waiting import wait_until
from hawatch import clock
from hawatch.evidence import AdvertisementDelivered, AdvertisementHeard, ObserverState, ProtocolUnreachable
from hawatch.kernel.membership import read_igmp, read_igmp6, users_of
from hawatch.kernel.raw_sockets import read_raw_sockets
from hawatch.observers.shadow import Shadow
from hawatch.observers.sniffer import Sniffer
from hawatch.targets import CaptureTarget, ShadowTarget
from hawatch.wire import carp, vrrp
from hawatch.wire.carp import CarpAnnouncement
from hawatch.wire.family import Family
from hawatch.wire.vrrp import Advertisement, ChecksumForm
from tests.lab.conftest import MakeLab
from tests.lab.observer_wire import HERE, THERE, Wire
from tests.lab.witness import HANG_GUARD, Witness, awaited, running

pytestmark = pytest.mark.lab

HOST, PEER, GROUP, VIP = "192.0.2.1", "192.0.2.2", "224.0.0.18", "192.0.2.100"
HOST6, PEER6, GROUP6, VIP6 = "fe80::1", "fe80::2", "ff02::12", "2001:db8::100"
GROUP_MAC, GROUP6_MAC = "01:00:5e:00:00:12", "33:33:00:00:00:12"
TARGET = ShadowTarget(interface="eth0", device="eth0", family=Family.IPV4, group=GROUP)
TARGET6 = ShadowTarget(interface="eth0", device="eth0", family=Family.IPV6, group=GROUP6)


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    wire.here(f"ip address add {HOST}/24 dev eth0")
    wire.here(f"ip address add {HOST6}/64 dev eth0 nodad")
    with wire.inside():
        yield wire
    wire.close()


def shadow(
    witness: Witness, *targets: ShadowTarget, joined: Counter[tuple[str, str]] | None = None
) -> Shadow:
    return Shadow(targets=targets or (TARGET,), put=witness.put, clock=clock, joined=joined)


def said(vrid: int, vip: str) -> Advertisement:
    return Advertisement(
        version=3,
        vrid=vrid,
        priority=100,
        interval_seconds=1.0,
        addresses=(vip,),
        checksum=ChecksumForm.PSEUDO_HEADER,
    )


def advertisement(vrid: int = 51, *, src: str = PEER, dst: str = GROUP, ttl: int = 255) -> Packet:
    payload = vrrp.encode(said(vrid, VIP), src=src, dst=dst)
    return (
        Ether(src="02:00:00:00:00:02", dst=GROUP_MAC)
        / IP(src=src, dst=dst, ttl=ttl, proto=112)
        / Raw(payload)
    )


def advertisement6(vrid: int = 51, *, src: str = PEER6, dst: str = GROUP6) -> Packet:
    payload = vrrp.encode(said(vrid, VIP6), src=src, dst=dst)
    return (
        Ether(src="02:00:00:00:00:02", dst=GROUP6_MAC)
        / IPv6(src=src, dst=dst, hlim=255, nh=112)
        / Raw(payload)
    )


@awaited
async def test_an_advertisement_that_nothing_stops_is_told(wire: Wire) -> None:
    witness = Witness()
    async with running(shadow(witness)):
        await witness.until(ObserverState, observer="shadow:eth0", up=True)
        before = clock.monotonic()
        wire.send(THERE, "far0", advertisement())
        told = await witness.until(AdvertisementDelivered)
    assert before <= told.first_at == told.at <= clock.monotonic()
    assert (told.interface, told.family, told.src, told.vrid, told.count) == (
        "eth0",
        Family.IPV4,
        PEER,
        51,
        1,
    )


@awaited
async def test_over_ipv6_as_well_and_the_device_is_up_when_both_families_are_heard(wire: Wire) -> None:
    witness = Witness()
    async with running(shadow(witness, TARGET, TARGET6)):
        await witness.until(ObserverState, observer="shadow:eth0", up=True)
        wire.send(THERE, "far0", advertisement6(52), advertisement(51))
        await witness.when(lambda: len(witness.all(AdvertisementDelivered)) == 2)
    told = witness.all(AdvertisementDelivered)
    assert {(each.family, each.src, each.vrid) for each in told} == {
        (Family.IPV6, PEER6, 52),
        (Family.IPV4, PEER, 51),
    }
    assert len(witness.all(ObserverState, observer="shadow:eth0")) == 1


@awaited
async def test_of_many_virtual_routers_that_all_speak_at_once_each_is_told(wire: Wire) -> None:
    witness, vrids = Witness(), range(1, 151)
    async with running(shadow(witness)):
        await witness.until(ObserverState, observer="shadow:eth0", up=True)
        wire.send(THERE, "far0", *(advertisement(vrid) for vrid in vrids))
        await witness.when(lambda: any(told.vrid == 150 for told in witness.all(AdvertisementDelivered)))
    assert {told.vrid for told in witness.all(AdvertisementDelivered)} == set(vrids)


@pytest.mark.parametrize("family", [Family.IPV4, Family.IPV6])
@awaited
async def test_a_flood_of_others_virtual_routers_crowds_out_none_of_ours(wire: Wire, family: Family) -> None:
    witness, of = Witness(), advertisement if family is Family.IPV4 else advertisement6
    target = replace(TARGET if family is Family.IPV4 else TARGET6, vrids=frozenset({51, 52}))
    async with running(shadow(witness, target)):
        await witness.until(ObserverState, observer="shadow:eth0", up=True)
        wire.send(THERE, "far0", *[of(99)] * 3000, of(51))
        told = await witness.until(AdvertisementDelivered)
    assert (told.family, told.vrid, told.count) == (family, 51, 1)


FILTERS = {
    "inet input": ("inet", "input", "type filter hook input priority 0;"),
    "prerouting": ("inet", "pre", "type filter hook prerouting priority raw;"),
    "ingress": ("netdev", "in", "type filter hook ingress device eth0 priority 0;"),
}


@pytest.mark.parametrize("where", FILTERS)
@awaited
async def test_what_the_firewall_drops_is_seen_by_the_sniffer_alone(wire: Wire, where: str) -> None:
    family, chain, hook = FILTERS[where]
    heard, delivered = Witness(), Witness()
    capture = CaptureTarget(interface="eth0", groups=frozenset({GROUP, GROUP6}))
    async with (
        running(Sniffer(captures=(capture,), put=heard.put, clock=clock)),
        running(shadow(delivered, TARGET, TARGET6)),
    ):
        await heard.until(ObserverState, observer="sniffer:eth0", up=True)
        await delivered.until(ObserverState, observer="shadow:eth0", up=True)
        wire.here(f"nft add table {family} f")
        wire.here(f"nft add chain {family} f {chain} {{{hook}}}")
        wire.here(f"nft add rule {family} f {chain} meta l4proto 112 drop")
        wire.send(THERE, "far0", advertisement(60), advertisement6(61))
        await heard.until(AdvertisementHeard, vrid=61)
        wire.here(f"nft delete table {family} f")
        wire.send(THERE, "far0", advertisement(62), advertisement6(63))
        await delivered.when(lambda: len(delivered.all(AdvertisementDelivered)) >= 2)
    assert {each.vrid for each in delivered.all(AdvertisementDelivered)} == {62, 63}


@awaited
async def test_what_this_host_sends_is_not_delivered_to_it(wire: Wire) -> None:
    witness = Witness()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, 112) as loud:
        # IP_MULTICAST_LOOP is on by default; keepalived turns it off.
        loud.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HOST))
        async with running(shadow(witness)):
            await witness.until(ObserverState, observer="shadow:eth0", up=True)
            loud.sendto(vrrp.encode(said(50, VIP), src=HOST, dst=GROUP), (GROUP, 0))
            wire.send(THERE, "far0", advertisement(51))
            await witness.until(AdvertisementDelivered, vrid=51)
    assert {each.vrid for each in witness.all(AdvertisementDelivered)} == {51}


@awaited
async def test_unicast_is_not_heard_and_goes_on_being_refused(wire: Wire) -> None:
    witness, far = Witness(), Witness()
    wire.there(f"ip address add {PEER}/24 dev far0")
    here, there = wire.mac(HERE, "eth0"), wire.mac(THERE, "far0")
    unicast = Ether(src=there, dst=here) / IP(src=PEER, dst=HOST, ttl=255, proto=112) / Raw(bytes(20))
    with wire.inside(THERE):
        listener = Sniffer(captures=(CaptureTarget(interface="far0"),), put=far.put, clock=clock)
        async with running(listener):
            await far.until(ObserverState, observer="sniffer:far0", up=True)
            with wire.inside(HERE):
                here_shadow = shadow(witness)
                async with running(here_shadow):
                    await witness.until(ObserverState, observer="shadow:eth0", up=True)
                    wire.send(THERE, "far0", unicast)
                    refused = await far.until(ProtocolUnreachable)
    assert refused.src == HOST
    assert not witness.all(AdvertisementDelivered)


@awaited
async def test_another_group_and_carp_are_not_ours(wire: Wire) -> None:
    announcement = Raw(carp.encode(CarpAnnouncement(vhid=50, advbase=1, advskew=0)))
    frames = [
        Ether(dst="01:00:5e:00:00:63") / IP(src=PEER, dst="224.0.0.99", ttl=255, proto=112) / Raw(bytes(20)),
        Ether(dst=GROUP_MAC) / IP(src=PEER, dst=GROUP, ttl=255, proto=112) / announcement,
        Ether(dst=GROUP_MAC) / IP(src=PEER, dst=GROUP, ttl=255, proto=112) / Raw(b"\x21"),
        Ether(dst=GROUP_MAC) / IP(src=PEER, dst=GROUP, ttl=1) / ICMP(),
    ]
    witness = Witness()
    async with running(shadow(witness)):
        await witness.until(ObserverState, observer="shadow:eth0", up=True)
        wire.send(THERE, "far0", *frames, advertisement(51))
        await witness.until(AdvertisementDelivered)
    assert [each.vrid for each in witness.all(AdvertisementDelivered)] == [51]


@awaited
async def test_what_comes_at_once_is_folded_by_source_and_vrid(wire: Wire) -> None:
    witness = Witness()
    async with running(shadow(witness)):
        await witness.until(ObserverState, observer="shadow:eth0", up=True)
        burst = [advertisement(51)] * 5 + [advertisement(52), advertisement(51, src="192.0.2.9")]
        wire.send(THERE, "far0", *burst)  # no await: all are waiting when the shadow wakes
        await witness.until(AdvertisementDelivered, src="192.0.2.9")
    told = witness.all(AdvertisementDelivered)
    assert [(each.src, each.vrid, each.count) for each in told] == [
        (PEER, 51, 5),
        (PEER, 52, 1),
        ("192.0.2.9", 51, 1),
    ]
    assert told[0].first_at < told[0].at


@awaited
async def test_a_flood_becomes_few_records(wire: Wire) -> None:
    witness = Witness()
    async with running(shadow(witness)):
        await witness.until(ObserverState, observer="shadow:eth0", up=True)
        wire.send(THERE, "far0", *[advertisement(51)] * 20_000)
        wire.send(THERE, "far0", advertisement(52))
        await witness.until(AdvertisementDelivered)
        wire.send(THERE, "far0", advertisement(53))
        await witness.when(lambda: bool(witness.all(AdvertisementDelivered, vrid=53)))
    folded = witness.all(AdvertisementDelivered, vrid=51)
    assert sum(each.count for each in folded) > 256
    assert len(folded) < 50


@awaited
async def test_memberships_are_counted_and_end_with_the_observer(wire: Wire) -> None:
    witness, joined = Witness(), Counter[tuple[str, str]]()
    async with running(shadow(witness, TARGET, TARGET6, joined=joined)):
        await witness.until(ObserverState, observer="shadow:eth0", up=True)
        assert joined == {("eth0", GROUP): 1, ("eth0", GROUP6): 1}
        assert users_of(read_igmp(wire.here("cat /proc/net/igmp")), "eth0", GROUP) == 1
        assert users_of(read_igmp6(wire.here("cat /proc/net/igmp6")), "eth0", GROUP6) == 1
        for name in ("raw", "raw6"):
            (socket,) = [
                each for each in read_raw_sockets(wire.here(f"cat /proc/net/{name}")) if each.protocol == 112
            ]
            assert socket.bound_to_group
    assert sum(joined.values()) == 0
    assert users_of(read_igmp(wire.here("cat /proc/net/igmp")), "eth0", GROUP) == 0


@awaited
async def test_a_device_that_is_missing_is_said_and_heard_when_it_comes(wire: Wire) -> None:
    witness = Witness()
    seven = ShadowTarget(interface="eth7", device="eth7", family=Family.IPV4, group=GROUP)
    async with running(shadow(witness, TARGET, seven)):
        missing = await witness.until(ObserverState, observer="shadow:eth7")
        assert (missing.up, missing.problem) == (False, "eth7: no such interface")
        for vrid in (51, 52):
            wire.add_cable("eth7", "far7")
            wire.here(f"ip address add 198.51.100.{vrid}/24 dev eth7")
            await witness.until(ObserverState, observer="shadow:eth7", up=True)
            wire.send(THERE, "far7", advertisement(vrid, src="198.51.100.2"))
            await witness.until(AdvertisementDelivered, interface="eth7", vrid=vrid)
            wire.here("ip link del eth7")
            await witness.until(ObserverState, observer="shadow:eth7", up=False)
        wire.send(THERE, "far0", advertisement())
        await witness.until(AdvertisementDelivered, interface="eth0")


KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "authentication header": {"auth_type": "AH", "auth_pass": "secret"},
    "virtual MAC": {"use_vmac": True},
    "virtual MAC that sends from the base": {"use_vmac": True, "vmac_xmit_base": True},
    "IPv6": {"vips": (f"{conf.VIP6}/64",), "version": 3},
    "another group": {"mcast_dst_ip": "224.0.0.99"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_agent_beside_a_real_backup_tells_what_its_keepalived_receives(
    make_lab: MakeLab, kind: str
) -> None:
    lab = make_lab(Topology())
    lab.start_keepalived(conf.pair(lab.topology, **KINDS[kind]))
    vip = conf.VIP6 if kind == "IPv6" else conf.VIP
    lab.truth.wait_owner(vip, "lb01")
    lab.start_agents("lb02")
    node = lab.node("lb02")
    source = lab.node("lb01").link_local() if kind == "IPv6" else lab.node("lb01").ipv4()
    delivered = await_record(lab, "AdvertisementDelivered", src=source)
    assert (delivered["interface"], delivered["vrid"]) == ("eth0", 51)
    membership = await_record(lab, "GroupMembership", sockets=1)
    assert membership["interface"] == ("vrrp.51" if kind == "virtual MAC" else "eth0")
    table = "raw6" if kind == "IPv6" else "raw"
    sockets = [
        each
        for each in read_raw_sockets(node.run(["cat", f"/proc/net/{table}"]).stdout)
        if each.protocol in {51, 112}
    ]
    (protocol,) = {each.protocol for each in sockets}  # that of keepalived's, and of the shadow's
    assert (protocol == 51) is (kind == "authentication header")
    # keepalived sends from one, and reads from one that is bound to the group as the shadow is.
    by_inode = {
        each.inode: each for each in sockets
    }  # a table that changes while it is read may show one twice
    assert sorted((each.bound_to_group, each.uid) for each in by_inode.values()) == [
        (False, 0),
        (True, 0),
        (True, agent_identity().uid),
    ]


def test_a_real_filter_takes_delivery_away_and_gives_it_back(make_lab: MakeLab) -> None:
    lab = make_lab(Topology())
    lab.start_keepalived(conf.pair(lab.topology))
    lab.truth.wait_owner(conf.VIP, "lb01")
    lab.start_agents("lb02")
    source = lab.node("lb01").ipv4()
    await_record(lab, "AdvertisementDelivered", src=source)
    with lab.firewall.drop_vrrp_inbound("lb02"):
        begin = lab.now()
        lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
        end = lab.now()
    await_record(lab, "AdvertisementDelivered", src=source, after=end)
    during = [each for each in journal(lab) if begin < each.get("at", 0) < end]
    assert any(each["type"] == "AdvertisementHeard" and each["src"] == source for each in during)
    assert not any(each["type"] == "AdvertisementDelivered" for each in during)


def journal(lab: Lab) -> list[dict[str, Any]]:
    path = lab.agent("lb02").state / "journal.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def await_record(lab: Lab, kind: str, *, after: float = 0.0, **fields: object) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        for each in journal(lab):
            if each["type"] == kind and each["at"] > after and fields.items() <= each.items():
                return each
        return None

    return wait_until(look, what=f"{kind} with {fields}", timeout=HANG_GUARD)
