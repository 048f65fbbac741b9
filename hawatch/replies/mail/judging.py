"""What a mail is to us: an answer of a person on call, news of one of our own messages, or nothing that counts.

An answer counts if it says that it is from a person's address, and shows that this person had our mail: by the token
in the address it is to, or in the Message-ID of ours that it answers. Without a token it counts if the site's own mail
server has verified whom it is from. Everything else is put aside, and never answered.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import StrEnum

from hawatch.config.mail import TOKEN
from hawatch.notification.probe_text import probe_text, token_in
from hawatch.replies.mail import bounce
from hawatch.replies.mail.automatic import automatic
from hawatch.replies.mail.bodies import text_of
from hawatch.replies.mail.header import dated, field, recipients, referred, sender
from hawatch.replies.mail.own_words import own_words
from hawatch.replies.mail.verified import verified
from hawatch.reply.arrival import Receipt, ReceiptState, Reply
from hawatch.wire.mail_token import TOKEN_LETTERS, MailTokens, Vouched

LONGEST_ID = 200
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
"""What the library may raise for a mail that is made to break it."""


class Aside(StrEnum):
    """Why a mail does not count; the words are counted."""

    AUTOMATIC = "automatic"
    REPORT = "report"
    NO_SENDER = "no_sender"
    STRANGER = "stranger"
    FOREIGN_TOKEN = "foreign_token"  # noqa: S105 - the name of a reason
    EXPIRED = "expired"
    NO_PROOF = "no_proof"
    TOO_OLD = "too_old"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAside:
    """One that does not count, from whom it says it is, and what shows it."""

    why: Aside
    sender: str = "-"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one channel believes: `people` are the addresses of those who may answer on it.

    `holds` says whether a token that was made for an address at that time (epoch seconds) is still good.
    """

    channel: str
    people: frozenset[str]
    tokens: MailTokens
    holds: Callable[[Vouched], bool]
    reply_to: str | None = None
    authserv_id: str | None = None


def judge(raw: bytes, rules: Rules) -> Reply | Receipt | PutAside:
    """What the mail is; whatever it is made of, nothing is raised."""
    try:
        return _judge(message_from_bytes(raw), raw, rules)
    except _UNREADABLE as error:
        return PutAside(why=Aside.UNREADABLE, detail=type(error).__name__)


def _judge(mail: Message, raw: bytes, rules: Rules) -> Reply | Receipt | PutAside:
    if bounce.is_report(mail):
        return _reported(mail, rules)
    address = sender(mail)
    if (token := token_in(field(mail, "Subject"))) is not None:
        # From ourselves, and automatic; what it is worth its token says.
        return Reply(
            channel=rules.channel, id=_identity(mail, raw), sender=address or "-", text=probe_text(token)
        )
    if (sign := automatic(mail)) is not None:
        return PutAside(why=Aside.AUTOMATIC, sender=address or "-", detail=sign)
    if address is None:
        return PutAside(why=Aside.NO_SENDER)
    if address not in rules.people:
        return PutAside(why=Aside.STRANGER, sender=address)
    if (doubt := _doubt(mail, address, rules)) is not None:
        return doubt
    return Reply(
        channel=rules.channel,
        id=_identity(mail, raw),
        sender=address,
        text=own_words(text_of(mail)),
        sent_at=dated(mail),
    )


def _reported(mail: Message, rules: Rules) -> Receipt | PutAside:
    """A failure that brings back one of our Message-IDs; everything else that mail servers report is no news."""
    ours = rules.tokens.of_message_id(bounce.bounced(mail), rules.people)
    why = bounce.failure(mail)
    if ours is None or ours.message is None or why is None:
        detail = "of no message of ours" if ours is None else "not of a failure"
        return PutAside(why=Aside.REPORT, detail=detail)
    return Receipt(channel=rules.channel, message=ours.message, state=ReceiptState.FAILED, problem=why)


def _doubt(mail: Message, address: str, rules: Rules) -> PutAside | None:
    """Why it is not believed that it is from this address; None: it is."""
    vouched = _vouched(mail, rules)
    if any(each.address == address and rules.holds(each) for each in vouched):
        return None
    if rules.authserv_id is not None and verified(mail, address, rules.authserv_id):
        return None
    if any(each.address == address for each in vouched):
        return PutAside(why=Aside.EXPIRED, sender=address, detail="its token is too old")
    if vouched:
        return PutAside(why=Aside.FOREIGN_TOKEN, sender=address, detail=f"a token of {vouched[0].address}")
    return PutAside(why=Aside.NO_PROOF, sender=address, detail="no token of ours, and not verified")


def _vouched(mail: Message, rules: Rules) -> list[Vouched]:
    """All that its tokens vouch for."""
    found = [rules.tokens.of_address(each, rules.people) for each in _tokens(mail, rules.reply_to)]
    found += [rules.tokens.of_message_id(each, rules.people) for each in referred(mail)]
    return [each for each in found if each is not None]


def _tokens(mail: Message, reply_to: str | None) -> list[str]:
    """What stands in the place of the token in the addresses that it is to."""
    if reply_to is None:
        return []
    before, _, behind = reply_to.partition(TOKEN)
    form = rf"(?<![\w.+-]){re.escape(before)}([a-z2-7]{{{TOKEN_LETTERS}}}){re.escape(behind)}(?![\w.-])"
    return re.findall(form, recipients(mail), re.IGNORECASE | re.ASCII)[:20]


def _identity(mail: Message, raw: bytes) -> str:
    """The same for the same mail, wherever and however often it is read."""
    name = field(mail, "Message-ID")
    if name and len(name) <= LONGEST_ID and name.isascii() and name.isprintable() and " " not in name:
        return name
    return hashlib.sha256(name.encode(errors="replace") or raw).hexdigest()
