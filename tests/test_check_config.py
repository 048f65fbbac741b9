"""hawatch check-config, as somebody at a shell sees it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from hawatch.cli import check_config
from hawatch.errors import ConfigError

KEEPALIVED = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 150
    authentication { auth_type PASS
        auth_pass s3cr3t }
    virtual_ipaddress {
        10.0.0.100/24
        10.0.0.101
        10.0.0.102
        10.0.0.103
    }
}
"""


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


class Writer:
    """Writes a hawatch.toml beside a keepalived.conf and a key."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.toml = directory / "hawatch.toml"
        self.conf = directory / "keepalived.conf"
        self.key = directory / "peer.key"

    def __call__(self, text: str = "", keepalived: str = KEEPALIVED) -> argparse.Namespace:
        self.toml.write_text(
            f"[keepalived]\nconfig = '{self.conf}'\n[peer_link]\nkey_file = '{self.key}'\n{text}"
        )
        self.conf.write_text(keepalived)
        self.key.write_text("00")
        self.key.chmod(0o640)
        return argparse.Namespace(file=str(self.toml), actions=None, witness=None)


def test_a_good_file_is_ok_and_summed_up(write: Writer, capsys: pytest.CaptureFixture[str]) -> None:
    args = write("[[peer]]\nname = 'lb02'\n[[peer.link]]\nremote = '10.0.0.2'\n")

    assert check_config.run(args) == 0
    out, err = capsys.readouterr()
    assert out == (
        f"{write.toml}: OK\n"
        f"  1 virtual router in {write.conf}\n"
        "    VI_1: eth0, VRID 51, ipv4, priority 150, 10.0.0.100, 10.0.0.101, 10.0.0.102 and 1 more\n"
        "  1 peer with 1 link\n"
        "  default gateways as references, 0 services\n"
    )
    assert err == ""


def test_a_wrong_key_is_the_one_line_that_is_said(write: Writer) -> None:
    with pytest.raises(ConfigError) as raised:
        check_config.run(write("[node]\nnmae = 'lb01'\n"))
    assert str(raised.value) == f"{write.toml}: node.nmae: unknown key, did you mean name?"
    assert raised.value.exit_code == 2


def test_a_cause_that_does_not_exist_cannot_be_accepted(write: Writer) -> None:
    with pytest.raises(ConfigError) as raised:
        check_config.run(write("[[accept]]\ncause = 'equal_prio'\n"))
    assert str(raised.value).endswith(
        "accept[0].cause: no such cause: 'equal_prio', did you mean equal_priority?"
    )


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("verdict = 'tornado'", "notify[0].verdict: no such verdict: 'tornado'"),
        ("verdict = 'no_ownr'", "notify[0].verdict: no such verdict: 'no_ownr', did you mean no_owner?"),
        ("verdict = 'stale_arp'", "notify[0].verdict: no such verdict: 'stale_arp'"),
        ("cause = 'stale_apr'", "notify[0].cause: no such cause: 'stale_apr', did you mean stale_arp?"),
    ],
)
def test_a_rule_about_what_does_not_exist_is_an_error(write: Writer, rule: str, expected: str) -> None:
    with pytest.raises(ConfigError) as raised:
        check_config.run(write(f"[[notify]]\n{rule}\nby = 'sms'\n"))
    assert str(raised.value).endswith(expected)


def test_rules_about_verdicts_and_causes_are_fine(write: Writer) -> None:
    text = "[[notify]]\nverdict = 'no_owner'\nby = 'sms'\n[[notify]]\ncause = 'stale_arp'\nby = 'mail'\n"
    assert check_config.run(write(text)) == 0


def test_contacts_and_channels_that_will_not_work_are_warned_of(
    write: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    there = write.directory
    args = write(f"""
