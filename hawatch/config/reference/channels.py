"""The keys of a [[channel]] of hawatch.toml, kind by kind; those of the kind http are in provider.py."""

from __future__ import annotations

from hawatch.config.mail import Mailbox, MailServer, Tls
from hawatch.config.oncall import Channel, ChannelKind, Medium, ReceiptWanted
from hawatch.config.probe import ReplyPathProbe
from hawatch.config.reference.key import (
    DURATION,
    NAMES,
    NUMBER,
    PATH,
    TEXT,
    Key,
    KeyTable,
    one_of,
    some_of,
    toml,
)

_CHANNEL = Channel(name="", kind=ChannelKind.PHONE)
_MAILBOX = Mailbox(server=MailServer(host="", port=1, tls=Tls.TLS))
_PROBE = ReplyPathProbe(to="")

CA_FILE = Key(
    name="ca_file",
    form=PATH,
    meaning="who vouches for the server",
    otherwise="whom the host trusts",
    example='"/etc/hawatch/ca.crt"',
)
PROXY = Key(
    name="proxy",
    form="URL",
    meaning="the HTTP proxy on the way",
    otherwise="none",
    example='"http://proxy.example.org:3128"',
)
ALLOW = Key(
    name="allow",
    form="list of networks",
    meaning="from where it may be called",
    otherwise="from everywhere",
    example='["203.0.113.0/24"]',
)
PROXIES = Key(
    name="proxies",
    form="list of networks",
    meaning="the proxies that are believed when they name another caller",
    otherwise="none",
    example='["127.0.0.1"]',
)

CHANNEL = KeyTable(
    heading="[[channel]]",
    about="A way to people. The keys of each kind follow; `phone` has none of its own.",
    keys=(
        Key(
            name="name", form=TEXT, meaning="what `[[contact.way]]` calls it", needed=True, example='"modem"'
        ),
        Key(
            name="kind",
            form=one_of(ChannelKind),
            meaning="what carries the messages",
            needed=True,
            example='"smstools"',
        ),
        Key(
            name="media",
            form=some_of(Medium),
            meaning="what it is for: `sms` wakes people, `mail` waits until they look",
            otherwise='`["sms"]` for telephones, `["mail"]` for mail, else both',
            example='["sms", "mail"]',
        ),
        Key(name="timeout", form=DURATION, meaning="for one delivery", default=toml(_CHANNEL.timeout)),
        Key(
            name="receipt",
            form=one_of(ReceiptWanted),
            meaning="what shows that a message got through, where the gateway tells",
            default=toml(_CHANNEL.receipt),
        ),
        Key(
            name="receipt_within",
            form=DURATION,
            meaning="without it the person's next way is taken as well; `0` is never",
            default=toml(_CHANNEL.receipt_within),
        ),
    ),
)
PROBE = KeyTable(
    heading="[channel.probe]",
    about="A message that the agent sends to itself, so that a dead way shows by day. For a channel with replies.",
    keys=(
        Key(
            name="to",
            form=TEXT,
            meaning="the channel's own number or address; needed but for mail",
            otherwise="with mail: `from`",
            example='"+8613800000009"',
        ),
        Key(name="every", form=DURATION, meaning="how often; 10m at the least", default=toml(_PROBE.every)),
        Key(name="within", form=DURATION, meaning="then it is missed", default=toml(_PROBE.within)),
        Key(
            name="at",
            form="`HH:MM`",
            meaning="the local time of day; `every` is then whole days",
            otherwise="whenever it is due",
            example='"10:00"',
        ),
    ),
)
SPOOL = KeyTable(
    heading="[[channel]]",
    only="of kind smstools or gammu",
    about="A modem with an SMS daemon on this node.",
    keys=(
        Key(
            name="spool",
            form=PATH,
            meaning="smstools: what holds `outgoing/`; gammu: the outbox itself",
            needed=True,
            example='"/var/spool/sms"',
        ),
        Key(
            name="replies",
            form=PATH,
            meaning="where the event handler puts replies",
            otherwise="one-way",
            example='"/var/spool/sms/hawatch"',
        ),
    ),
)
SCRIPT = KeyTable(
    heading="[[channel]]",
    only="of kind script",
    about="Any program; the message is JSON on its standard input.",
    keys=(
        Key(
            name="command",
            form=NAMES,
            meaning="the program by its absolute path, and its arguments",
            needed=True,
            example='["/usr/local/bin/page", "--now"]',
        ),
    ),
)
APPRISE = KeyTable(
    heading="[[channel]]",
    only="of kind apprise",
    about="Chat and push services, one way.",
    keys=(
        Key(
            name="urls_file",
            form=PATH,
            meaning="the services, a line `TAG=URL` each; the `to` of a way is a tag, or `all`",
            needed=True,
            example='"/etc/hawatch/apprise.urls"',
        ),
    ),
)
MAIL = KeyTable(
    heading="[[channel]]",
    only="of kind mail",
    about="docs/mail.md.",
    keys=(
        Key(
            name="from",
            form="mail address",
            meaning="the channel's own; bounces come here",
            needed=True,
            example='"hawatch@example.org"',
        ),
        Key(
            name="reply_to",
            form="mail address",
            meaning="where answers go, with `{token}` before its @",
            otherwise="`from`",
            example='"hawatch+{token}@example.org"',
        ),
    ),
)


def _server(usual: Tls, ports: str, login: Key) -> tuple[Key, ...]:
    return (
        Key(name="host", form="host", meaning="the server", needed=True, example='"mail.example.org"'),
        Key(name="port", form=NUMBER, meaning="its port", otherwise=ports, example=ports.partition(",")[0]),
        Key(name="tls", form=one_of(Tls), meaning="how it is encrypted", default=toml(usual)),
        login,
        Key(
            name="password_file",
            form=PATH,
            meaning="its first line; read at each log-in",
            needed=login.needed,
            otherwise="" if login.needed else "nobody logs in",
            example='"/etc/hawatch/mail.password"',
        ),
        CA_FILE,
    )


SMTP = KeyTable(
    heading="[channel.smtp]",
    about="Which server takes mail; needed.",
    keys=_server(
        Tls.STARTTLS,
        "587, or 465 with `tls`, 25 with `none`",
        Key(name="user", form=TEXT, meaning="who logs in", otherwise="nobody", example='"hawatch"'),
    ),
)
IMAP = KeyTable(
    heading="[channel.imap]",
    about="Where answers are read; without it nobody reads them.",
    keys=(
        *_server(
            Tls.TLS,
            "993, or 143 with `starttls` and `none`",
            Key(name="user", form=TEXT, meaning="whose mailbox it is", needed=True, example='"hawatch"'),
        ),
        Key(name="folder", form=TEXT, meaning="which folder", default=toml(_MAILBOX.folder)),
        Key(
            name="poll",
            form=DURATION,
            meaning="the longest time between two looks; with IDLE mail is seen at once",
            default=toml(_MAILBOX.poll),
        ),
        Key(
            name="authserv_id",
            form="host",
            meaning="whose Authentication-Results count",
            otherwise="nobody's",
            example='"mx.example.org"',
        ),
    ),
)
TABLES = (CHANNEL, PROBE, SPOOL, SCRIPT, APPRISE, MAIL, SMTP, IMAP)
