"""What gammu-smsd tells through its RunOn… scripts: texts in gammu's backup format, and what became of ours.

Checked against gammu-smsd 1.42 with InboxFormat = detail: one file holds all parts of a text in sections, the words as
UTF-16 in hexadecimal digits, whatever the daemon's locale. Comments (`;`) repeat the words in that locale, with their
line feeds escaped: they are skipped, and a section that says a thing twice is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from hawatch.config.oncall import Channel
from hawatch.errors import DecodeError
from hawatch.notification.outgoing import FILE_PREFIX
from hawatch.replies.dropped import Dropped, Event, identity
from hawatch.reply.arrival import Arrival, Receipt, ReceiptState, Reply

_OURS = re.compile(rf"OUT.*_{FILE_PREFIX}(?P<message>[A-Za-z0-9-]+)\.smsbackup", re.ASCII)
_SECTION = re.compile(r"\[SMSBackup[0-9]+\]", re.ASCII)
_TEXT = re.compile(r"Text[0-9]+", re.ASCII)
_TIME = "%Y%m%dT%H%M%S"
_Section = dict[str, str]


class GammuReader:
    """Reads what gammu-smsd's scripts have dropped."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def read(self, dropped: Dropped) -> Arrival | None:
        """See hawatch.replies.dropped.Reader."""
        if dropped.event is Event.RECEIVED:
            return self._reply(list(_sections(dropped.content)))
        ours = _OURS.fullmatch(dropped.file)
        if ours is None or dropped.event is Event.REPORT:
            return None
        sent = dropped.event is Event.SENT
        return Receipt(
            channel=self._channel.name,
            message=ours["message"],
            state=ReceiptState.SENT if sent else ReceiptState.FAILED,
            problem=None if sent else "gammu-smsd could not send it, see its log",
        )

    def _reply(self, sections: list[_Section]) -> Reply | None:
        if not sections:
            raise DecodeError("no section [SMSBackup000]")
        if any(section.get("PDU") == "Status_Report" for section in sections):
            return None
        first = sections[0]
        if "8bit" in first.get("Coding", ""):
            raise DecodeError("no text, but 8-bit data")
        sender = _unhexed(first.get("NumberUnicode", ""))
        if not sender:
            raise DecodeError("a text without a sender")
        text = "".join(map(_words, sections))
        return Reply(
            channel=self._channel.name,
            id=identity(sender, first.get("DateTime", ""), text),
            sender=sender,
            text=text,
            sent_at=_moment(first.get("DateTime", "")),
        )


def _sections(content: bytes) -> Iterator[_Section]:
    section: _Section | None = None
    for line in content.decode("utf-8", errors="replace").split("\n"):
        line = line.rstrip("\r")  # noqa: PLW2901
        if _SECTION.fullmatch(line):
            if section is not None:
                yield section
            section = {}
        elif section is not None and not line.startswith(";"):
            name, mark, value = line.partition(" = ")
            if mark and name in section:
                raise DecodeError(f"{name} is said twice")
            if mark:
                section[name] = value
    if section is not None:
        yield section


def _words(section: _Section) -> str:
    return _unhexed("".join(section[name] for name in sorted(filter(_TEXT.fullmatch, section))))


def _unhexed(digits: str) -> str:
    try:
        return bytes.fromhex(digits).decode("utf-16-be", errors="replace")
    except ValueError:
        raise DecodeError("a text that is not hexadecimal") from None


def _moment(written: str) -> float | None:
    """The SMS centre's time; without Z its zone is lost in gammu, and this host's is taken."""
    try:
        moment = datetime.strptime(written.removesuffix("Z"), _TIME).astimezone()
    except ValueError:
        return None
    return (moment.replace(tzinfo=UTC) if written.endswith("Z") else moment).timestamp()
