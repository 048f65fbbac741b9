"""Mails as people, programs and forgers write them, and what one channel believes, for tests of answers by mail."""

from __future__ import annotations

from collections.abc import Callable

from hawatch.replies.mail.judging import Rules
from hawatch.wire.mail_token import MailTokens, Vouched

ANNA, BO, MALLORY = "anna@example.org", "bo@example.org", "mallory@example.net"
OURS = "hawatch@example.org"
REPLY_TO = "haw+{token}@example.org"
MX = "mx.example.org"
NOW = 1_795_000_000.0
TOKENS = MailTokens(b"a key that both nodes have, 32 bytes")
MESSAGE = "lb01-19a2b3c4d5e-1"

GMAIL = (
    "\n\nOn Fri, Nov 27, 2026 at 3:12 AM <hawatch@example.org> wrote:\n\n"
    "> [hawatch web] SPLIT BRAIN VI_1. 47=ack, 47 2=demote lb02\n"
)


def token_address(person: str = ANNA, at: float = NOW) -> str:
    """The address that a person's answer goes to."""
    return REPLY_TO.replace("{token}", TOKENS.token(person, at))


def our_id(person: str = ANNA, at: float = NOW, message: str = MESSAGE) -> str:
    """The Message-ID of a mail of ours to a person."""
    return TOKENS.message_id(person, at, message, "example.org")


def mail(text: str = "47" + GMAIL, *, top: str = "", **header: str | None) -> bytes:
    """An answer of anna's to our mail, but for what is said otherwise; None leaves a field out.

    `top` is what servers have put above it, line by line. Underscores in names stand for hyphens.
    """
    fields: dict[str, str | None] = {
        "From": f"Anna <{ANNA}>",
        "To": token_address(),
        "Subject": "Re: [hawatch web] SPLIT BRAIN VI_1",
        "Date": "Fri, 27 Nov 2026 03:12:30 +0000",
        "Message-ID": "<answer-1@phone.example.net>",
        "Content-Type": "text/plain; charset=utf-8",
    }
    fields |= {name.replace("_", "-"): value for name, value in header.items()}
    lines = [*top.splitlines(), *(f"{name}: {value}" for name, value in fields.items() if value is not None)]
    return ("\n".join(lines) + "\n\n" + text).encode(errors="surrogateescape")


def rules(*, holds: Callable[[Vouched], bool] = lambda _: True, authserv_id: str | None = None) -> Rules:
    """What the channel `mail` believes, whose people are anna and bo."""
    return Rules(
        channel="mail",
        people=frozenset({ANNA, BO}),
        tokens=TOKENS,
        holds=holds,
        reply_to=REPLY_TO,
        authserv_id=authserv_id,
    )
