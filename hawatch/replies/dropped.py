"""A file that an SMS daemon's event script has put into the drop directory, and the name that it gave it.

SECONDS.PID.EVENT.FILE: when, by which process, what happened, and the name that the file has for the daemon.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hawatch.errors import DecodeError
from hawatch.reply.arrival import Arrival

_NAME = re.compile(
    r"[0-9]+\.[0-9]+\.(?P<event>RECEIVED|SENT|FAILED|REPORT)\.(?P<file>.+)", re.ASCII | re.DOTALL
)


class Event(StrEnum):
    """What the daemon says has happened."""

    RECEIVED = "RECEIVED"
    SENT = "SENT"
    FAILED = "FAILED"
    REPORT = "REPORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """What happened, with which file of the daemon, the file's content, and when the script wrote (epoch seconds)."""

    event: Event
    file: str
    content: bytes
    written_at: float


class Reader(Protocol):
    """What understands the files of one daemon."""

    def read(self, dropped: Dropped) -> Arrival | None:
        """What has come in; None if it does not concern us. DecodeError for what cannot be understood; OSError."""


def named(name: str) -> tuple[Event, str]:
    """The event and the daemon's file of a drop's name. DecodeError."""
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise DecodeError("not a name that the event script gives")
    return Event(parts["event"]), parts["file"]


def identity(*parts: str) -> str:
    """A reply's id, made of what stays the same when a daemon hands it over again under another name."""
    told = "\0".join(parts).encode(errors="surrogatepass")
    return hashlib.sha256(told).hexdigest()[:32]
