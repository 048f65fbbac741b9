"""What keepalived said lately, for people: no verdict, and no other part of the situation, is changed by it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hawatch.evidence.said import KeepalivedSaid, Mouth
from hawatch.keepalived.log.sayings import (
    AdvertisementWeighed,
    DaemonChanged,
    LinesUnread,
    PacketRefused,
    Saying,
    ScriptResult,
    TimerLate,
)

MOST = 20
"""Sayings kept of one virtual router, and of those that are about none."""
AGAIN_WITHIN = 60.0
"""Seconds within which what comes with every packet is the same as what came before."""
IN_OTHER_WORDS = 2.0
"""Seconds within which keepalived says twice in other words that it stops, say, or that a script failed."""
BOTH_WAYS = 1.0
"""Seconds by which log and FIFO may tell the same apart, beyond what their times leave open."""
_SAME_WITHIN: dict[type[Saying], float] = {
    PacketRefused: AGAIN_WITHIN,
    AdvertisementWeighed: AGAIN_WITHIN,
    TimerLate: AGAIN_WITHIN,
    LinesUnread: AGAIN_WITHIN,
    DaemonChanged: IN_OTHER_WORDS,
    ScriptResult: IN_OTHER_WORDS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One thing that was said: first at `at`, last at `last_at`, so often; monotonic, give or take `within` seconds."""

    saying: Saying
    text: str
    mouth: Mouth
    at: float
    within: float
    last_at: float
    count: int = 1


@dataclass(slots=True)
class Words:
    """The latest of them; what is told again, or by two ways, is kept once."""

    _kept: deque[Spoken] = field(default_factory=lambda: deque(maxlen=MOST))

    def __iter__(self) -> Iterator[Spoken]:
        """In the order in which they were said, which is not always that in which they were read."""
        return iter(sorted(self._kept, key=lambda each: each.at))

    def hear(self, said: KeepalivedSaid) -> None:
        """One more."""
        for number, each in enumerate(self._kept):
            if _says_the_same(each.saying, said.saying) and _is_same(each, said):
                if each.mouth is said.mouth:
                    last_at = max(each.last_at, said.said_at)
                    self._kept[number] = replace(each, last_at=last_at, count=each.count + said.count)
                return
        self._kept.append(
            Spoken(
                saying=said.saying,
                text=said.text,
                mouth=said.mouth,
                at=said.said_at,
                within=said.within,
                last_at=said.said_at,
                count=said.count,
            )
        )


def _is_same(known: Spoken, said: KeepalivedSaid) -> bool:
    """Whether it is the same once more, or the same by the other way."""
    if known.mouth is not said.mouth:
        return abs(known.at - said.said_at) <= known.within + said.within + BOTH_WAYS
    within = _SAME_WITHIN.get(type(said.saying))
    return within is not None and abs(said.said_at - known.last_at) <= within


def _says_the_same(one: Saying, other: Saying) -> bool:
    """That there was too much to read is one thing, however much it was."""
    if isinstance(one, LinesUnread | TimerLate):
        return type(one) is type(other)
    return one == other
