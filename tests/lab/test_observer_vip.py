"""The vip observer before a real kernel: addresses come and go, devices too, and the netlink queue runs over."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.lab.waiting import wait_until
from hawatch import clock
from hawatch.evidence import InterfaceState, ObserverState, VipHeld
from hawatch.observers.vip import VipObserver
from tests.lab.observer_wire import Wire
from tests.lab.witness import HANG_GUARD, Witness, awaited, running

pytestmark = pytest.mark.lab

VIP = "192.0.2.100"
VIP6 = "2001:db8::100"


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    with wire.inside():
        yield wire
    wire.close()


def watch(witness: Witness, **changes: object) -> VipObserver:
    arguments = {"vips": {VIP, VIP6}, "interfaces": {"eth0"}, "put": witness.put, "clock": clock}
    return VipObserver(**(arguments | changes))  # type: ignore[arg-type]


@awaited
async def test_at_the_start_every_vip_and_interface_is_told(wire: Wire) -> None:
    wire.here(f"ip address add {VIP}/24 dev eth0")
    witness = Witness()
    async with running(watch(witness)):
        await witness.until(ObserverState, observer="vip", up=True)
    (vip,) = witness.all(VipHeld, address=VIP)
    (vip6,) = witness.all(VipHeld, address=VIP6)
    (interface,) = witness.all(InterfaceState)
    assert (vip.held, vip.interface) == (True, "eth0")
    assert (vip6.held, vip6.interface) == (False, None)
    assert (interface.carrier, interface.addresses) == (True, (VIP,))
    assert interface.mac == wire.mac("here", "eth0")
    assert len(witness.records) == 4


@awaited
async def test_a_vip_that_comes_and_goes_is_told_once_each_time(wire: Wire) -> None:
    witness = Witness()
    async with running(watch(witness)):
        await witness.until(ObserverState, up=True)
        for address in (f"{VIP}/32", f"{VIP6}/128 nodad"):
            wire.here(f"ip address add {address} dev eth0")
            told = await witness.until(VipHeld, held=True)
            assert told.address == address.split("/", maxsplit=1)[0]
            await witness.until(InterfaceState)
            wire.here(f"ip address del {address.split()[0]} dev eth0")
            assert (await witness.until(VipHeld)).held is False
            await witness.until(InterfaceState)
    assert [record.held for record in witness.all(VipHeld)] == [False, False, True, False, True, False]
    assert [record.addresses for record in witness.all(InterfaceState)] == [(), (VIP,), (), (VIP6,), ()]


@awaited
async def test_hundreds_of_vips_at_once_are_told_one_by_one_and_the_list_of_the_device_a_few_times(
    wire: Wire, tmp_path: Path
) -> None:
    many = {f"192.0.2.{number}" for number in range(1, 201)}
    batch = tmp_path / "batch"
    batch.write_text("".join(f"address add {address}/32 dev eth0\n" for address in many))
    witness = Witness()
    async with running(watch(witness, vips=many)):
        await witness.until(ObserverState, up=True)
        wire.here(f"ip -batch {batch}")
        while set(witness.all(InterfaceState)[-1].addresses) != many:
            await witness.until(InterfaceState)
    assert {record.address for record in witness.all(VipHeld, held=True)} == many
    assert len(witness.all(InterfaceState)) < len(many) / 4


@awaited
async def test_a_vip_on_two_devices_is_held_until_both_have_lost_it(wire: Wire) -> None:
    wire.add_cable("eth1", "far1")
    witness = Witness()
    async with running(watch(witness, interfaces={"eth1"})):
        await witness.until(ObserverState, up=True)
        wire.here(f"ip address add {VIP}/32 dev eth0")
        assert (await witness.until(VipHeld, held=True)).interface == "eth0"
        wire.here(f"ip address add {VIP}/32 dev eth1")  # the one that matters to VRRP is named
        assert (await witness.until(VipHeld)).interface == "eth1"
        wire.here(f"ip address del {VIP}/32 dev eth1")
        assert (await witness.until(VipHeld)).interface == "eth0"
        wire.here(f"ip address del {VIP}/32 dev eth0")
        assert (await witness.until(VipHeld)).held is False


@awaited
async def test_the_same_vip_with_two_prefix_lengths_is_two_addresses(wire: Wire) -> None:
    wire.here(f"ip address add {VIP}/24 dev eth0")
    wire.here(f"ip address add {VIP}/32 dev eth0")
    witness = Witness()
    async with running(watch(witness)):
        await witness.until(ObserverState, up=True)
        wire.here(f"ip address del {VIP}/32 dev eth0")
        wire.here("ip address add 192.0.2.9/32 dev eth0")
        await witness.until(InterfaceState, addresses=(VIP, "192.0.2.9"))
        assert len(witness.all(VipHeld, address=VIP)) == 1
        wire.here(f"ip address del {VIP}/24 dev eth0")
        await witness.until(VipHeld, address=VIP, held=False)


@awaited
async def test_a_vip_on_the_loopback_counts_only_where_the_configuration_puts_it_there(wire: Wire) -> None:
    wire.here(f"ip address add {VIP}/32 dev lo")
    for configured, expected in ((frozenset[str](), False), (frozenset({VIP}), True)):
        witness = Witness()
        async with running(watch(witness, loopback_vips=configured)):
            assert (await witness.until(VipHeld, address=VIP)).held is expected


def dad_failed(wire: Wire) -> bool | None:
    return "dadfailed" in wire.here("ip -6 address show dev eth0") or None


@awaited
async def test_an_ipv6_vip_is_not_held_while_another_host_defends_it(wire: Wire) -> None:
    wire.there(f"ip address add {VIP6}/64 dev far0 nodad")
    witness = Witness()
    async with running(watch(witness)):
        await witness.until(ObserverState, up=True)
        wire.here(f"ip address add {VIP6}/64 dev eth0")
        failed = functools.partial(dad_failed, wire)
        await asyncio.to_thread(wait_until, failed, what="the detection to fail", timeout=HANG_GUARD)
        wire.here("ip address add 192.0.2.9/32 dev eth0")
        await witness.until(InterfaceState, addresses=("192.0.2.9",))
    assert [record.held for record in witness.all(VipHeld, address=VIP6)] == [False]


@awaited
async def test_an_ipv6_vip_is_held_when_its_detection_has_ended(wire: Wire) -> None:
    witness = Witness()
    async with running(watch(witness)):
        await witness.until(ObserverState, up=True)
        wire.here(f"ip address add {VIP6}/64 dev eth0")
        assert "tentative" in wire.here("ip -6 address show dev eth0")
        told = await witness.until(VipHeld)
        assert (told.address, told.held) == (VIP6, True)
        assert "tentative" not in wire.here("ip -6 address show dev eth0")


@awaited
async def test_carrier_follows_the_far_end_of_the_cable(wire: Wire) -> None:
    witness = Witness()
    async with running(watch(witness)):
        await witness.until(InterfaceState, carrier=True)
        wire.there("ip link set far0 down")
        await witness.until(InterfaceState, carrier=False)
        wire.there("ip link set far0 up")
        await witness.until(InterfaceState, carrier=True)
        wire.here("ip link set eth0 down")
        await witness.until(InterfaceState, carrier=False)


@awaited
async def test_an_interface_that_is_missing_is_unknown_until_it_appears(wire: Wire) -> None:
    witness = Witness()
    async with running(watch(witness, interfaces={"eth7"})):
        told = await witness.until(InterfaceState)
        assert (told.interface, told.carrier, told.mac, told.addresses) == ("eth7", None, None, ())
        wire.add_cable("eth7", "far7")
        await witness.until(InterfaceState, carrier=True)
        wire.here(f"ip address add {VIP}/24 dev eth7")
        await witness.until(VipHeld, held=True, interface="eth7")
        wire.here("ip link del eth7")
        await witness.until(VipHeld, held=False)
        await witness.until(InterfaceState, carrier=None)


@awaited
async def test_a_renamed_interface_is_known_by_its_new_name(wire: Wire) -> None:
    wire.here(f"ip address add {VIP}/24 dev eth0")
    witness = Witness()
    async with running(watch(witness, interfaces={"eth0", "wan0"})):
        await witness.until(VipHeld, held=True, interface="eth0")
        wire.here("ip link set eth0 down")
        wire.here("ip link set eth0 name wan0")
        assert (await witness.until(VipHeld, address=VIP)).interface == "wan0"
        assert (await witness.until(InterfaceState, interface="eth0")).carrier is None
        assert (await witness.until(InterfaceState, interface="wan0")).addresses == (VIP,)


@awaited
async def test_leaving_a_bridge_does_not_delete_a_device(wire: Wire) -> None:
    wire.here(f"ip address add {VIP}/24 dev eth0")
    wire.here("ip link add br0 type bridge")
    witness = Witness()
    async with running(watch(witness)):
        await witness.until(VipHeld, held=True)
        wire.here("ip link set eth0 master br0")
        wire.here("ip link set eth0 nomaster")
        wire.here("ip address add 192.0.2.9/32 dev eth0")
        await witness.until(InterfaceState, addresses=(VIP, "192.0.2.9"))
    assert [record.held for record in witness.all(VipHeld, address=VIP)] == [True]
    assert {record.carrier for record in witness.all(InterfaceState)} == {True}


@awaited
async def test_an_overrun_makes_everything_unknown_until_it_has_been_read_again(wire: Wire) -> None:
    wire.here(f"ip address add {VIP}/24 dev eth0")
    witness = Witness()
    async with running(watch(witness, receive_buffer=2048)):
        await witness.until(ObserverState, up=True)
        for number in range(1, 60):  # no await: the observer cannot read meanwhile
            wire.here(f"ip address add 198.51.100.{number}/32 dev lo")
        wire.here(f"ip address del {VIP}/24 dev eth0")
        await witness.until(VipHeld, address=VIP, held=None)
        await witness.until(InterfaceState, interface="eth0", carrier=None)
        trouble = await witness.until(ObserverState, up=False)
        assert trouble.problem
        assert "ran over" in trouble.problem
        assert (await witness.until(VipHeld, address=VIP)).held is False
        assert (
            await witness.until(VipHeld, address=VIP6)
        ).held is False  # told again, though it is as before
        await witness.until(InterfaceState, carrier=True)
        await witness.until(ObserverState, up=True)
        wire.here(f"ip address add {VIP}/24 dev eth0")
        await witness.until(VipHeld, address=VIP, held=True)


CHANGES = 10_000


@awaited
async def test_a_storm_of_10_000_address_changes_is_folded_and_its_end_is_told_as_it_is(
    wire: Wire, tmp_path: Path
) -> None:
    addresses = [f"10.{n // 62500}.{n // 250 % 250}.{n % 250 + 1}" for n in range(CHANGES // 2)]
    batch = tmp_path / "storm"
    lines = [f"address add {VIP}/32 dev eth0"]
    for what in ("add", "del"):
        lines += [f"address {what} {each}/32 dev eth0" for each in addresses]
    batch.write_text("\n".join(lines) + "\n", encoding="ascii")
    witness = Witness()
    async with running(watch(witness)):
        await witness.until(ObserverState, up=True)
        await asyncio.to_thread(wire.here, f"ip -batch {batch}")
        await witness.until(InterfaceState, addresses=(VIP,))
        await asyncio.to_thread(wire.here, f"ip address del {VIP}/32 dev eth0")
        await witness.until(VipHeld, address=VIP, held=False)
        await witness.until(InterfaceState, addresses=())
    assert True in [record.held for record in witness.all(VipHeld, address=VIP)]
    assert sum(len(record.addresses) for record in witness.all(InterfaceState)) < 100 * CHANGES
    assert len(witness.records) < CHANGES / 10
