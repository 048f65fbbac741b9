"""The on-call side of a proposed hawatch.toml, all of it comments: who pages is for people to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hawatch.cli.initiating.table_text import note, table_text
from hawatch.config.reference import channels, oncall, twilio
from hawatch.config.reference.key import Key, KeyTable, toml
from hawatch.keepalived.model import VirtualRouter

_WHO_PAGES = """\
Who tells people? One of two:
- Your monitoring system pages (Nagios, Icinga, Alertmanager): leave everything here as it is. hawatch then has one
  contact, oncall, with a phone in the terminal (`hawatch phone`), and calls nobody.
- hawatch pages: a [[channel]], and a [[contact]] with a [[contact.way]] for each person, the same on both nodes.
  Begin with these, then `hawatch check-config` and `hawatch test-message alice`:
"""
_KINDS = (
    (channels.SPOOL, "smstools"),
    (channels.SCRIPT, "script"),
    (channels.APPRISE, "apprise"),
    (channels.MAIL, "mail"),
)
_PROVIDERS = (
    "Other providers of text messages are channels of kind http: take a ready file, or see man hawatch.toml."
)


def on_call_text(routers: Sequence[VirtualRouter]) -> Iterator[str]:
    """Both ways to be told, then every key."""
    yield note(_WHO_PAGES)
    yield table_text(channels.CHANNEL)
    yield table_text(channels.PROBE)
    yield table_text(oncall.CONTACT)
    yield table_text(oncall.WAY)
    yield note("How, and where one differs from that:")
    yield table_text(oncall.ON_CALL)
    first = {"instance": toml(routers[0].instance)} if routers else {}
    yield table_text(oncall.NOTIFY, examples=first)
    for table, kind in _KINDS:
        yield table_text(_of_kind(table, kind))
    yield table_text(channels.SMTP)
    yield table_text(channels.IMAP)
    yield table_text(_of_kind(twilio.TWILIO, "twilio"))
    yield table_text(twilio.TWILIO_WEBHOOK)
    yield note(_PROVIDERS)


def _of_kind(table: KeyTable, kind: str) -> KeyTable:
    """The table with the two keys that every channel has, so that it can be switched on as it stands."""
    every = {key.name: key for key in channels.CHANNEL.keys}
    own = tuple(
        Key(name=name, form=every[name].form, meaning=every[name].meaning, needed=True, example=toml(kind))
        for name in ("name", "kind")
    )
    return KeyTable(heading=table.heading, about=table.about, only=table.only, keys=own + table.keys)
