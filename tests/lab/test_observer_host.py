"""The host observer before a real kernel: groups that are joined and left, packets that rp_filter drops, pressure."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from hawatch import clock
from hawatch.evidence import GroupMembership, HostTools, ObserverState, PressureSeen, ReversePathSeen
from hawatch.observers.host import Host
from hawatch.observers.shadow import Shadow
from hawatch.targets import ShadowTarget
from hawatch.wire.family import Family
from tests.lab.observer_wire import THERE, Wire
from tests.lab.witness import Witness, awaited, running

pytestmark = pytest.mark.lab

HOST, PEER, STRANGER, GROUP = "192.0.2.1", "192.0.2.2", "198.51.100.2", "224.0.0.18"
TARGET = ShadowTarget(interface="eth0", device="eth0", family=Family.IPV4, group=GROUP)
TARGET6 = ShadowTarget(interface="eth0", device="eth0", family=Family.IPV6, group="ff02::12")


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    for scope in ("all", "default", "eth0"):  # a new namespace may have its host's values
        wire.here(f"sysctl -q -w net.ipv4.conf.{scope}.rp_filter=0")
    wire.here(f"ip address add {HOST}/24 dev eth0")
    with wire.inside():
        yield wire
    wire.close()


def host(witness: Witness, *targets: ShadowTarget, joined: Counter[tuple[str, str]] | None = None) -> Host:
    return Host(
        shadows=targets,
        reverse_paths={"eth0"},
        interfaces={"eth0"},
        put=witness.put,
        clock=clock,
        joined=joined,
    )


def join_as_keepalived_does() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
    request = socket.inet_aton(GROUP) + struct.pack("@4xi", socket.if_nametoindex("eth0"))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
    return sock


@awaited
async def test_a_group_that_somebody_joins_and_leaves_is_told(wire: Wire) -> None:
    witness = Witness()
    async with running(host(witness, TARGET, TARGET6)):
        await witness.until(GroupMembership, interface="eth0", group=GROUP, sockets=0)
        await witness.until(GroupMembership, interface="eth0", group="ff02::12", sockets=0)
        with join_as_keepalived_does():
            await witness.until(GroupMembership, group=GROUP, sockets=1)
        await witness.until(GroupMembership, group=GROUP, sockets=0)


@awaited
async def test_our_own_shadow_is_not_counted(wire: Wire) -> None:
    witness, joined = Witness(), Counter[tuple[str, str]]()
    async with running(Shadow(targets=(TARGET, TARGET6), put=witness.put, clock=clock, joined=joined)):
        await witness.until(ObserverState, observer="shadow:eth0", up=True)
        async with running(host(witness, TARGET, TARGET6, joined=joined)):
            await witness.until(GroupMembership, group=GROUP, sockets=0)
            await witness.until(GroupMembership, group="ff02::12", sockets=0)
            with join_as_keepalived_does():
                await witness.until(GroupMembership, group=GROUP, sockets=1)


@awaited
async def test_a_device_that_is_not_there_has_no_membership_to_miss(wire: Wire) -> None:
    witness = Witness()
    seven = ShadowTarget(interface="eth7", device="eth7", family=Family.IPV4, group=GROUP)
    async with running(host(witness, seven)):
        await witness.until(GroupMembership, interface="eth7", sockets=None)
        wire.add_cable("eth7", "far7")
        await witness.until(GroupMembership, interface="eth7", sockets=0)


@awaited
async def test_advertisements_of_a_source_that_is_reached_elsewhere_are_counted_where_the_filter_is_strict(
    wire: Wire,
) -> None:
    wire.add_cable("eth1", "far1")
    wire.here("ip address add 203.0.113.1/24 dev eth1")
    wire.here(f"ip route add {STRANGER}/32 via 203.0.113.2 dev eth1")  # the asymmetric route
    payload = Raw(b"\x21\x33\x64\x01\x00\x01" + bytes(14))
    frame = Ether(dst="01:00:5e:00:00:12") / IP(src=STRANGER, dst=GROUP, ttl=255, proto=112) / payload
    witness = Witness()
    with join_as_keepalived_does() as keepalived:
        keepalived.setblocking(False)
        async with running(host(witness, TARGET)):
            await witness.until(ReversePathSeen, interface="eth0", strict=False)
            wire.send(THERE, "far0", frame)
            assert keepalived.recv(100)
            wire.here("sysctl -q -w net.ipv4.conf.all.rp_filter=1")
            await witness.until(ReversePathSeen, interface="eth0", strict=True, dropped=0)
            wire.send(THERE, "far0", frame, frame)
            await witness.until(ReversePathSeen, interface="eth0", strict=True, dropped=2)
            with pytest.raises(BlockingIOError):
                keepalived.recv(100)
            wire.here("sysctl -q -w net.ipv4.conf.all.rp_filter=2")
            await witness.until(ReversePathSeen, interface="eth0", strict=False)


@awaited
async def test_an_agent_that_wakes_late_says_so(wire: Wire) -> None:
    witness = Witness()
    async with running(host(witness)):
        await witness.until(PressureSeen)
        time.sleep(1.5)  # noqa: ASYNC251  what a stalled host does to the whole process
        late = await witness.until(PressureSeen)
    assert late.slept > 0.05
    assert late.starved_share is None or 0 <= late.starved_share <= 1


@awaited
async def test_what_does_not_change_is_told_once(wire: Wire) -> None:
    witness = Witness()
    async with running(host(witness, TARGET)):
        await witness.until(PressureSeen)
        await asyncio.sleep(2.5)  # two more looks
    assert len(witness.all(GroupMembership)) == 1
    assert len(witness.all(ReversePathSeen)) == 1
    assert len(witness.all(HostTools)) == 1
