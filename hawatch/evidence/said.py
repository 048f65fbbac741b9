"""What keepalived itself said, in its log or through its notify FIFO."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hawatch.keepalived.log.lines import Word
from hawatch.keepalived.log.sayings import Saying


class Mouth(StrEnum):
    """By which way it was heard."""

    JOURNAL = "journal"
    LOG = "log"
    FIFO = "fifo"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepalivedSaid:
    """One line of keepalived, or `count` that say the same; words, and never a proof of anything.

    It was read at `at`, and written at `said_at` (monotonic, too, and possibly long before), give or take `within`
    seconds.
    """

    at: float
    said_at: float
    within: float
    mouth: Mouth
    saying: Saying
    text: str
    count: int = 1


def heard(word: Word, count: int, *, at: float, wall: float, mouth: Mouth) -> KeepalivedSaid:
    """A word that is read at `at`, when the wall clock shows `wall`: its time on our clock, and never after now."""
    return KeepalivedSaid(
        at=at,
        said_at=min(word.at - wall + at, at),
        within=word.within,
        mouth=mouth,
        saying=word.saying,
        text=word.text,
        count=count,
    )
