"""The prober before real hosts: kernels that hold the VIP or do not, and the frames that must not count."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet

from hawatch import clock
from hawatch.evidence import ObserverState, ProbeAnswer, ProbeRound
from hawatch.observers.arp_probe import Prober
from hawatch.targets import ProbeTarget
from hawatch.wire.family import Family
from tests.lab.observer_wire import HERE, THERE, Wire
from tests.lab.witness import HANG_GUARD, Witness, awaited, running

pytestmark = pytest.mark.lab

VIP, VIP6 = "192.0.2.100", "2001:db8::100"
TARGET = ProbeTarget(vip=VIP, family=Family.IPV4, interface="eth0")
TARGET6 = ProbeTarget(vip=VIP6, family=Family.IPV6, interface="eth0")


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    wire.here("ip address add 192.0.2.1/24 dev eth0")
    wire.here("ip address add fe80::1/64 dev eth0 nodad")
    with wire.inside():
        yield wire
    wire.close()


def prepare(witness: Witness, window: float = 0.1) -> Prober:
    return Prober(vips={VIP, VIP6}, put=witness.put, clock=clock, window=window)


def eavesdrop(wire: Wire) -> socket.socket:
    """Hears at the far end what the prober sends."""
    with wire.inside(THERE):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        sock.bind(("far0", 3))
    sock.settimeout(HANG_GUARD)
    return sock


def hear(ear: socket.socket, kind: type[Packet]) -> Packet:
    """The next frame of this kind; the kernels have things to say, too."""
    while kind not in (frame := Ether(ear.recv(2048))):
        pass
    return frame


@awaited
async def test_the_one_host_that_has_the_vip_answers_once(wire: Wire) -> None:
    wire.there(f"ip address add {VIP}/24 dev far0")
    prober = prepare(witness := Witness())
    async with running(prober):
        await witness.until(ObserverState, observer="arp_probe", up=True)
        before = clock.monotonic()
        prober.ask(TARGET)
        told = await witness.until(ProbeRound)
    assert before <= told.asked_at < told.at <= clock.monotonic()
    assert (told.sent, told.vip, told.interface) == (True, VIP, "eth0")
    assert told.answers == (ProbeAnswer(mac=wire.mac(THERE, "far0"), count=1),)
    assert (told.control_address, told.control_answers) == (None, ())


@awaited
async def test_the_question_comes_from_the_devices_own_address(wire: Wire) -> None:
    wire.here(f"ip address add {VIP}/24 dev eth0")
    prober = prepare(witness := Witness())
    with eavesdrop(wire) as ear:
        async with running(prober):
            await witness.until(ObserverState, up=True)
            prober.ask(TARGET)
            await witness.until(ProbeRound)
        frame = hear(ear, ARP)
    assert frame.dst == "ff:ff:ff:ff:ff:ff"
    assert frame.src == frame[ARP].hwsrc == wire.mac(HERE, "eth0")
    assert (frame[ARP].op, frame[ARP].psrc, frame[ARP].pdst) == (1, "192.0.2.1", VIP)


@awaited
async def test_an_address_in_the_vips_subnet_is_the_better_sender(wire: Wire) -> None:
    wire.here("ip address add 198.51.100.1/24 dev eth0")
    prober = prepare(witness := Witness())
    with eavesdrop(wire) as ear:
        async with running(prober):
            await witness.until(ObserverState, up=True)
            prober.ask(ProbeTarget(vip="198.51.100.9", family=Family.IPV4, interface="eth0"))
            await witness.until(ProbeRound)
        assert hear(ear, ARP)[ARP].psrc == "198.51.100.1"


@awaited
async def test_a_device_that_has_only_vips_asks_without_an_address_and_is_answered(wire: Wire) -> None:
    wire.here("ip address flush dev eth0")
    wire.here(f"ip address add {VIP}/24 dev eth0")
    wire.there(f"ip address add {VIP}/24 dev far0")
    prober = prepare(witness := Witness())
    async with running(prober):
        await witness.until(ObserverState, up=True)
        prober.ask(TARGET)
        told = await witness.until(ProbeRound)
    assert told.answers == (ProbeAnswer(mac=wire.mac(THERE, "far0"), count=1),)
    assert VIP not in wire.there("ip neighbour show dev far0")


@awaited
async def test_an_own_vip_that_nobody_else_has_is_not_answered(wire: Wire) -> None:
    wire.here(f"ip address add {VIP}/24 dev eth0")
    prober = prepare(witness := Witness())
    async with running(prober):
        await witness.until(ObserverState, up=True)
        prober.ask(TARGET)
        told = await witness.until(ProbeRound)
    assert (told.sent, told.answers) == (True, ())


@awaited
async def test_two_hosts_that_have_the_vip_are_two_answers(wire: Wire) -> None:
    wire.add_host("left", f"{VIP}/24", "192.0.2.2/24")
    wire.add_host("right", f"{VIP}/24")
    prober = prepare(witness := Witness())
    async with running(prober):
        await witness.until(ObserverState, up=True)
        prober.ask(TARGET, "192.0.2.2")
        told = await witness.until(ProbeRound)
    macs = sorted([wire.mac("left", "eth0"), wire.mac("right", "eth0")])
    assert told.answers == tuple(ProbeAnswer(mac=mac, count=1) for mac in macs)
    assert told.control_address == "192.0.2.2"
    assert told.control_answers == (ProbeAnswer(mac=wire.mac("left", "eth0"), count=1),)


@awaited
async def test_two_hosts_with_one_virtual_mac_are_two_answers_of_one_mac(wire: Wire) -> None:
    vmac = "00:00:5e:00:01:33"
    for host in ("left", "right"):
        wire.add_host(host, f"{VIP}/24")
        wire.run(host, f"ip link set eth0 address {vmac}")
    prober = prepare(witness := Witness())
    async with running(prober):
        await witness.until(ObserverState, up=True)
        prober.ask(TARGET)
        assert (await witness.until(ProbeRound)).answers == (ProbeAnswer(mac=vmac, count=2),)


@awaited
async def test_an_ipv6_vip_is_asked_for_in_its_solicited_node_group(wire: Wire) -> None:
    wire.there(f"ip address add {VIP6}/64 dev far0 nodad")
    wire.there("ip address add fe80::2/64 dev far0 nodad")
    prober = prepare(witness := Witness())
    with eavesdrop(wire) as ear:
        async with running(prober):
            await witness.until(ObserverState, up=True)
            prober.ask(TARGET6, "fe80::2")
            told = await witness.until(ProbeRound)
        frame = hear(ear, ICMPv6ND_NS)
    answer = (ProbeAnswer(mac=wire.mac(THERE, "far0"), count=1),)
    assert (told.answers, told.control_answers) == (answer, answer)
    assert (frame.dst, frame[IPv6].dst, frame[IPv6].src) == (
        "33:33:ff:00:01:00",
        "ff02::1:ff00:100",
        "fe80::1",
    )
    assert frame[ICMPv6ND_NS].tgt == VIP6


@awaited
async def test_a_link_local_vip_is_never_the_sender(wire: Wire) -> None:
    wire.here("ip address flush dev eth0")
    wire.here("ip address add fe80::100/64 dev eth0 nodad")
    prober = Prober(vips={"fe80::100"}, put=(witness := Witness()).put, clock=clock)
    async with running(prober):
        await witness.until(ObserverState, up=True)
        prober.ask(ProbeTarget(vip="fe80::100", family=Family.IPV6, interface="eth0"))
        assert not (await witness.until(ProbeRound)).sent


@awaited
async def test_announcements_and_answers_to_others_do_not_count(wire: Wire) -> None:
    mine, other = wire.mac(HERE, "eth0"), "02:00:00:00:00:99"
    prober = prepare(witness := Witness())
    async with running(prober):
        await witness.until(ObserverState, up=True)
        prober.ask(TARGET)
        prober.ask(TARGET6)
        wire.send(
            THERE,
            "far0",
            Ether(src=other, dst="ff:ff:ff:ff:ff:ff") / ARP(op=2, hwsrc=other, psrc=VIP, pdst=VIP),
            Ether(src=other, dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=other, psrc=VIP, pdst=VIP),
            Ether(src=other, dst=other) / ARP(op=2, hwsrc=other, psrc=VIP, pdst="192.0.2.9"),
            Ether(src=other, dst=mine) / ARP(op=2, hwsrc=other, psrc="192.0.2.9", pdst="192.0.2.1"),
            Ether(src=mine, dst=mine) / ARP(op=2, hwsrc=mine, psrc=VIP, pdst="192.0.2.1"),
            Ether(src=other, dst="33:33:00:00:00:01")
            / IPv6(src="fe80::9", dst="ff02::1", hlim=255)
            / ICMPv6ND_NA(tgt=VIP6, S=0, O=1)
            / ICMPv6NDOptDstLLAddr(lladdr=other),
        )
        assert (await witness.until(ProbeRound, vip=VIP)).answers == ()
        assert (await witness.until(ProbeRound, vip=VIP6)).answers == ()


@awaited
async def test_questions_for_one_vip_never_overlap(wire: Wire) -> None:
    wire.there(f"ip address add {VIP}/24 dev far0")
    prober = prepare(witness := Witness())
    async with running(prober):
        await witness.until(ObserverState, up=True)
        for _ in range(4):
            prober.ask(TARGET)
        first, second = await witness.until(ProbeRound), await witness.until(ProbeRound)
        assert second.asked_at >= first.at
        assert [answer.count for told in (first, second) for answer in told.answers] == [1, 1]
        prober.ask(TARGET)
        await witness.until(ProbeRound)
    assert len(witness.all(ProbeRound)) == 3  # those asked meanwhile had become one


def ask_for(prober: Prober, vips: list[str]) -> None:
    """All of them at once, each beside the other node's own address."""
    for vip in vips:
        prober.ask(ProbeTarget(vip=vip, family=Family.IPV4, interface="eth0"), "192.0.2.2")


