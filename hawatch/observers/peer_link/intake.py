"""The letters that come from one run of a peer: which are to be taken, and which are acknowledged."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from hawatch.wire.letter import Acknowledgement, Letter, LetterPart
from hawatch.wire.letter_assembly import LetterAssembly

MOST_TAKING = 64
_MOST_REMEMBERED = 4096


class _State(Enum):
    """What has become of the latest version of a letter."""

    HELD_BACK = auto()
    TAKING = auto()
    TAKEN = auto()
    FAILED = auto()


@dataclass(slots=True, eq=False)
class _Latest:
    letter: Letter
    sequence: int
    state: _State


class Intake:
    """Of each letter only the latest version counts: that whose datagrams have the highest sequence numbers.

    `start` is told to take a letter, one version of a letter at a time, and says with finished() what came of it;
    only then it is acknowledged. Letters beyond MOST_TAKING at once are dropped, since they come again.
    """

    def __init__(
        self, *, start: Callable[[Letter], None], acknowledge: Callable[[Acknowledgement], None]
    ) -> None:
        self._start = start
        self._acknowledge = acknowledge
        self._assembly = LetterAssembly()
        self._latest: OrderedDict[str, _Latest] = OrderedDict()
        self._taking: set[str] = set()

    def arrived(self, part: LetterPart, sequence: int) -> None:
        """One part of a letter came in this datagram. Raises DecodeError when its parts make no letter."""
        latest = self._latest.get(part.id)
        if latest and part.version == latest.letter.version:
            latest.sequence = max(latest.sequence, sequence)
            if latest.state is not _State.FAILED:
                self._acknowledge_if_taken(latest)
                return
        elif latest and sequence < latest.sequence:
            return
        whole = self._assembly.add(part, sequence)
        if whole is not None:
            self._begin(*whole)

    def finished(self, letter: Letter, *, stored: bool) -> None:
        """What `start` began is over."""
        self._taking.discard(letter.id)
        latest = self._latest.get(letter.id)
        if latest is None:
            return
        if latest.state is _State.HELD_BACK:
            self._take(latest)
        else:
            latest.state = _State.TAKEN if stored else _State.FAILED
            self._acknowledge_if_taken(latest)

    def _begin(self, letter: Letter, sequence: int) -> None:
        if letter.id not in self._taking and len(self._taking) >= MOST_TAKING:
            return
        latest = _Latest(letter, sequence, _State.HELD_BACK)
        self._latest[letter.id] = latest
        self._latest.move_to_end(letter.id)
        if letter.id not in self._taking:
            self._take(latest)
        if len(self._latest) > _MOST_REMEMBERED:
            self._latest.popitem(last=False)

    def _take(self, latest: _Latest) -> None:
        latest.state = _State.TAKING
        self._taking.add(latest.letter.id)
        self._start(latest.letter)

    def _acknowledge_if_taken(self, latest: _Latest) -> None:
        if latest.state is _State.TAKEN:
            about = latest.letter
            self._acknowledge(Acknowledgement(id=about.id, version=about.version, sequence=latest.sequence))
