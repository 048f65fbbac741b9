"""The letters that are on their way to one peer: which go out now, and when they are repeated."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hawatch.wire.letter import Acknowledgement, Letter, LetterPart

REPEATS = (0.05, 0.1, 0.25)
"""Seconds from a letter's first sending to its first repetition, and on to the next ones."""
SELDOM = 1.0
MOST_LETTERS = 16
MOST_BYTES = 16 * 1024
"""What is on its way at once; one letter may be larger, and is then alone."""

Cut = Callable[[Letter], tuple[LetterPart, ...]]


@dataclass(slots=True)
class _Flight:
    """One version of a letter on its way; `first` is the sequence number from which it may have been heard."""

    letter: Letter
    first: int
    due: float
    parts: tuple[LetterPart, ...] = ()
    times: int = 0
    arrived: bool = False

    @property
    def size(self) -> int:
        return sum(len(part.data) for part in self.parts)

    @property
    def turn(self) -> int:
        """Letters that were tried less come first, so that a letter that is never taken blocks no other."""
        return self.times // (len(REPEATS) + 1)

    def sent(self, now: float) -> None:
        self.due = now + (REPEATS[self.times] if self.times < len(REPEATS) else SELDOM)
        self.times += 1


class Outbound:
    """Times are monotonic seconds and handed in; the durable list of what is waiting is the agent's."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._flights: dict[str, _Flight] = {}

    def start_over(self) -> None:
        """The peer is there again, or is another run: everything that waits is due at once."""
        self._flights.clear()

    def due(self, waiting: Sequence[Letter], now: float, sequence: int) -> list[LetterPart]:
        """The parts to send now, in datagrams from `sequence` on; `waiting` has the oldest letter first."""
        self._follow({letter.id: letter for letter in waiting}, now, sequence)
        parts: list[LetterPart] = []
        for flight in self._window():
            if flight.due <= now:
                flight.sent(now)
                parts += flight.parts
        return parts

    def next_due(self) -> float:
        """When something is to be sent or repeated; infinity when nothing is on its way."""
        return min((flight.due for flight in self._window()), default=math.inf)

    def acknowledged(self, news: Acknowledgement) -> bool:
        """Whether it is news that this version arrived.

        An acknowledgement of an earlier sending tells nothing when another version went out in between. A letter that
        arrived is not sent again, however long it goes on waiting for the agent to note it.
        """
        flight = self._flights.get(news.id)
        if flight is None or flight.arrived or news.sequence < flight.first:
            return False
        flight.arrived = flight.letter.version == news.version
        return flight.arrived

    def _follow(self, latest: dict[str, Letter], now: float, sequence: int) -> None:
        """Make the flights match what is waiting, in its order."""
        flights = {}
        for letter in latest.values():
            flight = self._flights.get(letter.id)
            if flight is None or flight.letter.version != letter.version:
                flight = _Flight(letter=letter, first=sequence, due=now)
            flights[letter.id] = flight
        self._flights = flights

    def _window(self) -> list[_Flight]:
        """Those that may be on their way at once."""
        window: list[_Flight] = []
        size = 0
        under_way = (flight for flight in self._flights.values() if not flight.arrived)
        for flight in sorted(under_way, key=lambda flight: flight.turn):
            flight.parts = flight.parts or self._cut(flight.letter)
            size += flight.size
            if len(window) == MOST_LETTERS or (window and size > MOST_BYTES):
                break
            window.append(flight)
        return window