@awaited
async def test_rounds_side_by_side_share_the_control_question(wire: Wire) -> None:
    wire.there("ip address add 192.0.2.2/24 dev far0")
    vips = [f"192.0.2.{number}" for number in range(101, 111)]
    for vip in vips:
        wire.there(f"ip address add {vip}/32 dev far0")
    prober = prepare(witness := Witness())
    async with running(prober):
        await witness.until(ObserverState, up=True)
        ask_for(prober, vips)
        for vip in vips:
            told = await witness.until(ProbeRound, vip=vip)
            assert [answer.count for answer in told.answers + told.control_answers] == [1, 1]


@awaited
async def test_thousands_of_vips_asked_for_at_once_are_all_answered(wire: Wire, tmp_path: Path) -> None:
    vips = [f"10.{number // 200}.{number % 200}.1" for number in range(3000)]
    batch = tmp_path / "vips"
    batch.write_text("".join(f"address add {vip}/32 dev far0\n" for vip in (*vips, "192.0.2.2")))
    wire.there(f"ip -batch {batch}")
    prober = prepare(witness := Witness())
    async with running(prober):
        await witness.until(ObserverState, up=True)
        ask_for(prober, vips)
        await witness.when(lambda: len(witness.all(ProbeRound)) == len(vips))
    told = witness.all(ProbeRound)
    assert {each.vip for each in told} == set(vips)
    counts = Counter(tuple(answer.count for answer in each.answers + each.control_answers) for each in told)
    assert counts == {(1, 1): len(vips)}


