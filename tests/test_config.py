"""hawatch.toml as people write it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config import (
    Accept,
    Config,
    Endpoint,
    Peer,
    Reference,
    SerialLink,
    Service,
    ServicePlace,
    UdpLink,
    UnreachablePeer,
    VirtualRouterOptions,
    load,
    read,
)
from hawatch.errors import ConfigError

FULL = """
[node]
name = "lb01"
pair = "web"
state_dir = "/var/lib/hawatch"

[keepalived]
config = "/etc/keepalived/keepalived.conf"

[listen]
http = "[2001:db8::1]:8080"
socket = "/run/hawatch/hawatch.sock"

[peer_link]
port = 10113
key_file = "/etc/hawatch/peer.key"

[[peer]]
name = "lb02"
[[peer.link]]
name = "lan"
local = "192.168.136.161"
remote = "192.168.136.162"
[[peer.link]]
local = "eth1"
remote = "lb02.example.net"
[[peer.link]]
name = "serial"
device = "/dev/ttyS0"
baud = 9600

[[reference]]
name = "gateway"
address = "192.168.136.2"
[[reference]]
address = "fe80::1%eth0"

[[service]]
name = "nginx"
http = "http://127.0.0.1:80/"
[[service]]
name = "db"
tcp = "[::1]:5432"
on = "both"
[[service]]
process = "haproxy"
[[service]]
plugin = "/usr/lib/nagios/plugins/check_load -w 5 -c 9"
on = "local"

[[virtual_router]]
instance = "VI_1"
data = true
unreachable_peer = "suspected"

