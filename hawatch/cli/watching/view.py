"""What a person is looking at: the latest picture, and where in it they are. Frozen; every key gives another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from hawatch.cli.watching.rows import Row, RowKey, rows_of

Json = Mapping[str, Any]

PATIENCE = 3.0
"""Seconds beyond the usual interval after which no answer is told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the agent said: `incidents` by the names that the status uses, `history` None where it gives none.

    `at` is when it was heard, in monotonic seconds.
    """

    status: Json
    at: float
    incidents: Mapping[str, Json] = field(default_factory=dict)
    history: Json | None = None


class Deed(StrEnum):
    """What can be said about an incident, by the names of the agent's paths."""

    ACK = "ack"
    RELEASE = "release"
    SNOOZE = "snooze"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A deed that somebody wants for one incident, by its id when they were asked."""

    deed: Deed
    incident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`chosen` None is the worst, whichever that is; `typing` is a filter while it is typed.

    `more` is None while the size of the terminal decides how much is shown; `scrolled` counts lines of details.
    `notice` stands until the next key.
    """

    picture: Picture
    interval: float = 1.0
    chosen: RowKey | None = None
    filter: str = ""
    typing: str | None = None
    asking: Wish | None = None
    notice: str = ""
    more: bool | None = None
    scrolled: int = 0

    def rows(self) -> tuple[Row, ...]:
        """The virtual routers that the filter lets through, the worst first."""
        wanted = (self.filter if self.typing is None else self.typing).casefold()
        return tuple(row for row in rows_of(self.picture.status) if wanted in row.searched)

    def index(self, rows: tuple[Row, ...]) -> int:
        """Which of these is chosen; the first when that one is not there."""
        return next((index for index, row in enumerate(rows) if row.key == self.chosen), 0)

    def silent_for(self, at: float) -> float | None:
        """Seconds without an answer, once that is longer than usual."""
        silent = at - self.picture.at
        return silent if silent > self.interval + PATIENCE else None


def gist(view: View, at: float) -> object:
    """Equal for two views between which nothing but times and measurements differ."""
    status = view.picture.status
    routers = [
        (
            row.key,
            row.router["verdict"],
            row.router["since"],
            row.router["owners"],
            row.router["incident"],
            [(each["cause"], each["node"], each["severity"]) for each in row.router["findings"]],
        )
        for row in rows_of(status)
    ]
    peers = [
        (each["name"], each["agent"], [(link["name"], link["state"]) for link in each["links"]])
        for each in status["peers"]
    ]
    around = [(each["name"], each["state"]) for each in (*status["references"], *status["services"])]
    cases = [(name, each["state"]) for name, each in view.picture.incidents.items()]
    where = replace(view, picture=_NOTHING)
    return where, view.silent_for(at) is None, routers, peers, around, cases, status["maintenance"]


_NOTHING = Picture(status={}, at=0.0)
