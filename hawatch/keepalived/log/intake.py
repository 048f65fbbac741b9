"""How much of a log is looked at: at most so many lines and words a second, and the rest is counted."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.keepalived.log.lines import Word
from hawatch.keepalived.log.sayings import LinesUnread, Saying

WINDOW = 0.9
"""Seconds, a little less than between two calls of `close`."""
MOST_LINES = 500
"""Lines looked at in a second; keepalived writes some dozens when it takes over."""
MOST_WORDS = 20
"""Different words passed on in a second."""


class Intake:
    """Passes on what is said; what is said again within the second is folded, with the count, when it is over."""

    def __init__(self) -> None:
        self._began = 0.0
        self._lines = 0
        self._latest: dict[tuple[Saying, str], Word] = {}
        self._counts: dict[tuple[Saying, str], int] = {}
        self._unread = 0

    @property
    def idle(self) -> bool:
        """Whether `close` would have nothing to say."""
        return not self._unread and not any(self._counts.values())

    def admits(self, lines: int = 1) -> bool:
        """Whether so many more lines may be looked at in this second; if not, they are counted."""
        if self._lines + lines > MOST_LINES:
            self._unread += lines
            return False
        self._lines += lines
        return True

    def take(self, word: Word) -> Iterator[tuple[Word, int]]:
        """What is to be passed on at once of a word, with its count: it, or nothing."""
        key = (word.saying, word.text)
        if key in self._counts:
            self._counts[key] += 1
            self._latest[key] = word
        elif len(self._counts) < MOST_WORDS:
            self._counts[key] = 0
            yield word, 1
        else:
            self._unread += 1

    def close(self, now: float, wall: float) -> Iterator[tuple[Word, int]]:
        """What the second leaves to be said, once it is over; `now` is monotonic, `wall` the same in epoch seconds."""
        if now - self._began < WINDOW:
            return
        for key, count in self._counts.items():
            if count:
                yield self._latest[key], count
        if self._unread:
            text = f"{self._unread} lines more than anybody reads"
            yield Word(saying=LinesUnread(count=self._unread), text=text, at=wall, within=WINDOW), 1
        self._began, self._lines, self._unread = now, 0, 0
        self._counts.clear()
        self._latest.clear()
