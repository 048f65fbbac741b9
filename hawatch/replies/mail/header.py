"""The header of a mail that anybody may have written: its fields as plain text, in which nothing is believed yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from email.utils import parsedate_to_datetime

from hawatch.config.mail_address import to_address

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_FROM = re.compile(rf"(?:(?:{_QUOTED}|[^<>,;:\"])*<([^<>\s]+)>|([^<>\s,;:\"()]+))")
_ID = re.compile(r"<[^<>\s]+>")
MOST_IDS = 50
_RECIPIENTS = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")


def fields(mail: Message, *names: str) -> list[str]:
    """The values of these fields, of each name from top to bottom, each on one line."""
    return [value for wanted in names for name, value in every_field(mail) if name == wanted.casefold()]


def every_field(mail: Message) -> Iterator[tuple[str, str]]:
    """All fields from top to bottom, their names in lower case. Bytes beyond ASCII are taken for UTF-8."""
    for name, value in mail.raw_items():
        text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        yield name.casefold(), " ".join(text.split())


def field(mail: Message, name: str) -> str:
    """The first value of a field; empty where there is none."""
    return next(iter(fields(mail, name)), "")


def sender(mail: Message) -> str | None:
    """The address that a mail says it is from, in lower case; None unless it names exactly one, in plain form."""
    written = fields(mail, "From")
    found = _FROM.fullmatch(written[0]) if len(written) == 1 else None
    return None if found is None else to_address(found[1] or found[2])


def recipients(mail: Message) -> str:
    """Everything that says whom it is to, as one text."""
    return "\n".join(fields(mail, *_RECIPIENTS))


def referred(mail: Message) -> list[str]:
    """The Message-IDs of what it answers, the latest first."""
    answered = _ID.findall(" ".join(fields(mail, "In-Reply-To")))
    chain = _ID.findall(" ".join(fields(mail, "References")))
    return [*answered[:MOST_IDS], *chain[: -MOST_IDS - 1 : -1]]


def dated(mail: Message) -> float | None:
    """When it says that it was written (epoch seconds); None if it says nothing that is a time."""
    try:
        return parsedate_to_datetime(field(mail, "Date")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
