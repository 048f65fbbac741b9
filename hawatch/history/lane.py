"""A lane: the values that one thing had, one after the other; older detail that is too much is folded, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

Value = str | bool | None
"""What was so; None is unknown."""
Mark = tuple[float, Value]
"""From when a value held, until the next mark; monotonic seconds."""
Span = tuple[float, float, Value]

SEVERAL = "several"
"""The value of a span in which it changed more often than is remembered."""
FEWEST = 12
"""Spans that every lane has room for; with fewer, folding could not keep its promise."""
_QUARTER = 4


@dataclass(frozen=True, slots=True)
class Lane:
    """Marks in order of time, no two neighbours with one value; before the first nothing is known."""

    marks: tuple[Mark, ...] = ()

    @property
    def value(self) -> Value:
        """What holds now."""
        return self.marks[-1][1] if self.marks else None

    def is_unknown(self, begin: float) -> bool:
        """Whether nothing has been known since `begin`."""
        return not self.marks or (self.value is None and self.marks[-1][0] <= begin)

    def turned(self, at: float, value: Value, since: float | None = None) -> Lane:
        """With a new value as of `at`; or as of `since`, if that lies within the span that ends with it."""
        if value == self.value:
            return self
        last = self.marks[-1][0] if self.marks else None
        if last is None or last < at:
            start = since if since is not None and (last is None or last < since) and since < at else at
            return Lane((*self.marks, (start, value)))
        # Two pictures of one moment: the later one counts.
        before = Lane(self.marks[:-1])
        return before if before.value == value else Lane((*before.marks, (last, value)))

    def since(self, begin: float) -> Lane:
        """Without what was over at `begin`."""
        over = 0
        while over + 1 < len(self.marks) and self.marks[over + 1][0] <= begin:
            over += 1
        return Lane(self.marks[over:]) if over else self

    def folded(self, horizon: float, most: int) -> Lane:
        """At most `most` spans of a lane that reaches `horizon` seconds back: what was short and long ago is several.

        The newest quarter of the spans stays as it is. `most` is FEWEST or more.
        """
        if len(self.marks) <= most:
            return self
        kept = len(self.marks) - most // _QUARTER
        newest = self.marks[kept:]
        width = horizon / (most // _QUARTER)
        older: list[Mark] = []
        for _, group in groupby(_with_ends(self.marks[: kept + 1]), key=lambda each: _bucket(each, width)):
            (start, _, value), *others = group
            older.append((start, SEVERAL if others else value))
        return Lane(_joined((*older, *newest)))

    def spans(self, begin: float, end: float) -> Iterator[Span]:
        """What held from `begin` to `end`, without gaps; unknown before the first mark."""
        marks = self.since(begin).marks
        if marks and marks[0][0] <= begin:
            marks = ((begin, marks[0][1]), *marks[1:])
        else:
            marks = _joined(((begin, None), *marks))
        for (start, value), (until, _) in zip(marks, (*marks[1:], (end, None)), strict=True):
            if start < end:
                yield start, min(until, end), value


def _joined(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Without those that say again what the one before says."""
    return marks[:1] + tuple(mark for before, mark in pairwise(marks) if mark[1] != before[1])


def _with_ends(marks: tuple[Mark, ...]) -> Iterator[Span]:
    """All spans but the last, whose end is not among the marks."""
    for (start, value), (end, _) in pairwise(marks):
        yield start, end, value


def _bucket(span: Span, width: float) -> tuple[float, float]:
    """Equal for neighbours that lie within one stretch of `width` seconds; a span that crosses stretches is alone."""
    start, end, _ = span
    first = start // width
    return (first, -1.0) if end <= (first + 1) * width else (first, start)
