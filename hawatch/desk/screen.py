"""What stands on a phone in the terminal: the messages to a person, and what they answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from hawatch.config.oncall import ChannelKind, Way
from hawatch.desk.ledger import Ledger
from hawatch.desk.records import Heard
from hawatch.desk.trying import UnknownPersonError
from hawatch.notification.message import Message, MessageState
from hawatch.notification.plan import Roster

MOST_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One text at a time (epoch seconds); `typed` by the person, or written by the agent of `node`."""

    id: str
    at: float
    text: str
    node: str
    typed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The latest texts, the oldest first; `mark` tells one state of the screen from another."""

    person: str
    bubbles: tuple[Bubble, ...]
    mark: str


def phones(roster: Roster) -> dict[str, Way]:
    """Everybody who has a phone in the terminal, and the way by which it is reached."""
    kinds = {each.name: each.kind for each in roster.channels}
    found: dict[str, Way] = {}
    for person in roster.contacts:
        for way in person.ways:
            if kinds.get(way.channel) is ChannelKind.PHONE:
                found.setdefault(person.name, way)
    return found


def phone_of(name: str, roster: Roster) -> Way:
    """The way to a person's phone in the terminal; UnknownPersonError when there is none."""
    found = phones(roster)
    if name not in found:
        known = ", ".join(found) or "nobody has one"
        raise UnknownPersonError(f"{name!r} has no phone in the terminal (known: {known})")
    return found[name]


def screen(name: str, ledger: Ledger, roster: Roster) -> Screen:
    """What stands there now; UnknownPersonError when the person has no such phone."""
    way = phone_of(name, roster)
    bubbles = sorted(_bubbles(name, way, ledger), key=lambda each: (each.at, not each.typed, each.id))
    shown = tuple(bubbles[-MOST_LINES:])
    mark = sha256("\n".join(each.id for each in shown).encode()).hexdigest()[:16]
    return Screen(person=name, bubbles=shown, mark=mark)


def _bubbles(name: str, way: Way, ledger: Ledger) -> Iterator[Bubble]:
    for message in ledger.all(Message):
        on_it = (message.person, message.channel) == (name, way.channel)
        if on_it and message.state is not MessageState.DROPPED:
            yield Bubble(
                id=message.id, at=message.created_at, text=message.text, node=message.node, typed=False
            )
    for heard in ledger.all(Heard):
        if (heard.person, heard.channel) == (name, way.channel):
            yield Bubble(id=heard.id, at=heard.at, text=heard.text, node=heard.node, typed=True)
