"""What lies on this host's disk, or is said by its kernel and its tools."""

from __future__ import annotations

import asyncio
import tomllib
from contextlib import suppress
from functools import cache
from typing import Any
from unittest import mock

from hawatch.agent.damaged_store import names_in
from hawatch.agent.drill_shelf import DIRECTORY, _latest
from hawatch.blackbox.bundle import _config
from hawatch.cli.initiating.writing import _says_something
from hawatch.desk import kinds
from hawatch.doctor.direct_routing import _addresses
from hawatch.doctor.host import Ran
from hawatch.doctor.keepalived_version import read_version
from hawatch.errors import DecodeError, HawatchError
from hawatch.exporter.tokens import TokenFile
from hawatch.guard.board import verdict
from hawatch.helper.acted import Acted
from hawatch.helper.command import Finished
from hawatch.helper.firewall import _listing
from hawatch.history.keeping import from_text
from hawatch.kernel.ipvs import daemon_of, family_of, server_of, service_of
from hawatch.observers.arp_probe.own_address import ipv6_sender
from hawatch.observers.gateway import default_gateways
from hawatch.observers.host.membership import Groups
from hawatch.observers.keepalived_daemon.process import Process
from hawatch.observers.vip.kernel_table import KernelTable
from hawatch.observers.vip.marshal import LinksAndAddresses
from hawatch.observers.vip.netlink import apply
from hawatch.replies.mail.place import PlaceFile
from hawatch.store import NAME, Store
from tests.fuzz.target import Target, json_in, own_directory, text_in, written

NOW = 1_795_000_000.0


class _Host:
    """A host whose tools say one thing."""

    def __init__(self, said: str) -> None:
        self._said = said

    def run(self, argv: tuple[str, ...]) -> Ran:
        del argv
        return Ran(0, self._said, "")


def _tools(data: bytes) -> None:
    """What is said by `ip -json`, by nft and iptables through the helper, and by `keepalived --version`."""
    text = text_in(data)
    read_version(text)
    _addresses(mock.Mock(host=_Host(text)))

    async def run(*_: Any, **_limits: Any) -> Finished:
        return Finished(0, text, cut=False)

    with mock.patch("hawatch.helper.firewall.run", run), suppress(HawatchError):
        asyncio.run(_listing(("nft", "-j", "list", "ruleset")))


def _files(data: bytes) -> None:
    """Small files of the state directory and beside it."""
    place = PlaceFile(written("place", data)).read()
    assert place is None or place.uid == int(place.uid)
    written(f"{DIRECTORY}/drill-1.json", data)
    _latest(own_directory() / DIRECTORY)
    names_in(written("damaged", data))
    verdict(text_in(data), "web", NOW)
    with suppress(HawatchError):
        TokenFile(written("tokens", data)).holders()
    acted = Acted(str(own_directory() / "acted"), wall=lambda: NOW)
    begun = own_directory() / "acted" / "x"
    if acted.find("key") is None:
        acted.begin("key", {})
    (begun,) = begun.parent.glob("*.begun")
    begun.write_bytes(data)
    acted.find("key")


def _toml(data: bytes) -> None:
    """A hawatch.toml as a bundle has it, which is TOML again, of the same names."""

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(each) for name, each in value.items()}
        return [shape(each) for each in value] if isinstance(value, list) else None

    _says_something(text_in(data))
    path = written("hawatch.toml", data)
    text, problem = _config(path)
    assert (text is None) != (problem is None)
    if text is not None:
        assert shape(tomllib.loads(text)) == shape(tomllib.loads(path.read_text(encoding="utf-8")))


def _past(data: bytes) -> None:
    from_text(text_in(data), 1000.0)


def _record(data: bytes) -> None:
    """A kind and a record of it, as the store and letters bring them; what is read can be written and read again."""
    kind, _, text = data.partition(b"\n")
    record = kinds.decode(text_in(kind), text)
    assert kinds.decode(text_in(kind), kinds.encode(text_in(kind), record)) == record