[[accept]]
cause = "equal_priority"
reason = "nopreempt by design"
until = 2027-06-30
"""


def problem(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        load(text, "hawatch.toml")
    return str(raised.value)


def test_an_empty_file_is_all_defaults() -> None:
    config = load("", "hawatch.toml")

    assert config == Config()
    assert (config.listen.http, str(config.listen.http)) == (
        Endpoint(host="127.0.0.1", port=10112),
        "127.0.0.1:10112",
    )
    assert config.keepalived.config == "/etc/keepalived/keepalived.conf"
    assert config.peer_link.key_file == "/etc/hawatch/peer.key"
    assert config.options("VI_1") == VirtualRouterOptions(instance="VI_1")


def test_everything_that_can_be_said_is_taken_in() -> None:
    config = load(FULL, "hawatch.toml")

    assert (config.node.name, config.node.pair) == ("lb01", "web")
    assert str(config.listen.http) == "[2001:db8::1]:8080"
    assert config.peer_link.port == 10113
    assert config.peers == (
        Peer(
            name="lb02",
            links=(
                UdpLink(name="lan", local="192.168.136.161", remote="192.168.136.162"),
                UdpLink(name="lb02.example.net", local="eth1", remote="lb02.example.net"),
                SerialLink(name="serial", device="/dev/ttyS0", baud=9600),
            ),
        ),
    )
    assert config.references == (
        Reference(name="gateway", address="192.168.136.2"),
        Reference(name="fe80::1%eth0", address="fe80::1%eth0"),
    )
    assert config.services == (
        Service(name="nginx", http="http://127.0.0.1:80/", on=ServicePlace.OWNER),
        Service(name="db", tcp="[::1]:5432", on=ServicePlace.BOTH),
        Service(name="haproxy", process="haproxy"),
        Service(
            name="/usr/lib/nagios/plugins/check_load -w 5 -c 9",
            plugin="/usr/lib/nagios/plugins/check_load -w 5 -c 9",
            on=ServicePlace.LOCAL,
        ),
    )
    assert config.options("VI_1") == VirtualRouterOptions(
        instance="VI_1", data=True, unreachable_peer=UnreachablePeer.SUSPECTED
    )
    assert config.accepts == (
        Accept(cause="equal_priority", reason="nopreempt by design", until=date(2027, 6, 30)),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[nodes]", "nodes: unknown key, did you mean node?"),
        ("[node]\nnmae = 'x'", "node.nmae: unknown key, did you mean name?"),
        ('"a\\nb" = 1', "'a\\nb': unknown key; known here:"),
        ("[keepalived]\nxyz = 1", "keepalived.xyz: unknown key; known here: config, log, notify_fifo"),
        ('[keepalived]\nlog = "log"', "keepalived.log: 'log' is neither"),
        ('[keepalived]\nnotify_fifo = "fifo"', "keepalived.notify_fifo: 'fifo' is not an absolute path"),
        (
            "[[xyz]]\nname = 'x'",
            "xyz: unknown key; known here: accept, channel, contact, keepalived, listen, monitor, node, notify,",
        ),
        ("[node]\nname = 3", "node.name: a string is wanted, not a whole number"),
        ("[node]\nname = ''", "node.name: empty"),
        ('[node]\nname = "a\\u0007"', "node.name: holds characters that cannot be printed"),
        ("node = 'lb01'", "node: a table is wanted, not a string"),
        ("peer = 'lb02'", "peer: an array is wanted, not a string"),
        ("peer = ['lb02']", "peer[0]: a table ([[peer]]) is wanted, not a string"),
        ("[node]\nstate_dir = 'var'", "node.state_dir: 'var' is not an absolute path"),
        ("[listen]\nhttp = '127.0.0.1'", "listen.http: '127.0.0.1' is not HOST:PORT, like 127.0.0.1:10112"),
        ("[listen]\nhttp = ':80'", "listen.http: ':80' is not HOST:PORT, like 127.0.0.1:10112"),
        (
            "[listen]\nhttp = '::1:80'",
            "listen.http: '::1:80' is not HOST:PORT; an IPv6 address goes into brackets",
        ),
        ("[listen]\nhttp = 'a:99999'", "listen.http: 'a:99999' is not HOST:PORT"),
        ("[peer_link]\nport = 0", "peer_link.port: 0 is not between 1 and 65535"),
        ("[peer_link]\nport = true", "peer_link.port: a whole number is wanted, not a boolean"),
        ("[[peer]]", "peer[0].name: missing"),
        ("[[peer]]\nname = 'a'\n[[peer]]\nname = 'a'", "peer[1].name: 'a' is there twice"),
        (
            "[[peer]]\nname = 'a'\n[[peer.link]]\nremote = '10.0.0.1'\n[[peer.link]]\nremote = '192.168.136.300'",
            "peer[0].link[1].remote: '192.168.136.300' is neither an address nor a host name",
        ),
        (
            "[[peer]]\nname = 'a'\n[[peer.link]]\nremote = '10.0.0.1'\nlocal = '10.0.0.999'",
            "peer[0].link[0].local: '10.0.0.999' is neither an address nor an interface",
        ),
        (
            "[[peer]]\nname = 'a'\n[[peer.link]]\nremote = '10.0.0.1'\nlocal = 'fe80::1'",
            "peer[0].link[0].local: fe80::1 and remote 10.0.0.1 are not of one address family",
        ),
        (
            "[[peer]]\nname = 'a'\n[[peer.link]]\nname = 'lan'",
            "peer[0].link[0]: neither remote nor device: one says where the link leads",
        ),
        (
            "[[peer]]\nname = 'a'\n[[peer.link]]\nremote = 'b'\ndevice = '/dev/ttyS0'",
            "peer[0].link[0]: both remote and device: a link is one or the other",
        ),
        (
            "[[peer]]\nname = 'a'\n[[peer.link]]\nremote = 'b'\nbaud = 9600",
            "peer[0].link[0].baud: unknown key; known here: device, local, name, remote",
        ),
        (
            "[[peer]]\nname = 'a'\n[[peer.link]]\ndevice = '/dev/ttyS0'\nbaud = 300",
            "peer[0].link[0].baud: 300 is none of 1200, 2400,",
        ),
        (
            "[[peer]]\nname = 'a'\n[[peer.link]]\nremote = 'b'\n[[peer.link]]\nremote = 'b'",
            "peer[0].link[1].name: 'b' is there twice",
        ),
        ("[[reference]]\naddress = 'gw'", "reference[0].address: 'gw' is not an address"),
        ("[[reference]]\nname = 'gw'", "reference[0].address: missing"),
        (
            "[[service]]\nname = 'x'",
            "service[0]: none of http, tcp, process, plugin, unit and command; one is wanted",
        ),
        (
            "[[service]]\nprocess = 'x'\ntcp = 'a:1'",
            "service[0]: 2 of http, tcp, process, plugin, unit and command; one is wanted",
        ),
        (
            "[[service]]\nhttp = '127.0.0.1'",
            "service[0].http: '127.0.0.1' is not a URL, like http://127.0.0.1:80/",
        ),
        (
            "[[service]]\nhttp = 'http://300.1.1.1/'",
            "service[0].http: 'http://300.1.1.1/' has no proper host",
        ),
        (
            "[[service]]\nprocess = 'x'\non = 'all'",
            "service[0].on: 'all' is none of owner, local, peer, both",
        ),
        ("[[virtual_router]]\ndata = true", "virtual_router[0].instance: missing"),
        (
            "[[virtual_router]]\ninstance = 'a'\ndata = 'yes'",
            "virtual_router[0].data: a boolean is wanted, not a string",
        ),
        (
            "[[accept]]\ncause = 'x'\nuntil = '2027-06-30'",
            "accept[0].until: a date is wanted, written like 2027-06-30",
        ),
        ("[[accept]]\ncause = 'x'\nuntil = 2027-06-30T00:00:00Z", "accept[0].until: a date is wanted"),
    ],
)
def test_each_mistake_is_one_line_with_its_key(text: str, expected: str) -> None:
    assert problem(text).startswith(f"hawatch.toml: {expected}")
    assert "\n" not in problem(text)


def test_text_that_is_no_toml_is_named_by_its_line() -> None:
    assert problem("[node]\nname = lb01\n").startswith("hawatch.toml:2: not TOML: ")
    assert problem("[node").startswith("hawatch.toml")
    assert problem("a = 2027-13-01").startswith("hawatch.toml:1: not TOML: ")
    assert problem("[node]\n[node]") == "hawatch.toml:2: not TOML: Cannot declare ('node',) twice"


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "hawatch.toml"
    path.write_text(FULL)
    assert read(str(path)) == load(FULL, "x")

    path.write_bytes(b"[node]\nname = '\xff'")
    with pytest.raises(ConfigError, match=r"hawatch\.toml: is not UTF-8$"):
        read(str(path))
    with pytest.raises(ConfigError, match=r"gone\.toml: No such file or directory$"):
        read(str(tmp_path / "gone.toml"))


_VALUES = st.sampled_from(
    [
        "''",
        "'x'",
        "1",
        "-1",
        "1e9",
        "true",
        "2027-06-30",
        "12:00:00",
        "[]",
        "[{}]",
        "{}",
        "{a = 1}",
        "'[::1]:1'",
        "nan",
    ]
)
_KEYS = st.sampled_from(
    [
        "node",
        "peer",
        "link",
        "name",
        "remote",
        "local",
        "device",
        "baud",
        "http",
        "tcp",
        "on",
        "until",
        "cause",
        "port",
    ]
)
_LINES = st.one_of(
    st.builds("{} = {}".format, _KEYS, _VALUES),
    st.builds("[{}]".format, _KEYS),
    st.builds("[[{}]]".format, _KEYS),
    st.builds("[[peer.{}]]".format, _KEYS),
    st.sampled_from(['"a\\nb" = 1', '["\\r"]']),
)


@given(st.one_of(st.text(), st.lists(_LINES).map("\n".join)))
def test_any_text_is_a_configuration_or_one_line_of_complaint(text: str) -> None:
    try:
        config = load(text, "hawatch.toml")
    except ConfigError as error:
        said = str(error)
    else:
        said = "hawatch.toml"
        assert isinstance(config, Config)
    assert said.startswith("hawatch.toml")
    assert len(said.splitlines()) == 1


@given(st.text())
def test_any_string_in_any_place_is_taken_or_refused(value: str) -> None:
    quoted = "".join(f"\\U{ord(sign):08x}" for sign in value)
    for text in (
        f'[listen]\nhttp = "{quoted}"',
        f'[[peer]]\nname = "a"\n[[peer.link]]\nremote = "{quoted}"',
        f'[[peer]]\nname = "a"\n[[peer.link]]\nremote = "b"\nlocal = "{quoted}"',
        f'[[reference]]\naddress = "{quoted}"',
        f'[[service]]\nhttp = "{quoted}"',
    ):
        try:
            load(text, "hawatch.toml")
        except ConfigError as error:
            refused = str(error)
        else:
            refused = ""
        assert len(refused.splitlines()) <= 1
