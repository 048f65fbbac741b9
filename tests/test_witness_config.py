"""witness.toml: what it says, and what is wrong with it, with the key's path."""

from __future__ import annotations

import re
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from hawatch.cli.witness import read_keys
from hawatch.config import load, witness_file
from hawatch.config.reference import WITNESS_TOML, KeyTable
from hawatch.config.witness_file import load_witness, where
from hawatch.errors import ConfigError
from tests.key_bases import document

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


# --- the documents --------------------------------------------------------------------------------

WHOLE: dict[str, Any] = {
    "node": {},
    "listen": {},
    "peer_link": {},
    "client": {},
    "pair": [
        {
            "name": "web",
            "key_file": "/k",
            "member": [
                {"name": "lb01", "addresses": ["10.0.0.1"]},
                {"name": "lb02", "addresses": ["10.0.0.2"]},
            ],
            "service": [{"tcp": "10.0.0.100:80"}],
        }
    ],
}
WAYS: dict[str, tuple[str | int, ...]] = {
    "[node]": ("node",),
    "[listen]": ("listen",),
    "[peer_link]": ("peer_link",),
    "[client]": ("client",),
    "[[pair]]": ("pair", 0),
    "[[pair.member]]": ("pair", 0, "member", 0),
    "[[pair.service]]": ("pair", 0, "service", 0),
}


def in_table(heading: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A whole document, and the table of this heading in it."""
    doc = deepcopy(WHOLE)
    table: Any = doc
    for step in WAYS[heading]:
        table = table[step]
    return doc, table


@pytest.mark.parametrize("table", WITNESS_TOML, ids=lambda table: table.heading)
def test_every_documented_key_is_taken_and_no_other(table: KeyTable) -> None:
    for key in table.keys:
        doc, values = in_table(table.heading)
        values.update(tomllib.loads(f"{key.name} = {key.example or key.default}"))
        if key.name == "http" and table.heading == "[[pair.service]]":
            del values["tcp"]
        load_witness(document(doc), "w")
        values[key.name] = 3.5
        with pytest.raises(ConfigError, match=rf"{key.name}"):
            load_witness(document(doc), "w")
        if key.needed:
            del values[key.name]
            with pytest.raises(ConfigError, match=rf"{key.name}: missing"):
                load_witness(document(doc), "w")
    doc, values = in_table(table.heading)
    values["no_such_key"] = 1
    with pytest.raises(ConfigError, match="no_such_key: unknown key"):
        load_witness(document(doc), "w")


def test_every_key_that_is_read_is_documented() -> None:
    source = Path(witness_file.__file__).read_text(encoding="utf-8")
    asked = set(re.findall(r'\.(?:optional|checked|strings|string|number)\("(\w+)"', source)) | {
        "http",
        "socket",
    }
    assert asked == {key.name for table in WITNESS_TOML for key in table.keys} - {"level"}


def test_the_samples_of_the_document_are_configurations() -> None:
    text = (Path(__file__).parents[1] / "docs" / "witness.md").read_text(encoding="utf-8")
    node, witness = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert load(node, "hawatch.toml").witnesses[0].links[0].remote == "192.168.136.170"
    assert [pair.name for pair in load_witness(witness, "w").pairs] == ["web", "db"]
