"""The peer link's own sockets when the ground gives way: addresses, devices, routes and firewalls."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from hawatch import clock
from hawatch.evidence import LinkState, PeerReport
from hawatch.observers.peer_link import PeerLink
from hawatch.targets import LinkTarget
from hawatch.wire.report import NodeReport
from tests.lab.observer_wire import Wire
from tests.lab.witness import HANG_GUARD, Witness, awaited, running

pytestmark = pytest.mark.lab

PORT = 10112
INTERVAL = 0.05


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    wire.here("ip address add 192.0.2.1/24 dev eth0")
    wire.here("ip address add 2001:db8::1/64 dev eth0 nodad")
    with wire.inside():
        yield wire
    wire.close()


@asynccontextmanager
async def linked(*links: LinkTarget, vips: frozenset[str] = frozenset()) -> AsyncIterator[Witness]:
    """An agent with these links, all of which are up at first."""
    witness = Witness()
    link = PeerLink(
        links=links,
        port=PORT,
        key=b"a key",
        node="lb01",
        boot_id="b",
        put=witness.put,
        clock=clock,
        report=lambda _: NodeReport(node="lb01", routers=()),
        interval=INTERVAL,
        vips=lambda: vips,
    )
    async with running(link):
        for each in links:
            await witness.until(LinkState, link=each.link, up=True)
        yield witness


def to_peer(local: str | None, remote: str = "192.0.2.2", name: str = "lan") -> LinkTarget:
    return LinkTarget(peer="lb02", link=name, local=local, remote=remote)


@awaited
async def test_a_lost_address_takes_its_link_down_and_comes_back_with_it(wire: Wire) -> None:
    wire.here("ip address add 198.51.100.1/24 dev eth0")
    links = to_peer("192.0.2.1"), to_peer("198.51.100.1", "198.51.100.2", "heartbeat")
    async with linked(*links) as witness:
        wire.here("ip address del 192.0.2.1/24 dev eth0")
        down = await witness.until(LinkState, up=False)
        assert (down.link, down.problem) == ("lan", "address 192.0.2.1 is not on this host")
        wire.here("ip address add 192.0.2.1/24 dev eth0")
        await witness.until(LinkState, link="lan", up=True)
        assert [state.up for state in witness.all(LinkState, link="heartbeat")] == [True]


@awaited
async def test_a_link_over_a_device_follows_its_device(wire: Wire) -> None:
    wire.add_cable("eth1", "far1")
    wire.here("ip address add 203.0.113.1/24 dev eth1")
    async with linked(to_peer("eth1", "203.0.113.2")) as witness:
        wire.here("ip link del eth1")
        await witness.until(LinkState, up=False, problem="interface eth1 does not exist")
        wire.add_cable("eth1", "far1")
        wire.here("ip address add 203.0.113.1/24 dev eth1")
        await witness.until(LinkState, up=True)


@awaited
async def test_a_path_that_routing_chooses_is_down_without_a_route(wire: Wire) -> None:
    async with linked(to_peer(None), to_peer(None, "2001:db8::2", "six")) as witness:
        wire.here("ip link set eth0 down")
        for name, remote in (("lan", "192.0.2.2"), ("six", "2001:db8::2")):
            problem = await _problem(witness, name)
            assert problem == f"no route to {remote}"


async def _problem(witness: Witness, name: str) -> str | None:
    while not (states := witness.all(LinkState, link=name, up=False)):
        await witness.until(LinkState)
    return states[0].problem


@awaited
async def test_a_firewall_of_this_host_is_named(wire: Wire) -> None:
    async with linked(to_peer("192.0.2.1")) as witness:
        wire.here("nft add table inet t")
        wire.here("nft add chain inet t o { type filter hook output priority 0 ; policy drop ; }")
        down = await witness.until(LinkState, up=False)
        assert down.problem == "a firewall or a policy on this host refuses sending to 192.0.2.2"
        wire.here("nft delete table inet t")
        await witness.until(LinkState, up=True)


@awaited
async def test_agents_speak_over_link_local_addresses_and_devices(wire: Wire) -> None:
    wire.here("ip address add fe80::1/64 dev eth0 nodad")
    wire.there("ip address add fe80::2/64 dev far0 nodad")
    async with linked(to_peer("eth0", "fe80::2%eth0")) as witness:
        there = Witness()
        with wire.inside("there"):
            other = PeerLink(
                links=[LinkTarget(peer="lb01", link="lan", local="fe80::2%far0", remote="fe80::1%far0")],
                port=PORT,
                key=b"a key",
                node="lb02",
                boot_id="b",
                put=there.put,
                clock=clock,
                report=lambda _: NodeReport(node="lb02", routers=()),
                interval=INTERVAL,
            )
            task = asyncio.create_task(other.run())
            await there.until(LinkState, up=True)  # its socket is open, in its own namespace
        heard = await witness.until(PeerReport)
        assert (heard.src, heard.link, heard.report.node) == ("fe80::2", "lan", "lb02")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@awaited
async def test_nothing_leaves_from_a_vip_while_the_device_has_another_address(wire: Wire) -> None:
    near, far, vip = "2001:db8::1", "2001:db8::8:2", "2001:db8::8:100"  # the VIP is nearest to the other end
    wire.here(f"ip address add {vip}/64 dev eth0 nodad")
    wire.there(f"ip address add {far}/64 dev far0 nodad")
    with wire.inside("there"):
        other = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    with other:
        other.bind((far, PORT))
        for local in (None, "eth0"):
            for vips, source in ((frozenset[str](), vip), (frozenset({vip}), near)):
                async with linked(to_peer(local, far), vips=vips):
                    async with asyncio.timeout(HANG_GUARD):
                        _, address = await asyncio.get_running_loop().sock_recvfrom(other, 65_535)
                    assert address[0] == source, (local, vips)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        other.recv(65_535)
        wire.here(f"ip address del {near}/64 dev eth0")
        async with linked(to_peer(None, far), vips=frozenset({vip})):
            async with asyncio.timeout(HANG_GUARD):
                _, address = await asyncio.get_running_loop().sock_recvfrom(other, 65_535)
            assert address[0] == vip, "a VIP is better than nothing"
