"""The [[passive]] tables of hawatch.toml as people write them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hawatch.config import Passive, PassiveCheck, PassiveOf, load
from hawatch.errors import ConfigError

COMMAND_FILE = '[[passive]]\nname = "nagios"\ncommand_file = "/var/lib/nagios4/rw/nagios.cmd"\n'
ICINGA = '[[passive]]\nname = "icinga"\nicinga2 = "https://icinga.example.org:5665"\n'
PASSWORD = 'password_file = "/etc/hawatch/icinga2.password"\n'


def test_a_command_file_is_enough() -> None:
    (found,) = load(COMMAND_FILE, "x").passive
    assert found == Passive(name="nagios", command_file="/var/lib/nagios4/rw/nagios.cmd")
    assert (found.of, found.every, found.service, found.way) == (
        PassiveOf.PAIR,
        60.0,
        "hawatch",
        "/var/lib/nagios4/rw/nagios.cmd",
    )


def test_every_key_is_read() -> None:
    text = f"""{ICINGA}{PASSWORD}
user = "push"
ca_file = "/etc/hawatch/icinga2-ca.crt"
host = "web.example.org"
service = "VI_1 of web"
check = "instance"
instance = "VI_1"
of = "node"
every = "30s"
moved_within = 0
"""
    assert load(text, "x").passive == (
        Passive(
            name="icinga",
            icinga2="https://icinga.example.org:5665",
            user="push",
            password_file="/etc/hawatch/icinga2.password",
            ca_file="/etc/hawatch/icinga2-ca.crt",
            host="web.example.org",
            service="VI_1 of web",
            check=PassiveCheck.INSTANCE,
            instance="VI_1",
            of=PassiveOf.NODE,
            every=30.0,
            moved_within=0.0,
        ),
    )


def test_without_any_nothing_is_pushed() -> None:
    assert load("", "x").passive == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[passive]]\ncommand_file = "/x"', "x: passive[0].name: missing"),
        (
            '[[passive]]\nname = "nagios"',
            "x: passive[0]: none of command_file, spool, icinga2; one says where",
        ),
        (
            f'{COMMAND_FILE}spool = "/x"',
            "x: passive[0]: both command_file and spool; one says where results go",
        ),
        (
            '[[passive]]\nname = "n"\ncommand_file = "nagios.cmd"',
            "x: passive[0].command_file: 'nagios.cmd' is not an absolute path",
        ),
        ('[[passive]]\nname = "n"\nspool = "nsca"', "x: passive[0].spool: 'nsca' is not an absolute path"),
        (
            '[[passive]]\nname = "a b"\nspool = "/x"',
            "x: passive[0].name: 'a b' is not a name of letters, digits",
        ),
        ('[[passive]]\nname = ".."\nspool = "/x"', "x: passive[0].name: '..' is not a name"),
        (f'{COMMAND_FILE}user = "x"', "x: passive[0].user: unknown key"),
        (f"{COMMAND_FILE}{PASSWORD}", "x: passive[0].password_file: unknown key"),
        (ICINGA, "x: passive[0].password_file: missing"),
        (
            f"{ICINGA}password = 'x'\n{PASSWORD}",
            "x: passive[0].password: unknown key, did you mean password_file?",
        ),
        (
            ICINGA.replace("https", "http"),
            "x: passive[0].icinga2: 'http://icinga.example.org:5665' is not https://",
        ),
        (
            ICINGA.replace("5665", "5665/v1"),
            "x: passive[0].icinga2: 'https://icinga.example.org:5665/v1' is not",
        ),
        (ICINGA.replace("icinga.", "u:p@icinga."), "x: passive[0].icinga2: "),
        (f'{COMMAND_FILE}host = "web;x"', "x: passive[0].host: 'web;x' holds ;, which no name in Nagios"),
        (f'{COMMAND_FILE}service = "a!b"', "x: passive[0].service: 'a!b' holds !, which no name in Nagios"),
        (
            f'{COMMAND_FILE}service = "a\\tb"',
            "x: passive[0].service: holds characters that cannot be printed",
        ),
        (f'{COMMAND_FILE}check = "all"', "x: passive[0].check: 'all' is none of overall, instance, peers,"),
        (f'{COMMAND_FILE}check = "instance"', "x: passive[0].instance: missing"),
        (f'{COMMAND_FILE}instance = "VI_1"', "x: passive[0].instance: unknown key"),
        (f'{COMMAND_FILE}of = "both"', "x: passive[0].of: 'both' is none of pair, node"),
        (f'{COMMAND_FILE}every = "0s"', "x: passive[0].every: '0s' is not between 1 s and"),
        (f'{COMMAND_FILE}every = "often"', "x: passive[0].every: 'often' is not a duration"),
        (COMMAND_FILE * 2, "x: passive[1].name: 'nagios' is there twice"),
    ],
)
def test_a_mistake_is_one_line_with_the_path_of_its_key(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(problem)}") as caught:
        load(text, "x")
    assert "\n" not in str(caught.value)


def test_the_password_is_in_no_record() -> None:
    (found,) = load(f"{ICINGA}{PASSWORD}", "x").passive
    assert found.password_file == "/etc/hawatch/icinga2.password"
    assert not hasattr(found, "password")


@pytest.mark.parametrize("page", ["configuration.md", "passive.md"])
def test_the_examples_of_the_documents_can_be_used(page: str) -> None:
    text = (Path(__file__).parent.parent / "docs" / page).read_text()
    examples = [each for each in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[[passive]]" in each]
    assert examples
    for example in examples:
        assert load(example, page).passive
