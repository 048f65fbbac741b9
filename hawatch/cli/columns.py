"""Text in the columns of a terminal, where a Chinese character takes two. See UAX #11, East Asian Width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from unicodedata import combining, east_asian_width

_WIDE = frozenset({"W", "F"})
_UNIT = re.compile(r"\s+|[^\s\u1100-\uffff\U00020000-\U0003ffff]+|.", re.DOTALL)


def width(text: str) -> int:
    """Columns that a text takes."""
    return sum(_width(each) for each in text)


def pad(text: str, columns: int) -> str:
    """The text, filled up with spaces."""
    return text + " " * max(columns - width(text), 0)


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most so many columns; lines of the text stay lines, and a word that is too long is cut."""
    return [line for each in text.splitlines() for line in _wrap_line(each, columns)]


def printable(text: str) -> str:
    """Without control characters: a text may come from another host, and goes to a terminal."""
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in text)


def _wrap_line(text: str, columns: int) -> Iterator[str]:
    line = ""
    for unit in _units(text, columns):
        if line and width(line) + width(unit.rstrip()) > columns:
            yield line.rstrip()
            line = ""
        line += unit if line or not unit.isspace() else ""
    yield line.rstrip()


def _units(text: str, columns: int) -> Iterator[str]:
    """What stays together: words, and each wide character by itself; a piece of a word that is longer than a line."""
    for found in _UNIT.findall(text):
        unit = found
        while width(unit) > columns:
            head = unit[: max(_fitting(unit, columns), 1)]
            yield head
            unit = unit[len(head) :]
        if unit:
            yield unit


def _fitting(text: str, columns: int) -> int:
    """How many of its characters fit."""
    return sum(1 for _ in takewhile(lambda end: width(text[:end]) <= columns, range(1, len(text) + 1)))


def _width(char: str) -> int:
    if combining(char):
        return 0
    return 2 if east_asian_width(char) in _WIDE else 1
