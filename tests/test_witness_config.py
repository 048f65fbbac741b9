"""witness.toml: what it says, and what is wrong with it, with the key's path."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawatch.cli.witness import read_keys
from hawatch.config.loading_witness import load_witness, where
from hawatch.errors import ConfigError

PAIR = """
[[pair]]
name = "web"
key_file = "/etc/hawatch/web.key"
[[pair.member]]
name = "lb01"
addresses = ["192.168.136.161"]
[[pair.member]]
name = "lb02"
addresses = ["192.168.136.162", "2001:db8::162"]
"""


def test_a_pair_needs_a_key_and_two_members_and_nothing_else() -> None:
    config = load_witness(PAIR, "w.toml")
    (pair,) = config.pairs
    assert [each.name for each in pair.members] == ["lb01", "lb02"]
    assert (pair.vips, pair.interface, pair.services) == ((), None, ())
    assert (config.peace, config.suspicion, config.port) == (1.0, 0.2, 10112)


def test_services_are_asked_by_address() -> None:
    text = PAIR + '[[pair.service]]\nname = "a"\nhttp = "http://192.168.136.100/x"\n'
    text += '[[pair.service]]\ntcp = "[2001:db8::100]:5432"\n'
    services = load_witness(text, "w").pairs[0].services
    assert [str(where(each)) for each in services] == ["192.168.136.100:80", "[2001:db8::100]:5432"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "w: pair: missing"),
        (PAIR + PAIR, "pair[1].name: 'web' is there twice"),
        (PAIR + PAIR.replace('"web"', '"mail"'), "pair[1].key_file: '/etc/hawatch/web.key' is there twice"),
        (
            PAIR.replace("/etc/hawatch/web.key", "web.key"),
            "pair[0].key_file: 'web.key' is not an absolute path",
        ),
        (PAIR.replace("192.168.136.161", "lb01"), "pair[0].member[0].addresses[0]: 'lb01' is not an address"),
        (
            PAIR.replace('"192.168.136.162", ', '"192.168.136.161", '),
            "pair[0].member[1].addresses: is another member's",
        ),
        (PAIR.partition('[[pair.member]]\nname = "lb02"')[0], "pair[0].member: 1; a pair has two members"),
        (PAIR + "vip = 1\n", "pair[0].member[1].vip: unknown key"),
        (PAIR + '[[pair.service]]\nhttp = "http://www.example.org/"\n', "has a name for a host"),
        (PAIR + '[[pair.service]]\nhttp = "https://192.0.2.1/"\n', "is https"),
        (PAIR + '[[pair.service]]\nname = "x"\n', "one of http and tcp is wanted"),
        (
            PAIR + "[client]\nsuspicion_every_ms = 1\n",
            "client.suspicion_every_ms: 1 is not between 50 and 60000",
        ),
        ("[[pair]\n", "w:1: not TOML"),
    ],
)
def test_a_mistake_is_named_by_its_key(text: str, wrong: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_witness(text, "w")
    assert wrong in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_pair_has_a_key_of_its_own_of_some_length(tmp_path: Path) -> None:
    web, mail = tmp_path / "web.key", tmp_path / "mail.key"
    other = PAIR.replace('"web"', '"mail"').replace("/etc/hawatch/web.key", str(mail))
    config = load_witness(PAIR.replace("/etc/hawatch/web.key", str(web)) + other, "w")
    with pytest.raises(ConfigError, match="No such file"):
        read_keys(config, "w")
    web.write_text("0123456789abcdef\n")
    mail.write_text("short")
    with pytest.raises(ConfigError, match=r"pair\[1\].key_file: the key is 5 bytes long"):
        read_keys(config, "w")
    mail.write_text("0123456789abcdef")
    with pytest.raises(ConfigError, match="holds the key of the pair web, too"):
        read_keys(config, "w")
    mail.write_text("fedcba9876543210")
    assert read_keys(config, "w") == {"web": b"0123456789abcdef", "mail": b"fedcba9876543210"}
