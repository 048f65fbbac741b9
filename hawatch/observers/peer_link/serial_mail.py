"""The letters that wait for their turn on a serial line: each part once, in its latest version, within bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hawatch.wire.letter import Acknowledgement, LetterPart

MOST_BYTES = 16 * 1024
"""What waits while no other link is alive."""
MOST_BYTES_BESIDE = 1024
"""What waits while another link carries the letters as well."""
RESTS = 4.0
"""Seconds for which a part that was sent is not taken again: over a slow line its acknowledgement takes that long."""
_MOST_NEWS = 64
_NEWS_AT_ONCE = 8
_MOST_SENT = 1024

_PartKey = tuple[str, int]


class SerialMail:
    """To one run of the other end's agent at a time; times are monotonic seconds and handed in."""

    def __init__(self) -> None:
        self._to = ""
        self._parts: dict[_PartKey, LetterPart] = {}
        self._news: dict[tuple[str, str], Acknowledgement] = {}
        self._sent: dict[tuple[str, int, str], float] = {}
        self._size = 0

    def __bool__(self) -> bool:
        return bool(self._parts or self._news)

    def put(
        self, to: str, parts: Sequence[LetterPart], news: Sequence[Acknowledgement], now: float, *, most: int
    ) -> None:
        """Have this sent when its turn comes; what does not fit is dropped, since it comes again."""
        if to != self._to:
            self._to = to
            self._clear()
        for each in news:
            if len(self._news) < _MOST_NEWS:
                self._news[each.id, each.version] = each
        for part in sorted(parts, key=self._sent_at):
            self._put_part(part, now, most)

    def _sent_at(self, part: LetterPart) -> float:
        """Those that were never sent come first, or a long letter would never be whole."""
        return self._sent.get((part.id, part.number, part.version), -math.inf)

    def _put_part(self, part: LetterPart, now: float, most: int) -> None:
        if now - self._sent_at(part) < RESTS:
            return
        key = (part.id, part.number)
        waiting = self._parts.get(key)
        if waiting is not None and waiting.version == part.version:
            return
        older = [
            key for key, other in self._parts.items() if other.id == part.id and other.version != part.version
        ]
        self._drop(older)
        if self._size + len(part.data) <= most or not self._parts:
            self._parts[key] = part
            self._size += len(part.data)

    def take(self, now: float) -> tuple[str, tuple[LetterPart, ...], tuple[Acknowledgement, ...]]:
        """To whom, and what goes next: some acknowledgements, or else one part."""
        news = tuple(self._news.values())[:_NEWS_AT_ONCE]
        for each in news:
            del self._news[each.id, each.version]
        if news or not self._parts:
            return self._to, (), news
        key, part = next(iter(self._parts.items()))
        self._drop([key])
        self._sent[part.id, part.number, part.version] = now
        if len(self._sent) > _MOST_SENT:
            del self._sent[next(iter(self._sent))]
        return self._to, (part,), ()

    def _drop(self, keys: Sequence[_PartKey]) -> None:
        for key in keys:
            self._size -= len(self._parts.pop(key).data)

    def _clear(self) -> None:
        self._parts.clear()
        self._news.clear()
        self._sent.clear()
        self._size = 0
