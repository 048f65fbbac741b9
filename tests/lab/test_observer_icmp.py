"""The icmp observer before real hosts: those that answer, those that do not, and what cannot even be sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from hawatch import clock
from hawatch.evidence import EchoResult, ObserverState
from hawatch.observers.icmp import EchoObserver, echo_path
from hawatch.targets import LinkTarget, ReferenceTarget
from tests.lab.observer_wire import Wire
from tests.lab.witness import Witness, awaited, running

pytestmark = pytest.mark.lab

HOST, PEER = "192.0.2.1", "192.0.2.2"
LONG = 60.0  # seconds; an interval in which a test has ended


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    wire.here(f"ip address add {HOST}/24 dev eth0")
    wire.there(f"ip address add {PEER}/24 dev far0")
    for run, interface, address in ((wire.here, "eth0", "fe80::1"), (wire.there, "far0", "fe80::2")):
        run(f"ip address add {address}/64 dev {interface} nodad")
    with wire.inside():
        yield wire
    wire.close()


def ping(witness: Witness, *links: LinkTarget, interval: float = LONG, timeout: float = 0.8) -> EchoObserver:
    return EchoObserver(
        links=links, references=(), put=witness.put, clock=clock, interval=interval, timeout=timeout
    )


def link(remote: str = PEER, local: str | None = HOST) -> LinkTarget:
    return LinkTarget(peer="lb02", link="lan", remote=remote, local=local)


@pytest.mark.parametrize(
    ("remote", "local"),
    [
        (PEER, HOST),
        (PEER, "eth0"),
        (PEER, None),
        ("fe80::2", "eth0"),
        ("fe80::2%eth0", None),
        ("fe80::2%eth0", "fe80::1%eth0"),
    ],
)
@awaited
async def test_a_host_that_answers_is_told_with_its_round_trip(
    wire: Wire, remote: str, local: str | None
) -> None:
    witness = Witness()
    async with running(ping(witness, link(remote, local), interval=0.05)):
        told = await witness.until(EchoResult, replied=True)
    assert (told.target, told.link, told.problem) == ("lb02", "lan", None)
    assert told.address == remote
    assert told.rtt_seconds is not None
    assert 0 < told.rtt_seconds < 0.8


@pytest.mark.parametrize("local", [None, "eth0"])
@pytest.mark.parametrize(
    ("own", "remote", "vip", "zone"),
    [("2001:db8::1", "2001:db8::8:2", "2001:db8::8:100", ""), (None, "fe80::8:2", "fe80::8:100", "%eth0")],
)
@awaited
async def test_a_host_that_has_our_vip_as_well_answers_us_all_the_same(
    wire: Wire, local: str | None, own: str | None, remote: str, vip: str, zone: str
) -> None:
    if own is not None:
        wire.here(f"ip address add {own}/64 dev eth0 nodad")
    wire.here(f"ip address add {vip}/64 dev eth0 nodad")  # nearest to the other end, or added last
    for address in (remote, vip):
        wire.there(f"ip address add {address}/64 dev far0 nodad")
    witness = Witness()
    links = [link(f"{remote}{zone}", local)]
    observer = EchoObserver(
        links=links, references=(), put=witness.put, clock=clock, interval=LONG, vips=lambda: {vip}
    )
    async with running(observer):
        told = await witness.until(EchoResult)
    assert (told.replied, told.problem) == (True, None)


@awaited
async def test_a_reference_has_no_link(wire: Wire) -> None:
    witness = Witness()
    reference = ReferenceTarget(name="gateway", address=PEER)
    observer = EchoObserver(links=(), references=(reference,), put=witness.put, clock=clock)
    async with running(observer):
        told = await witness.until(EchoResult)
    assert (told.target, told.link, told.replied) == ("gateway", None, True)


@awaited
async def test_silence_is_no_reply(wire: Wire) -> None:
    wire.there(f"ip address del {PEER}/24 dev far0")
    witness = Witness()
    async with running(ping(witness, link(), timeout=0.1)):
        told = await witness.until(EchoResult)
    assert (told.replied, told.rtt_seconds, told.problem) == (False, None, None)


@awaited
async def test_what_the_firewall_does_not_let_out_was_not_sent(wire: Wire) -> None:
    wire.here("nft add table ip f")
    wire.here("nft add chain ip f out {type filter hook output priority 0;policy drop;}")
    witness = Witness()
    async with running(ping(witness, link())):
        told = await witness.until(EchoResult)
    assert (told.replied, told.problem) == (None, f"{PEER}: Operation not permitted")


@pytest.mark.parametrize(
    ("remote", "local", "problem"),
    [
        ("198.51.100.1", None, "198.51.100.1: Network is unreachable"),
        (PEER, "192.0.2.99", "192.0.2.99: Cannot assign requested address"),
        (PEER, "eth7", "eth7: No such device"),
    ],
)
@awaited
async def test_what_has_no_way_out_was_not_sent(
    wire: Wire, remote: str, local: str | None, problem: str
) -> None:
    witness = Witness()
    async with running(ping(witness, link(remote, local))):
        told = await witness.until(EchoResult)
    assert (told.replied, told.problem) == (None, problem)


@awaited
async def test_a_name_is_asked_for_anew_when_its_address_stays_silent(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = iter(["192.0.2.66", PEER])
    families = []

    def look_up(name: str, port: None, family: int, kind: int) -> list[tuple[object, ...]]:
        families.append(family)
        return [(family, kind, 0, "", (next(addresses), 0))]

    monkeypatch.setattr(echo_path, "getaddrinfo", look_up)
    witness = Witness()
    async with running(ping(witness, link("lb02.example"), interval=0.05, timeout=0.04)):
        assert (await witness.until(EchoResult, replied=False)).address == "192.0.2.66"
        assert (await witness.until(EchoResult, replied=True)).address == PEER
    assert families == [socket.AF_INET, socket.AF_INET]  # that of the local address


@awaited
async def test_a_name_that_cannot_be_resolved_was_not_asked(wire: Wire) -> None:
    witness = Witness()
    async with running(ping(witness, link("lb02.invalid", None))):
        told = await witness.until(EchoResult)
    assert (told.replied, told.address) == (None, "lb02.invalid")
    assert told.problem
    assert told.problem.startswith("lb02.invalid: ")


@awaited
async def test_a_link_whose_local_address_is_lost_recovers_with_it(wire: Wire) -> None:
    witness = Witness()
    observer = ping(witness, link(), timeout=0.2)
    async with running(observer):
        await witness.until(EchoResult, replied=True)
        wire.here(f"ip address del {HOST}/24 dev eth0")
        wire.here("ip address add 192.0.2.77/24 dev eth0")
        observer.ask_now()
        assert (await witness.until(EchoResult)).replied is None
        wire.here(f"ip address add {HOST}/24 dev eth0")
        observer.ask_now()
        await witness.until(EchoResult, replied=True)


@awaited
async def test_an_interface_that_is_replaced_is_used_again(wire: Wire) -> None:
    witness = Witness()
    observer = ping(witness, link(local="eth0"), timeout=0.2)
    async with running(observer):
        await witness.until(EchoResult, replied=True)
        wire.here("ip link del eth0")
        observer.ask_now()
        assert (await witness.until(EchoResult)).replied is None
        wire.add_cable("eth0", "far0")
        wire.here(f"ip address add {HOST}/24 dev eth0")
        wire.there(f"ip address add {PEER}/24 dev far0")
        observer.ask_now()
        await witness.until(EchoResult, replied=True)


@awaited
async def test_every_path_is_asked_once_per_interval_and_at_once_on_demand(wire: Wire) -> None:
    wire.add_cable("eth1", "far1")
    wire.here("ip address add 198.51.100.1/24 dev eth1")
    wire.there("ip address add 198.51.100.2/24 dev far1")
    cross = LinkTarget(peer="lb02", link="cross", remote="198.51.100.2", local="eth1")
    witness = Witness()
    observer = ping(witness, link(), cross)
    observer.ask_now()  # not running yet: nothing happens
    async with running(observer):
        await witness.until(ObserverState, observer="icmp", up=True)
        for _ in range(3):
            await witness.until(EchoResult)
            await witness.until(EchoResult)
            observer.ask_now()
    told = witness.all(EchoResult, replied=True)
    assert (
        [record.link for record in told].count("lan") == [record.link for record in told].count("cross") == 3
    )
    observer.ask_now()


@awaited
async def test_replies_to_other_pings_are_not_ours(wire: Wire) -> None:
    witness = Witness()
    wire.there("nft add table ip f")
    wire.there("nft add chain ip f in {type filter hook input priority 0;}")
    wire.there("nft add rule ip f in ip length 35 drop")  # our own requests: 20 + 8 + 7 bytes
    async with running(ping(witness, link(), timeout=0.3)):
        await witness.until(ObserverState, up=True)
        wire.here(f"ping -c 3 -i 0.01 {PEER}")
        assert (await witness.until(EchoResult)).replied is False
