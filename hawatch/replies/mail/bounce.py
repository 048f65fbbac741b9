"""A bounce: what a server reports of one of our messages (RFC 3464), known by the Message-ID that comes with it."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_string
from email.message import Message

from hawatch.mail_server import shown
from hawatch.replies.mail.header import field

_FAILED = "failed"
_ORIGINAL = frozenset({"text/rfc822-headers", "message/rfc822"})


def is_report(mail: Message) -> bool:
    """Whether it reports on the way of some mail. opensmtpd calls its reports multipart/mixed: the part counts."""
    parts = mail.get_payload()
    return isinstance(parts, list) and any(_is_status(each) for each in parts if isinstance(each, Message))


def failure(mail: Message) -> str | None:
    """Why a mail has not come to one that it was to; None if it may still, or has."""
    for status in _statuses(mail):
        if field(status, "Action").casefold() == _FAILED:
            code = field(status, "Status").partition(" ")[0]
            said = field(status, "Diagnostic-Code").partition(";")[2].strip()
            return shown(f"it came back: {said or code or 'no reason given'}")
    return None


def bounced(mail: Message) -> str:
    """The Message-ID of the mail that is reported on; empty if the report does not have it."""
    for part in mail.walk():
        if part.get_content_type() in _ORIGINAL:
            return field(_original(part), "Message-ID")
    return ""


def _statuses(mail: Message) -> Iterator[Message]:
    """The groups of fields, one for each recipient; the first is about the report itself."""
    for part in mail.walk():
        payload = part.get_payload()
        if _is_status(part) and isinstance(payload, list):
            yield from (each for each in payload if isinstance(each, Message))


def _is_status(part: Message) -> bool:
    return part.get_content_type() == "message/delivery-status"


def _original(part: Message) -> Message:
    payload = part.get_payload()
    if isinstance(payload, list):
        return payload[0] if payload and isinstance(payload[0], Message) else Message()
    raw = part.get_payload(decode=True)
    return message_from_string(raw.decode(errors="replace") if isinstance(raw, bytes) else str(payload))
