"""A message as a mail: plain text alone, what matters first, and a header by which its answer is known again."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from hawatch.config.mail import TOKEN, Mail
from hawatch.notification.outgoing import Outgoing
from hawatch.wire.mail_token import MailTokens, thread_id

LONGEST_SUBJECT = 120
LONGEST_ID = 250
_ID = re.compile(rf"<[!-;=?-~]{{3,{LONGEST_ID}}}>")
_SENTENCE_END = re.compile(r"(?<=[.!?]) |(?<=[。！？])")
_SHORTEST_SENTENCE = 24  # a tag alone is no subject
_IDS = frozenset({"message-id", "in-reply-to", "references"})


class _Policy(EmailPolicy):
    """Message-IDs stand as they are: the library would encode a long one, and no program would know it again."""

    def fold(self, name: str, value: str) -> str:
        """One id a line."""
        return _unencoded(name, value) if name.lower() in _IDS else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """The same, in bytes."""
        if name.lower() in _IDS:
            return _unencoded(name, value).encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", cte_type="7bit")


def letter(outgoing: Outgoing, mail: Mail, tokens: MailTokens) -> bytes:
    """The whole mail with its header, its lines ended by CR LF; the same bytes for the same message."""
    written = EmailMessage(policy=_POLICY)
    written["From"] = mail.sender
    written["To"] = outgoing.to
    if mail.reply_to is not None:
        token = tokens.token(outgoing.to, outgoing.written_at)
        written["Reply-To"] = mail.reply_to.replace(TOKEN, token)
    written["Subject"] = subject(outgoing.text)
    written["Date"] = format_datetime(datetime.fromtimestamp(int(outgoing.written_at), UTC))
    written["Message-ID"] = tokens.message_id(outgoing.to, outgoing.written_at, outgoing.id, mail.domain)
    _refer(written, outgoing, mail)
    written["Auto-Submitted"] = "auto-generated"
    written["X-Auto-Response-Suppress"] = "All"
    written.set_content(body(outgoing), charset="utf-8")
    return bytes(written)


def subject(text: str) -> str:
    """The first sentence of the text, which has the tag, what has happened, and where; never more than one line."""
    line = _clean(text).strip().partition("\n")[0]
    for end in _SENTENCE_END.finditer(line):
        if end.start() >= _SHORTEST_SENTENCE:
            line = line[: end.start()].rstrip(" .。")
            break
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def body(outgoing: Outgoing) -> str:
    """What the text message says with its code and menu, how to answer, and then all that is known."""
    parts = (outgoing.text, outgoing.hint, outgoing.details)
    return "\n\n".join(_clean(part).strip() for part in parts if part.strip()) + "\n"


def _refer(written: EmailMessage, outgoing: Outgoing, mail: Mail) -> None:
    """All mails about one incident are one conversation, and so is an answer with what it answers."""
    thread = [thread_id(outgoing.thread, mail.domain)] if outgoing.thread else []
    answered = [outgoing.answers] if _ID.fullmatch(outgoing.answers) else []
    if thread or answered:
        written["In-Reply-To"] = (answered or thread)[0]
        written["References"] = " ".join([*thread, *answered])


def _unencoded(name: str, value: str) -> str:
    return f"{name}: " + "\r\n ".join(value.split()) + "\r\n"


def _clean(text: str) -> str:
    """Without what would end a line of the header, or what no mail may have."""
    kept = "".join(each if each == "\n" or each.isprintable() else " " for each in text)
    return kept.encode("utf-8", "replace").decode()
