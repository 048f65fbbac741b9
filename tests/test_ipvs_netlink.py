"""IPVS over netlink: constructed messages (tests/ipvs_frames.py) through pyroute2's classes, and the helper's verb."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.generic.ipvs import IPVS_CMD_GET_DAEMON, IPVS_CMD_GET_DEST, IPVS_CMD_GET_SERVICE

from hawatch.errors import DecodeError, HawatchError
from hawatch.helper import ipvs as verb
from hawatch.helper.ipvs import Ipvs
from hawatch.helper.ipvs_netlink import Message, read_table, request, table_of
from hawatch.kernel.ipvs import (
    PERSISTENT,
    RealServer,
    SyncDaemon,
    Table,
    VirtualService,
    server_of,
    service_of,
)
from hawatch.plain import codec
from hawatch.wire.family import Family
from hawatch.wire.virtual_service import address_of, mark_family
from tests.helper_process import Client, HelperProcess
from tests.ipvs_frames import NAT, SCTP, TUNNEL, UDP, Dest, Service, daemon


def decoded(data: bytes) -> Any:
    message = Message(data)
    message.decode()
    return message


class Kernel:
    """Answers dumps with constructed messages, and reads requests as the kernel would: from their bytes."""

    def __init__(self, services: Sequence[Service] = (), daemons: Sequence[bytes] = ()) -> None:
        self.services = list(services)
        self.daemons = list(daemons)

    async def dump(self, command: int, service: dict[str, Any] | None = None) -> list[Any]:
        sent = request(command, service)
        sent.encode()
        asked = decoded(bytes(sent.data))
        assert asked["cmd"] == command
        if command == IPVS_CMD_GET_SERVICE:
            return [decoded(each.message()) for each in self.services]
        if command == IPVS_CMD_GET_DAEMON:
            return [decoded(each) for each in self.daemons]
        assert command == IPVS_CMD_GET_DEST
        key = tuple(_plain(value) for _, value in asked.get_attr("IPVS_CMD_ATTR_SERVICE")["attrs"])
        found = [each for each in self.services if tuple(map(_plain, each.key)) == key]
        return [decoded(dest.message()) for each in found for dest in each.dests]


def _plain(value: object) -> object:
    """An address whatever its spelling."""
    return ip_address(value) if isinstance(value, str) else value


def table(*services: Service, daemons: Sequence[bytes] = ()) -> Table:
    return asyncio.run(table_of(Kernel(services, daemons)))


def test_a_service_is_read_with_its_real_servers_and_without_its_counters() -> None:
    read = table(
        Service(dests=[Dest(address="10.0.0.12", weight=3), Dest(address="10.0.0.11", weight=0, method=NAT)])
    )
    assert read.services == (
        VirtualService(
            name="tcp 10.0.0.100:80",
            scheduler="wlc",
            flags=2,
            netmask="255.255.255.255",
            servers=(
                RealServer(address="10.0.0.11", port=80, weight=0, method="nat"),
                RealServer(address="10.0.0.12", port=80, weight=3, method="direct"),
            ),
        ),
    )


def test_every_kind_of_service_has_its_own_name_and_its_own_servers() -> None:
    kinds = [
        Service(),
        Service(port=0),
        Service(protocol=UDP, port=53, dests=[Dest(address="10.0.0.53")]),
        Service(protocol=SCTP, port=9899),
        Service(address="2001:db8::100", port=443, dests=[Dest(address="2001:db8::11")]),
        Service(mark=3, dests=[Dest(address="10.0.0.33")]),
        Service(mark=3, address="2001:db8::100", dests=[Dest(address="2001:db8::33")]),
        Service(port=5060, protocol=UDP, engine="sip", flags=PERSISTENT, timeout=300),
    ]
    read = {each.name: each for each in table(*kinds).services}
    assert {name: [each.address for each in service.servers] for name, service in read.items()} == {
        "tcp 10.0.0.100:80": [],
        "tcp 10.0.0.100:0": [],
        "udp 10.0.0.100:53": ["10.0.0.53"],
        "sctp 10.0.0.100:9899": [],
        "tcp [2001:db8::100]:443": ["2001:db8::11"],
        "fwmark 3 ipv4": ["10.0.0.33"],
        "fwmark 3 ipv6": ["2001:db8::33"],
        "udp 10.0.0.100:5060": [],
    }
    assert (read["udp 10.0.0.100:5060"].persistence, read["udp 10.0.0.100:5060"].engine) == (300, "sip")


def test_a_kernel_that_does_not_tell_a_real_server_s_family_means_its_service_s() -> None:
    four = table(Service(dests=[Dest(address="10.0.0.11", tells_family=False)]))
    six = table(Service(address="fd00::100", dests=[Dest(address="fd00::11", tells_family=False)]))
    assert four.services[0].servers[0].address == "10.0.0.11"
    assert six.services[0].servers[0].address == "fd00::11"


def test_a_tunnel_may_lead_to_another_family() -> None:
    read = table(Service(dests=[Dest(address="fd00::11", method=TUNNEL)]))
    assert read.services[0].servers[0] == RealServer(address="fd00::11", port=80, weight=1, method="tunnel")


def test_both_sync_daemons_are_read_which_pyroute2_leaves_as_bytes() -> None:
    read = table(daemons=[daemon(2, "eth2", 7), daemon(1)])
    assert read.daemons == (
        SyncDaemon(state="backup", interface="eth2", sync_id=7),
        SyncDaemon(state="master", interface="eth1", sync_id=51),
    )


def test_how_a_service_balances_has_a_digest_that_health_checks_do_not_change() -> None:
    def make(**fields: Any) -> str:
        return table(Service(**fields)).services[0].make

    assert make() == make(dests=[Dest(address="10.0.0.11")]) == make(flags=0)
    others = [make(scheduler="rr"), make(flags=PERSISTENT, timeout=300), make(flags=PERSISTENT, timeout=50)]
    assert len({make(), *others, make(engine="sip")}) == 5
    assert make(timeout=300) == make(timeout=50), "a timeout counts where clients stay with their server"


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({}, "IPVS_SVC_ATTR_AF"),
        ({"IPVS_SVC_ATTR_AF": 7}, "address family 7"),
        ({"IPVS_SVC_ATTR_AF": 2}, "IPVS_SVC_ATTR_PROTOCOL"),
        ({"IPVS_SVC_ATTR_AF": 2, "IPVS_SVC_ATTR_PROTOCOL": 6}, "without an address"),
        ({"IPVS_SVC_ATTR_AF": 2, "IPVS_SVC_ATTR_PROTOCOL": 6, "IPVS_SVC_ATTR_ADDR": "x"}, "'x'"),
    ],
)
def test_what_is_no_service_is_refused_by_name(attributes: dict[str, Any], named: str) -> None:
    with pytest.raises(DecodeError, match=named):
        service_of(attributes)


junk = st.dictionaries(
    st.sampled_from([f"IPVS_{kind}_ATTR_{name}" for kind in ("SVC", "DEST") for name in
                     ("AF", "ADDR", "PORT", "PROTOCOL", "FLAGS", "FWMARK", "WEIGHT", "FWD_METHOD", "ADDR_FAMILY")]),
    st.none() | st.integers() | st.binary(max_size=20) | st.text(max_size=20) | st.just({"flags": "x"}),
)  # fmt: skip


@given(junk)
def test_any_attributes_make_a_record_or_are_refused(attributes: dict[str, Any]) -> None:
    for read in (lambda: service_of(attributes), lambda: server_of(attributes, Family.IPV4)):
        try:
            read()
        except DecodeError:
            continue


addresses = st.ip_addresses().map(str)
servers = st.builds(
    Dest, address=st.ip_addresses(v=4).map(str), port=st.integers(0, 65535), weight=st.integers(0, 65535)
)


@given(addresses, st.integers(0, 65535), st.sampled_from([6, 17, 132]), st.lists(servers, max_size=3))
def test_any_service_comes_through_netlink_and_through_the_helper_s_answer_as_it_was(
    address: str, port: int, protocol: int, dests: list[Dest]
) -> None:
    read = table(Service(address=address, port=port, protocol=protocol, dests=dests))
    (service,) = read.services
    assert address_of(service.name) == address
    assert mark_family(service.name) is None
    assert sorted((each.address, each.port, each.weight) for each in service.servers) == sorted(
        (each.address, each.port, each.weight) for each in dests
    )
    assert codec(Table).decode(json.loads(json.dumps(codec(Table).encode(read)))) == read


# --- the helper's verb ----------------------------------------------------------------------------


def test_without_ip_vs_nothing_is_asked_of_netlink_which_would_load_the_module(tmp_path: Path) -> None:
    async def never() -> Table:
        raise AssertionError("netlink was asked")

    assert asyncio.run(Ipvs(present=tmp_path / "ip_vs", read=never).answer({})) == {"table": None}


def test_with_ip_vs_the_table_is_answered_and_a_failure_has_its_reason(tmp_path: Path) -> None:
    there = tmp_path / "ip_vs"
    there.touch()

    async def read() -> Table:
        return kernel

    async def fail() -> Table:
        raise HawatchError("the kernel's IPVS table cannot be read: Operation not permitted")

    kernel = Table(daemons=(SyncDaemon(state="master", interface="eth1", sync_id=51),))
    answer = asyncio.run(Ipvs(present=there, read=read).answer({}))
    assert codec(Table).decode(answer["table"]) == kernel
    with pytest.raises(HawatchError, match="not permitted"):
        asyncio.run(Ipvs(present=there, read=fail).answer({}))


def test_a_kernel_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "ip_vs"
    there.touch()
    monkeypatch.setattr(verb, "TIME_LIMIT", 0.01)

    async def hang() -> Table:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(HawatchError, match="was not read within"):
        asyncio.run(Ipvs(present=there, read=hang).answer({}))


@pytest.mark.skipif(not hasattr(sockets, "AF_NETLINK"), reason="netlink is Linux's")
def test_the_real_kernel_is_asked_and_one_without_ip_vs_is_said_to_have_none() -> None:
    """The real netlink of this machine: where it has ip_vs, there is a table; where it has none, a reason."""
    if verb.PRESENT.exists():
        assert asyncio.run(read_table()).services is not None
        return
    with pytest.raises(HawatchError, match="IPVS table cannot be read"):
        asyncio.run(read_table())


def test_the_real_helper_has_the_verb(tmp_path: Path) -> None:
    with HelperProcess(tmp_path).start() as helper, Client(helper.socket) as client:
        answer = client.ask(verb="ipvs")
        assert answer["ok"] is True
        assert (answer["table"] is None) is not verb.PRESENT.exists()
