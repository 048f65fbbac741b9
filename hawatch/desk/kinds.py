"""The kinds of the desk's records: their names, when one is over, and how it is written down in store and letters."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from operator import attrgetter
from typing import Any, Protocol, cast

from hawatch.codes import Code
from hawatch.desk.deed import Deed
from hawatch.desk.drill import Drill
from hawatch.desk.loop import Loop
from hawatch.desk.records import (
    Acquaintance,
    Answered,
    Beginning,
    GivenBack,
    Heard,
    Mirrored,
    NodeAbilities,
    Pusher,
)
from hawatch.desk.word_note import WordNote
from hawatch.errors import DecodeError
from hawatch.guard.record import Guard, GuardNote
from hawatch.incident import EntryKind, Incident
from hawatch.notification.message import Message
from hawatch.notification.mute import Mute
from hawatch.plain import codec
from hawatch.reply.confirmation import Confirmation

MOST_TOLD_PARTS = 60
MOST_TOLD_ENTRIES = 20
"""What a letter about an incident carries of a long story; the whole of it stays where it was seen."""


class Record(Protocol):
    """What every record has: a name within its kind, and how far it has come."""

    @property
    def id(self) -> str:
        """Unique within the kind, on all nodes."""

    @property
    def progress(self) -> int:
        """The greater of two versions counts."""


KINDS: dict[str, type[Any]] = {
    "answered": Answered,
    "code": Code,
    "confirmation": Confirmation,
    "deed": Deed,
    "heard": Heard,
    "message": Message,
    "mute": Mute,
    "abilities": NodeAbilities,
    "incident": Incident,
    "acquaintance": Acquaintance,
    "pusher": Pusher,
    "mirrored": Mirrored,
    "loop": Loop,
    "guard": Guard,
    "guard_note": GuardNote,
    "drill": Drill,
    "word_note": WordNote,
    "beginning": Beginning,
    "given_back": GivenBack,
}
"""The names of the kinds, as they stand in the store and in letters; incidents here are those of other nodes."""
NAMES = {each: name for name, each in KINDS.items()}

ENDED_AT: dict[str, Callable[[Any], float | None]] = {
    "answered": attrgetter("at"),
    "code": attrgetter("retired_at"),
    "confirmation": attrgetter("until"),
    "deed": attrgetter("changed_at"),
    "heard": attrgetter("at"),
    "message": attrgetter("changed_at"),
    "mute": attrgetter("until"),
    "incident": attrgetter("resolved_at"),
    "guard_note": attrgetter("at"),
    "word_note": attrgetter("at"),
    "mirrored": lambda record: None if record.stands else record.at,
}
"""When a record was over, None while it is not."""


@dataclass(frozen=True, slots=True)
class Key:
    """One record's place."""

    kind: str
    id: str

    def __str__(self) -> str:
        """The form in which letters name it."""
        return f"{self.kind}/{self.id}"


def encode(kind: str, record: Any) -> str:
    """A record as JSON, which can be written as UTF-8 whatever a gateway has handed over."""
    plain = codec(cast("Any", KINDS[kind])).encode(record)
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    halves = any("\ud800" <= each <= "\udfff" for each in text)
    return json.dumps(plain, separators=(",", ":")) if halves else text


def decode(kind: str, text: str | bytes) -> Any:
    """The record in a JSON text. DecodeError when it is none, or of a kind that this version does not know."""
    if kind not in KINDS:
        raise DecodeError(f"unknown kind of record: {kind}")
    try:
        return codec(cast("Any", KINDS[kind])).decode(json.loads(text))
    except (ValueError, RecursionError):
        raise DecodeError(f"{kind}: no JSON") from None


def version_of(body: bytes) -> str:
    """What tells two versions of a record apart in an acknowledgement."""
    return sha256(body).hexdigest()[:16]


def as_told(incident: Incident) -> Incident:
    """An incident as other nodes hear of it: the end of a long story, without keepalived's words, which are records of
    their own."""
    story = [each for each in incident.timeline if each.kind is not EntryKind.KEEPALIVED_SAID]
    return replace(
        incident,
        parts=incident.parts[:MOST_TOLD_PARTS],
        timeline=tuple(story[-MOST_TOLD_ENTRIES:]),
    )
