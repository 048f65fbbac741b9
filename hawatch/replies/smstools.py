"""What smsd of smstools3 tells through its event handler: texts, and what became of ours.

Checked against smsd 3.1.21. A file is headers, a blank line, and the text. A text outside the GSM alphabet is
`Alphabet: UCS2` and raw UTF-16BE; smsd joins the parts of a long text itself. A SENT file carries the network's
numbers of its parts (`Message_id: 7 8 .` with messageids = 3, else the last or first alone); a REPORT speaks of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from hawatch.config.oncall import Channel
from hawatch.errors import DecodeError
from hawatch.notification.outgoing import FILE_PREFIX
from hawatch.replies.dropped import Dropped, Event, identity
from hawatch.reply.arrival import Arrival, Receipt, ReceiptState, Reply

_TIME = "%y-%m-%d %H:%M:%S"
_NOT_BEFORE_SENDING = 60.0
"""Seconds by which a text may seem to be received before it was sent, while the clocks agree on the zone."""
_REPORT_WITHIN = 3 * 86400.0
"""Seconds in which a report is looked for; the network's numbers go round at 256."""
_GIVEN_UP_FROM = 64  # 3GPP TS 23.040 §9.2.3.15: 0-31 delivered, 32-63 still trying, from 64 on given up
_TRYING_FROM = 32
_MOST_DIGITS = 3
_ALPHABETS = {
    "UTF": "utf-8",
    "UCS": "utf-16-be",
    "CHI": "utf-16-be",
    "UNI": "utf-16-be",
    "ISO": "iso-8859-15",
    "LAT": "iso-8859-15",
    "ANS": "iso-8859-15",
    "GSM": "iso-8859-15",
}


class SmstoolsReader:
    """Reads what smsd's event handler has dropped; for reports it looks into smsd's sent directory."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def read(self, dropped: Dropped) -> Arrival | None:
        """See hawatch.replies.dropped.Reader."""
        headers, body = _parts(dropped.content)
        if dropped.event is Event.RECEIVED:
            return self._reply(headers, body)
        if dropped.event is Event.REPORT:
            return self._report(headers, body, dropped.written_at)
        if not dropped.file.startswith(FILE_PREFIX):
            return None  # somebody else's message
        sent = dropped.event is Event.SENT
        return Receipt(
            channel=self._channel.name,
            message=dropped.file.removeprefix(FILE_PREFIX),
            state=ReceiptState.SENT if sent else ReceiptState.FAILED,
            problem=None if sent else headers.get("Fail_reason", "smsd says not why"),
        )

    def _reply(self, headers: dict[str, str], body: bytes) -> Reply:
        sender = headers.get("From", "")
        if not sender or "Error" in headers:
            raise DecodeError(headers.get("Error", "a text without a sender"))
        encoding = _ALPHABETS.get(headers.get("Alphabet", "ISO")[:3].upper())
        if encoding is None:
            raise DecodeError(f"no text, but {headers['Alphabet']}")
        text = body.decode(encoding, errors="replace")
        international = "international" in headers.get("From_TOA", "") and sender.isdecimal()
        return Reply(
            channel=self._channel.name,
            id=identity(sender, headers.get("Sent") or headers.get("Received", ""), text),
            sender=f"+{sender}" if international else sender,
            text=text,
            sent_at=_sent_at(headers),
        )

    def _report(self, headers: dict[str, str], body: bytes, at: float) -> Receipt | None:
        said = _fields(body)
        number, status = said.get("Message_id", ""), said.get("Status", "")
        code = status.partition(",")[0]
        if not number or not code.isdecimal() or len(code) > _MOST_DIGITS:
            raise DecodeError("a report without Message_id or Status")
        if _TRYING_FROM <= int(code) < _GIVEN_UP_FROM:
            return None
        given_up = int(code) >= _GIVEN_UP_FROM
        for message, numbers in self._sent_to(headers.get("From", ""), at):
            if number in numbers and (given_up or number == numbers[-1]):
                return Receipt(
                    channel=self._channel.name,
                    message=message,
                    state=ReceiptState.FAILED if given_up else ReceiptState.DELIVERED,
                    problem=status if given_up else None,
                )
        return None

    def _sent_to(self, number: str, at: float) -> Iterator[tuple[str, list[str]]]:
        """Our messages to a telephone with the network's numbers of their parts, the latest first."""
        directory = Path(self._channel.spool or "/nonexistent") / "sent"
        with suppress(FileNotFoundError):
            times = {path: path.stat().st_mtime for path in directory.glob(f"{FILE_PREFIX}*")}
            recent = [path for path, written in times.items() if written >= at - _REPORT_WITHIN]
            for path in sorted(recent, key=times.__getitem__, reverse=True):
                headers, _ = _parts(path.read_bytes())
                if headers.get("To") == number:
                    numbers = headers.get("Message_id", "").removesuffix(".").split()
                    yield path.name.removeprefix(FILE_PREFIX), numbers


def _parts(content: bytes) -> tuple[dict[str, str], bytes]:
    """Headers and body; the first blank line counts, since UTF-16 may hold what looks like one."""
    head, blank, body = content.partition(b"\n\n")
    if not blank:
        raise DecodeError("no blank line after the headers")
    return _fields(head), body


def _fields(lines: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines.decode("utf-8", errors="replace").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name, value.strip())
    return found


def _sent_at(headers: dict[str, str]) -> float | None:
    """The SMS centre's time. Its zone is lost in smsd: this host's is taken, unless that puts it after `Received`."""
    try:
        sent, received = (
            datetime.strptime(headers[name], _TIME).astimezone().timestamp() for name in ("Sent", "Received")
        )
    except (KeyError, ValueError):
        return None
    return sent if sent <= received + _NOT_BEFORE_SENDING else None