@awaited
async def test_what_cannot_be_asked_says_so(wire: Wire) -> None:
    prober = prepare(witness := Witness())
    prober.ask(TARGET)
    assert not (await witness.until(ProbeRound)).sent  # it does not run yet
    async with running(prober):
        await witness.until(ObserverState, up=True)
        prober.ask(ProbeTarget(vip=VIP, family=Family.IPV4, interface="eth7"))
        assert not (await witness.until(ProbeRound, interface="eth7")).sent
        wire.there("ip link set far0 down")
        prober.ask(TARGET)
        assert not (await witness.until(ProbeRound)).sent
        wire.there("ip link set far0 up")
        wire.here("ip address flush dev eth0")
        prober.ask(TARGET6)
        assert not (await witness.until(ProbeRound)).sent
    assert {told.answers for told in witness.all(ProbeRound)} == {()}


@awaited
async def test_a_device_that_was_replaced_is_asked_over_anew(wire: Wire) -> None:
    prober = prepare(witness := Witness())
    async with running(prober):
        await witness.until(ObserverState, up=True)
        prober.ask(TARGET)
        assert (await witness.until(ProbeRound)).answers == ()
        wire.here("ip link del eth0")
        wire.add_cable("eth0", "far0")
        wire.there(f"ip address add {VIP}/24 dev far0")
        prober.ask(TARGET)
        assert len((await witness.until(ProbeRound)).answers) == 1


@awaited
async def test_a_control_of_the_other_family_is_not_asked(wire: Wire) -> None:
    prober = prepare(witness := Witness())
    async with running(prober):
        await witness.until(ObserverState, up=True)
        prober.ask(TARGET, "fe80::2")
        assert (await witness.until(ProbeRound)).control_address is None
