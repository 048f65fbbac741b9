"""Mail that no person has just written: answering it is how two machines come to write to each other for ever."""

from __future__ import annotations

import re
from email.message import Message

from hawatch.replies.mail.header import field, fields

_NO_PERSON = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_SIGNS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "List-Id")
# What programs write that know no header for it; each at the beginning, as those who answer keep our subject there.
_SUBJECT = re.compile(
    r"(?:re:\s*)?(?:auto(?:matic|mated)?[\s_-]*(?:reply|response|replied)|out of (?:the )?office"
    r"|vacation (?:reply|notice)"
    r"|abwesenheits\w*|automatische antwort|r[ée]ponse automatique|自动回复|自動回覆|自动答复|休假回复|外出回复)"
    r"\s*(?:[:：\-]|$)",
    re.IGNORECASE,
)


def automatic(mail: Message) -> str | None:
    """By what it shows that a program has written it, as few words for the log; None: nothing shows it."""
    submitted = field(mail, "Auto-Submitted").partition(";")[0].strip().casefold()
    if submitted not in {"", "no"}:
        return f"Auto-Submitted: {submitted[:40]}"
    for name in _SIGNS:
        if any(each.casefold() != "no" for each in fields(mail, name)):
            return name
    for each in fields(mail, "Precedence"):
        if each.casefold() in _NO_PERSON:
            return f"Precedence: {each.casefold()}"
    if any(each.replace(" ", "") == "<>" for each in fields(mail, "Return-Path")):
        return "an empty Return-Path"
    if mail.get_content_type() == "multipart/report":
        return "a report"
    return "its subject" if _SUBJECT.match(decoded(field(mail, "Subject"))) else None


def decoded(value: str) -> str:
    """A field's encoded words (RFC 2047) as text; as it stands where they make no sense."""
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError):  # ValueError: UnicodeError and email's HeaderParseError, too
        return value