[oncall]
chain = [["alice"]]
[[channel]]
name = "modem"
kind = "smstools"
spool = "{there}"
replies = "{there}/replies"
[[channel]]
name = "letters"
kind = "script"
command = ["{there}/post"]
media = ["mail"]
[[channel]]
name = "pigeon"
kind = "script"
command = ["/bin/true"]
[[contact]]
name = "alice"
until = 2020-01-01
way = [{{channel = "modem", to = "+8613800000001"}}]
[[contact]]
name = "bob"
rota = "{there}/rota.ics"
until = 2020-01-01
way = [{{channel = "letters", to = "bob"}}]
[[notify]]
verdict = "no_owner"
instance = "VI_9"
by = "sms"
[[notify]]
verdict = "no_owner"
instance = "VI_9"
contact = "bob"
by = "mail"
[[notify]]
verdict = "no_owner"
contact = "bob"
by = "mail"
""")

    assert check_config.run(args) == 0
    out, err = capsys.readouterr()
    assert "  2 contacts on 3 channels\n" in out
    assert err.splitlines() == [
        f"warning: channel[0].replies: {there}/replies is not there, or no directory",
        f"warning: channel[1].command[0]: {there}/post is not there",
        "warning: channel[2]: pigeon is no contact's way",
        "warning: contact[0].until: the last day of alice is over (2020-01-01)",
        "warning: contact[1].until: the last day of bob is over (2020-01-01)",
        "warning: contact[1].name: bob is not in oncall.chain, and is told nothing unasked",
        "warning: contact[1].way: none of the channels of bob carries sms",
        f"warning: contact[1].rota: {there}/rota.ics is not there; until it is, bob is always on duty",
        "warning: contact: the last day of every one of them is over; nobody is told anything",
        "warning: notify[1]: never counts, since notify[0] covers it and stands before it",
        f"warning: notify[0].instance: {write.conf} has no vrrp_instance VI_9",
        f"warning: notify[1].instance: {write.conf} has no vrrp_instance VI_9",
    ]


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^/nowhere/hawatch\.toml: No such file or directory$"):
        check_config.run(argparse.Namespace(file="/nowhere/hawatch.toml", actions=None, witness=None))


def test_what_will_not_work_is_warned_of(write: Writer, capsys: pytest.CaptureFixture[str]) -> None:
    args = write(
        "[[peer]]\nname = 'lb02'\n[[peer.link]]\ndevice = '/dev/ttyNOT'\n[[peer]]\nname = 'lb03'\n"
        "[[peer]]\nname = 'lb04'\n[[virtual_router]]\ninstance = 'VI_2'\n",
        KEEPALIVED.replace("priority", "prioriti"),
    )
    write.key.unlink()

    assert check_config.run(args) == 0
    assert capsys.readouterr().err.splitlines() == [
        f"warning: peer_link.key_file: {write.key} is not there; without it no peer can be believed",
        "warning: peer[1]: has no link, and neither has peer[2]: addresses learned cannot tell them apart",
        "warning: peer[0].link[0].device: /dev/ttyNOT is not there",
        f"warning: virtual_router[0].instance: {write.conf} has no vrrp_instance VI_2; it has VI_1",
        f"warning: keepalived: {write.conf}:5: unknown keyword 'prioriti' in vrrp_instance VI_1 is ignored",
    ]


def test_a_key_that_everybody_can_read_is_warned_of(
    write: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    args = write()
    write.key.chmod(0o644)

    assert check_config.run(args) == 0
    assert "can be read by everybody" in capsys.readouterr().err


def test_a_keepalived_conf_that_cannot_be_used_is_a_warning_not_an_error(
    write: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    args = write("", "vrrp_instance VI_1 {\n")

    assert check_config.run(args) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{write.toml}: OK\n  0 peers with 0 links\n")
    assert err == f"warning: keepalived.config: {write.conf}:1: the block of vrrp_instance is never closed\n"


def test_no_password_is_shown(write: Writer, capsys: pytest.CaptureFixture[str]) -> None:
    check_config.run(write("", KEEPALIVED.replace("s3cr3t", "'s3cr3t s3cr3t")))

    assert "s3cr3t" not in "".join(capsys.readouterr())


def test_a_language_that_nobody_has_written_is_an_error_and_so_is_a_site_s_own_that_is_wrong(
    write: Writer, tmp_path: Path
) -> None:
    person = (
        "[[contact]]\nname = 'anne'\nlanguage = 'fr'\n[[contact.way]]\nchannel = 'phone'\nto = 'anne'\n"
        "[[channel]]\nname = 'phone'\nkind = 'phone'\n"
    )
    with pytest.raises(ConfigError, match=r"^contact\[0\]\.language: language fr: there is no such language"):
        check_config.run(write(person))

    (tmp_path / "fr.toml").write_text("[say]\nacked = 'pris'\n")
    with pytest.raises(ConfigError, match=r"^contact\[0\]\.language: .*/fr\.toml: say\.acked: .*placeholder"):
        check_config.run(write(f"[oncall]\nlanguages = '{tmp_path}'\n{person}"))
