"""What lies behind the modem: the telephones that its messages reach, and those that write to it."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from deploy.lab.modem.pdu import UCS2, Submitted, deliver, read_submit, status_report


class Trouble(Enum):
    """What is wrong with modem or network at the moment."""

    NONE = "none"
    REFUSE = "refuse"
    SLOW = "slow"
    AWAY = "away"


class Telephones:
    """The network: whole texts that got through are lines of JSON in `record`; `storage` is the SIM's memory.

    With `reports` it confirms each part for which the sender asked that.
    """

    def __init__(self, record: Path) -> None:
        self.storage: dict[int, bytes] = {}
        self.trouble = Trouble.NONE
        self.reports = False
        self._record = record
        self._record.touch()
        self._parts: dict[tuple[str, int, int], dict[int, str]] = {}
        self._reference = 0

    def submit(self, pdu: bytes) -> int:
        """Take one part from the daemon; the reference that the network gives it."""
        part = read_submit(pdu)
        self._reference = self._reference % 255 + 1
        self._gather(part)
        if self.reports and part.wants_report:
            self._store(status_report(part.to, self._reference, datetime.now(UTC)))
        return self._reference

    def receive(self, sender: str, text: str) -> None:
        """A telephone has sent a text, which lies in the SIM's memory from now on."""
        self._reference = self._reference % 255 + 1
        for pdu in deliver(sender, text, datetime.now(UTC), self._reference):
            self._store(pdu)

    def _store(self, pdu: bytes) -> None:
        self.storage[min(set(range(1, len(self.storage) + 2)) - set(self.storage))] = pdu

    def _gather(self, submitted: Submitted) -> None:
        key = (submitted.to, submitted.part.reference, submitted.part.total)
        parts = self._parts.setdefault(key, {})
        parts[submitted.part.number] = submitted.text
        if len(parts) == submitted.part.total:
            del self._parts[key]
            self._tell(submitted, "".join(parts[number] for number in sorted(parts)), len(parts))

    def _tell(self, submitted: Submitted, text: str, parts: int) -> None:
        line = {
            "at": time.monotonic(),
            "to": submitted.to,
            "text": text,
            "parts": parts,
            "alphabet": "ucs2" if submitted.data_coding & 0x0C == UCS2 else "gsm",
        }
        with self._record.open("a", encoding="utf-8") as record:
            record.write(json.dumps(line, ensure_ascii=False) + "\n")
