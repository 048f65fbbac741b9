"""The records that the desks of all nodes keep alike; each knows which of two versions is further on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hawatch.ability import Ability


class Answer(StrEnum):
    """What a person may do with an incident."""

    ACK = "ack"
    RELEASE = "release"
    SNOOZE = "snooze"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A person's word on an incident, by any of its names; `until` ends a snooze (epoch seconds)."""

    id: str
    incidents: tuple[str, ...]
    answer: Answer
    who: str
    at: float
    until: float | None = None
    text: str = ""

    @property
    def progress(self) -> int:
        """It never changes."""
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A text that came in, verbatim, and what was made of it; `person` is None for a stranger.

    `keys` are the marks by which the same text is known again if it is handed over once more.
    """

    id: str
    keys: tuple[str, ...]
    node: str
    channel: str
    sender: str
    person: str | None
    text: str
    at: float
    meant: str = ""
    incidents: tuple[str, ...] = ()

    @property
    def progress(self) -> int:
        """It never changes."""
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAbilities:
    """What root has allowed on a node, as its agent last learned it."""

    id: str
    abilities: tuple[Ability, ...]
    at: float

    @property
    def progress(self) -> int:
        """The later word counts."""
        return int(self.at * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pusher:
    """Whether a node can push results of the pair to a target: it has something sure to say, and it gets through."""

    id: str
    node: str
    target: str
    able: bool
    at: float

    @property
    def progress(self) -> int:
        """The later word counts."""
        return int(self.at * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """An acknowledgement in a monitoring tool, ours or a person's, known there by its `mark`; about these incidents.

    `stands`: it was there when the tool was looked at last; one of ours that does not stand yet was meant to be made.
    `since` and `until` (None: for good) are epoch seconds by the tool's clock.
    """

    id: str
    monitor: str
    mark: str
    incidents: tuple[str, ...]
    who: str
    ours: bool
    stands: bool
    since: float = 0.0
    until: float | None = None
    at: float

    @property
    def progress(self) -> int:
        """The later word counts."""
        return int(self.at * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A node's books, begun without those before them, if there were any; `id` is the node's name.

    `at` (epoch seconds) tells one beginning from another: whoever hears of a new one gives back what it knows.
    """

    id: str
    at: float

    @property
    def progress(self) -> int:
        """Whatever is not as it was is news: see Ledger.merge."""
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """All that one node knows has come to another, whose books began then; `id` is `giver/taker`."""

    id: str
    at: float

    @property
    def progress(self) -> int:
        """That of the latest beginning counts, by the clock of the one that began."""
        return round(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """Another node, whose agent has been heard at some time; `id` is its name."""

    id: str

    @property
    def progress(self) -> int:
        """It never changes."""
        return 0