@cache
def _store() -> Store:
    store = Store(own_directory() / NAME)
    store._connection.execute("PRAGMA synchronous = OFF")
    return store


def _rows(data: bytes) -> None:
    """Lines, of which the first is an incident's record and the others are its timeline."""
    store = _store()
    record, *entries = text_in(data).replace("\0", " ").split("\n")
    connection = store._connection
    connection.execute("DELETE FROM entry")
    connection.execute("DELETE FROM incident")
    plain = json_in(record.encode())
    name = str(plain.get("id")) if isinstance(plain, dict) else "x"
    name = name.encode(errors="replace").decode()
    connection.execute("INSERT INTO incident VALUES (?, 'open', 0.0, NULL, ?)", (name, record))
    connection.executemany(
        "INSERT INTO entry VALUES (?, ?, ?)", [(name, *each) for each in enumerate(entries)]
    )
    found = store.find(name)
    if found is not None:
        store.save([found])


def _netlink(data: bytes) -> None:
    """Messages as pyroute2 decodes them; what it cannot decode is its own affair, and only the kernel is heard."""
    table = KernelTable()
    try:
        messages = list(LinksAndAddresses().read(data))
    except Exception:  # noqa: BLE001
        return
    for message in messages:
        address = apply(table, message)
        assert address is None or table.holders(address, loopback=True) is not None
    table.link_named("eth0")


def _ipvs(data: bytes) -> None:
    """Attributes by their names, as generic netlink brings them."""
    attributes = json_in(data)
    if not isinstance(attributes, dict):
        return
    for name, value in attributes.items():
        if name.endswith("ADDR") and isinstance(value, list):
            attributes[name] = bytes(each % 256 for each in value if isinstance(each, int))
    with suppress(DecodeError):
        service = service_of(attributes)
        assert len(service.make) == 8
    with suppress(DecodeError):
        server_of(attributes, family_of(attributes))
    daemon_of(attributes)


def _names(data: bytes) -> None:
    """A process may give itself any name, and root a device; what stands beside it is the kernel's."""
    name = data[:15]
    numbers = b" ".join(b"%d" % each for each in range(4, 53))
    seen = Process.parse(b"77 (" + name + b") S " + numbers)
    assert (seen.pid, seen.state, seen.parent) == (77, "S", 4)
    assert seen.name == name.decode(errors="replace")
    device = b"".join(name.split()) or b"eth0"
    route = b"Iface\tDestination\n" + device + b"\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\n"
    zero = b"0" * 32
    route6 = b" ".join([zero, b"00", zero, b"00", b"fe80" + zero[4:], *[b"00000003"] * 4, device])
    assert default_gateways(written("route", route), written("route6", route6))[0] == "192.168.0.1"
    ours = b"fe80" + zero[5:] + b"1 02 40 20 80 "
    with mock.patch(
        "hawatch.observers.arp_probe.own_address.IF_INET6", written("if_inet6", ours + device + b"\n")
    ):
        ipv6_sender("eth0", vips=())
    igmp = (
        b"Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n2\t"
        + device
        + b" :     1      V3\n"
    )
    written("net/igmp", igmp + b"\t\t\t\t120000E0     1 0:00000000\t\t0\n")
    list(Groups(own_directory(), [("eth0", "224.0.0.18")], {}).look(NOW))


TARGETS: dict[str, Target] = {
    "tool_output": Target(run=_tools, allowed=()),
    "kept_files": Target(run=_files, allowed=()),
    "redacted_toml": Target(run=_toml, allowed=()),
    "past": Target(run=_past),
    "record": Target(run=_record),
    "store_rows": Target(run=_rows, allowed=(HawatchError,)),
    "netlink": Target(run=_netlink, allowed=()),
    "ipvs_attributes": Target(run=_ipvs),
    "names_in_proc": Target(run=_names, allowed=()),
}
