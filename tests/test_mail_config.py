"""Mail channels in hawatch.toml: what may be left out, and that every mistake is named by its key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hawatch.cli.mail_warnings import mail_warnings
from hawatch.config import load
from hawatch.config.mail import Mailbox, MailServer, Tls
from hawatch.config.mail_address import LONGEST_LOCAL, to_address
from hawatch.config.oncall import ChannelKind, Medium
from hawatch.errors import ConfigError
from hawatch.replies.mail.judging import Aside

PAGE = Path(__file__).resolve().parent.parent / "docs" / "mail.md"

CHANNEL = """
[[channel]]
name = "mail"
kind = "mail"
from = "Hawatch@Example.org"
"""
SMTP = """
[channel.smtp]
host = "mail.example.org"
"""
IMAP = """
[channel.imap]
host = "mail.example.org"
user = "hawatch"
password_file = "/etc/hawatch/mail.password"
"""

OUT = CHANNEL + SMTP
WHOLE = OUT + IMAP


def reply_to(address: str, servers: str = SMTP + IMAP) -> str:
    return f'{CHANNEL}reply_to = "{address}"\n{servers}'


def contact(to: str, name: str = "anna") -> str:
    return f'[[contact]]\nname = "{name}"\n[[contact.way]]\nchannel = "mail"\nto = "{to}"\n'


def wrong(text: str) -> str:
    """What is said of a configuration that cannot be used."""
    with pytest.raises(ConfigError) as caught:
        load(text, "h")
    return str(caught.value)


def test_a_channel_needs_an_address_and_a_server_and_all_else_has_a_default() -> None:
    (channel,) = load(CHANNEL + SMTP, "h").channels
    assert channel.kind is ChannelKind.MAIL
    assert channel.media == {Medium.MAIL}
    assert channel.mail is not None
    assert channel.mail.sender == "hawatch@example.org"
    assert channel.mail.smtp == MailServer(host="mail.example.org", port=587, tls=Tls.STARTTLS)
    assert channel.mail.imap is None


def test_a_mailbox_is_read_under_tls_by_default_and_at_least_once_a_minute() -> None:
    (channel,) = load(CHANNEL + SMTP + IMAP, "h").channels
    assert channel.mail is not None
    server = MailServer(
        host="mail.example.org",
        port=993,
        tls=Tls.TLS,
        user="hawatch",
        password_file="/etc/hawatch/mail.password",
    )
    assert channel.mail.imap == Mailbox(server=server, folder="INBOX", poll=60.0, authserv_id=None)


@pytest.mark.parametrize(
    ("tls", "smtp", "imap"), [("starttls", 587, 143), ("tls", 465, 993), ("none", 25, 143)]
)
def test_the_usual_port_follows_from_how_it_is_made_private(tls: str, smtp: int, imap: int) -> None:
    (channel,) = load(f'{CHANNEL}{SMTP}tls = "{tls}"\n{IMAP}tls = "{tls}"', "h").channels
    assert channel.mail is not None
    assert channel.mail.imap is not None
    assert (channel.mail.smtp.port, channel.mail.imap.server.port) == (smtp, imap)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[channel]]\nname = "m"\nkind = "mail"\n', "channel[0].from: missing"),
        (CHANNEL.replace("@", " at ") + SMTP, "channel[0].from: 'Hawatch at Example.org' is not a mail address"),
        (CHANNEL, "channel[0].smtp: missing: a [channel.smtp] says which server takes mail"),
        (CHANNEL + "[channel.smtp]\n", "channel[0].smtp.host: missing"),
        (OUT + 'tls = "ssl"\n', "channel[0].smtp.tls: 'ssl' is none of tls, starttls, none"),
        (OUT + "port = 70000\n", "channel[0].smtp.port: 70000 is not between 1 and 65535"),
        (OUT + 'user = "x"\n', "channel[0].smtp.password_file: missing, while there is a user"),
        (OUT + 'password_file = "/x"\n', "channel[0].smtp.user: missing, while there is a password_file"),
        (OUT + 'password = "x"\n', "channel[0].smtp.password: unknown key, did you mean password_file?"),
        (OUT + 'ca_file = "ca.crt"\n', "channel[0].smtp.ca_file: 'ca.crt' is not an absolute path"),
        (OUT + 'tls = "none"\nca_file = "/x"\n', 'channel[0].smtp.ca_file: is of no use with tls = "none"'),
        (OUT + '[channel.imap]\nhost = "m"\n', "channel[0].imap.user: missing: whose mailbox it is"),
        (WHOLE + 'poll = "0s"\n', "channel[0].imap.poll: '0s' is not between 1 s and 30 days"),
        (WHOLE + 'authserv_id = "a b"\n', "channel[0].imap.authserv_id: 'a b' is neither"),
        (WHOLE + "idle = true\n", "channel[0].imap.idle: unknown key"),
        (reply_to("haw+{token}@x.org", SMTP), "channel[0].reply_to: is of no use without a [channel.imap]"),
        (reply_to("haw@x.org"), "channel[0].reply_to: 'haw@x.org' has not one {token}"),
        (reply_to("a@{token}.org"), "channel[0].reply_to: 'a@{token}.org' has not one {token}"),
        (reply_to("x" * 41 + "{token}@x.org"), "or has more than 40 letters before its @"),
        (CHANNEL + 'spool = "/x"\n' + SMTP, "channel[0].spool: unknown key"),
        ('[[channel]]\nname = "m"\nkind = "gammu"\nspool = "/x"\nfrom = "a@b.c"\n', "channel[0].from: unknown key"),
        (OUT + contact("+8613800000001"), "contact[0].way[0].to: '+8613800000001' is not a mail address"),
        (OUT + contact("HAWATCH@example.org"), "is the address of the channel itself"),
        (OUT + contact("a@b.org") + contact("A@B.org", "bo"), "contact[1].way[0].to: 'a@b.org' is anna's already"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_by_its_key(text: str, said: str) -> None:
    assert said in wrong(text)


def test_an_address_is_one_persons_on_all_mail_channels() -> None:
    other = (CHANNEL + SMTP).replace('"mail"\nkind', '"other"\nkind')
    ways = contact("a@b.org") + contact("a@b.org", "bo").replace('channel = "mail"', 'channel = "other"')
    assert "'a@b.org' is anna's already" in wrong(CHANNEL + SMTP + other + ways)


@pytest.mark.parametrize(
    "text", ["anna@example.org", "Anna.Doe+x@mail.example.org", "a@b", f"{'x' * LONGEST_LOCAL}@b.c"]
)
def test_an_address_has_one_spelling(text: str) -> None:
    assert to_address(text) == text.lower()


@pytest.mark.parametrize(
    "text",
    ["", "@", "a@", "@b.c", "a b@c.d", "a@b@c.d", ".a@b.c", "a..b@c.d", "a@b c", '"a"@b.c', "a@[1.2.3.4]", "a@1.2.3.4",
     "安@b.c", "a@b.c\n", "a,b@c.d", "<a@b.c>", f"{'x' * 65}@b.c", f"a@{'b.' * 130}c", "a@b."],
)  # fmt: skip
def test_what_is_no_plain_address_is_none(text: str) -> None:
    assert to_address(text) is None


# --- what will not work ---------------------------------------------------------------------------


def test_check_config_warns_of_files_and_keys_that_will_not_do(tmp_path: Path) -> None:
    secret, authority = tmp_path / "mail.password", tmp_path / "ca.crt"
    secret.write_text("x\n")
    secret.chmod(0o644)
    servers = WHOLE.replace("/etc/hawatch/mail.password", str(secret)).replace(
        SMTP, f'{SMTP}tls = "none"\nuser = "hawatch"\npassword_file = "{tmp_path}/no"\n'
    )
    text = f'{servers}ca_file = "{authority}"\n[peer_link]\nkey_file = "{tmp_path}/peer.key"\n[[peer]]\nname = "lb02"\n'
    assert list(mail_warnings(load(text, "h"))) == [
        'channel[0].smtp.tls: with "none" the password goes over the network as it is',
        f"channel[0].smtp.password_file: {tmp_path}/no is not there",
        f"channel[0].imap.password_file: {secret} can be read by everybody (chmod 640 {secret})",
        f"channel[0].imap.ca_file: {authority} is not there",
        f"channel[0].imap: without {tmp_path}/peer.key each node takes answers to its own mails alone",
    ]
    secret.chmod(0o640)
    authority.write_text("")
    (tmp_path / "no").write_text("")
    (tmp_path / "no").chmod(0o600)
    (tmp_path / "peer.key").write_text("")
    assert len(list(mail_warnings(load(text, "h")))) == 1


# --- the page -------------------------------------------------------------------------------------


def test_what_the_page_shows_can_be_pasted() -> None:
    lines = PAGE.read_text(encoding="utf-8").split("```toml")[1].partition("```")[0].splitlines()
    loaded = load("\n".join(line.removeprefix("   ") for line in lines), "page")
    assert loaded.channels[0].mail is not None
    assert loaded.contacts[0].ways[0].to == "anna@example.org"


def test_the_page_has_every_reason_for_which_a_mail_is_put_aside() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| put aside | why |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [each.value for each in Aside]
