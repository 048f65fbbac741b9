"""The tables [[monitor]]: what may stand in them, and what is said of what may not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hawatch.config import load
from hawatch.config.monitor import Monitor, MonitorKind
from hawatch.errors import ConfigError


def monitors(text: str) -> tuple[Monitor, ...]:
    return load(text, "x").monitors


def test_three_tools_each_with_what_it_needs() -> None:
    nagios, icinga2, alertmanager = monitors("""
[[monitor]]
name = "nagios"
command_file = "/var/lib/nagios4/rw/nagios.cmd"
status_file = "/var/lib/nagios4/status.dat"
host = "web"
[[monitor]]
name = "icinga"
icinga2 = "https://icinga:5665"
user = "acks"
password_file = "/etc/hawatch/icinga2.password"
service = "vips"
[[monitor]]
name = "am"
alertmanager = "http://alertmanager:9093/prefix/"
matchers = { pair = "web", site = "a b" }
bearer_file = "/etc/hawatch/am.token"
""")
    assert (nagios.kind, nagios.host, nagios.service) == (MonitorKind.NAGIOS, "web", "hawatch")
    assert nagios.status_file == "/var/lib/nagios4/status.dat"
    assert (icinga2.kind, icinga2.host, icinga2.service, icinga2.user) == (
        MonitorKind.ICINGA2,
        None,
        "vips",
        "acks",
    )
    assert alertmanager.kind is MonitorKind.ALERTMANAGER
    assert alertmanager.way == "http://alertmanager:9093/prefix/"
    assert alertmanager.matchers == (("pair", "web"), ("site", "a b"))


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("", "x: monitor[0]: none of command_file, icinga2, alertmanager; one says which tool it is"),
        (
            'command_file = "/a"\nalertmanager = "http://b"',
            "x: monitor[0]: both command_file and alertmanager; one says which tool it is",
        ),
        ('command_file = "a"', "x: monitor[0].command_file: 'a' is not an absolute path"),
        ('icinga2 = "https://a:5665"', "x: monitor[0].password_file: missing"),
        ('icinga2 = "http://a:5665"', "x: monitor[0].icinga2: 'http://a:5665' is not https://HOST:5665"),
        (
            'alertmanager = "http://a?x"',
            "x: monitor[0].alertmanager: 'http://a?x' is not http(s)://HOST:9093",
        ),
        (
            'command_file = "/a"\nhost = "a;b"',
            "x: monitor[0].host: 'a;b' holds ;, which no name in Nagios or Icinga may",
        ),
        (
            'alertmanager = "http://a"\nbearer_file = "/a"\npassword_file = "/b"',
            "x: monitor[0]: both password_file and bearer_file: it is asked in one way or the other",
        ),
        ('alertmanager = "http://a"\nuser = "b"', "x: monitor[0].user: of no use without password_file"),
        (
            'alertmanager = "http://a"\nmatchers = { vrrp_instance = "VI_1" }',
            "x: monitor[0].matchers.vrrp_instance: is matched by hawatch itself, for each incident",
        ),
        (
            'alertmanager = "http://a"\nmatchers = { "a-b" = "c" }',
            "x: monitor[0].matchers.a-b: is not the name of a label",
        ),
        ('alertmanager = "http://a"\nmatchers = { pair = "" }', "x: monitor[0].matchers.pair: empty"),
    ],
)
def test_what_is_wrong_is_named(table: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        monitors(f'[[monitor]]\nname = "m"\n{table}\n')
    assert str(raised.value) == complaint


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ('command_file = "/a"\nca_file = "/b"', "ca_file"),
        ('command_file = "/a"\nmatchers = {}', "matchers"),
        ('icinga2 = "https://a"\npassword_file = "/b"\nstatus_file = "/c"', "status_file"),
        ('alertmanager = "http://a"\nhost = "b"', "host"),
    ],
)
def test_a_key_of_another_tool_is_unknown(table: str, key: str) -> None:
    with pytest.raises(ConfigError, match=rf"monitor\[0\]\.{key}: unknown key"):
        monitors(f'[[monitor]]\nname = "m"\n{table}\n')


def test_two_of_one_name_are_one_too_many() -> None:
    one = '[[monitor]]\nname = "m"\ncommand_file = "/a"\n'
    with pytest.raises(ConfigError, match=r"monitor\[1\]\.name: 'm' is there twice"):
        monitors(one + one)


def test_what_the_docs_show_can_be_written() -> None:
    docs = Path(__file__).parent.parent / "docs"
    blocks = re.findall(r"```toml\n(.*?)```", (docs / "acknowledgement.md").read_text(), re.DOTALL)
    found = monitors("".join(blocks))
    assert [each.kind for each in found] == list(MonitorKind)
    assert [each.status_file for each in found] == ["/var/lib/nagios4/status.dat", None, None]
    whole = re.findall(r"```toml\n(.*?)```", (docs / "configuration.md").read_text(), re.DOTALL)
    assert [each.name for text in whole for each in monitors(text)] == ["nagios", "icinga", "alertmanager"]
