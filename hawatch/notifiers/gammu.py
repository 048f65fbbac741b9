"""SMS through gammu-smsd with its files backend: a message is a file in its outbox.

The file is of the kind .smsbackup, which names the alphabet itself. A .txt file would hang on TransmitFormat and on
the daemon's locale: under LC_ALL=C a Chinese text leaves as question marks. Checked against gammu-smsd 1.42: it sends
each section as it stands (cutting what is too long), so long texts are split here, and a file that it cannot read
holds up all others.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from pathlib import Path

from hawatch.config.oncall import Channel
from hawatch.errors import DeliveryError
from hawatch.notification.outgoing import FILE_PREFIX, Delivery, Outgoing
from hawatch.notification.text.length import Alphabet, alphabet_of, split
from hawatch.notifiers.spool_file import in_thread, number_of, put, spool_of

# In the order in which a message moves through them, so that one on the move is not missed.
_STAGES = ("outbox", "sent")
_GIVEN_UP = "error"
_PRIORITY = "A"  # before everybody else's
_DIGITS_A_LINE = 200
_CODING = {Alphabet.GSM7: "Default_No_Compression", Alphabet.UCS2: "Unicode_No_Compression"}


class GammuNotifier:
    """Hands messages to gammu-smsd; one that it has already is not handed over again. ConfigError without a spool."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._spool = spool_of(channel)

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Hand over one message; whether it was sent comes with the replies. DeliveryError."""
        return await in_thread(self._channel, self._place, outgoing)

    def _place(self, outgoing: Outgoing) -> Delivery:
        number = f"+{number_of(outgoing)}"
        ours = f"*_{FILE_PREFIX}{outgoing.id}.smsbackup"
        if any(_holds(self._spool / stage, ours) for stage in _STAGES):
            return Delivery.SENT
        if _holds(self._spool / _GIVEN_UP, ours):
            raise DeliveryError("gammu-smsd gave it up, see its log", temporary=False)
        sections = smsbackup(number, outgoing.text, reference=zlib.crc32(outgoing.id.encode()) & 0xFF)

        def name(written: datetime) -> str:
            """Sorted by time, since gammu-smsd sends in the order of names."""
            return f"OUT{_PRIORITY}{written:%Y%m%d_%H%M%S_%f}_{number}_{FILE_PREFIX}{outgoing.id}.smsbackup"

        put(self._spool / "outbox", sections.encode("ascii"), name)
        return Delivery.SENT


def _holds(directory: Path, pattern: str) -> bool:
    return any(directory.glob(pattern))


def smsbackup(number: str, text: str, *, reference: int) -> str:
    """The text as gammu's backup format has it, one section for each message that it takes.

    `reference` (0 to 255) tells a phone which parts are of one text. Every part asks for a delivery report.
    """
    coding = _CODING[alphabet_of(text)]
    parts = split(text)
    sections = []
    for place, part in enumerate(parts):
        digits = part.encode("utf-16-be").hex().upper()
        lines = [
            f"[SMSBackup{place:03d}]",
            "PDU = Status_Report",
            f'Number = "{number}"',
            f"Coding = {coding}",
            "Class = -1",
            "Folder = 2",
        ]
        if len(parts) > 1:
            lines.append(f"UDH = 050003{reference:02X}{len(parts):02X}{place + 1:02X}")
        cuts = range(0, len(digits), _DIGITS_A_LINE)
        lines += [f"Text{line:02d} = {digits[cut : cut + _DIGITS_A_LINE]}" for line, cut in enumerate(cuts)]
        sections.append("\n".join(lines) + "\n")
    return "\n".join(sections)
