"""From the text of a reply to what it asks for. One line is read, whole, against a table of forms; nothing is guessed.

How a line is made ready: width does not matter (NFKC), nor case, nor what cannot be seen (zero-width characters, a byte
order mark), nor quotes, blanks and `. ! , ; :` around it. Inside, a line is what it looks like. Digits are 0 to 9 in
ASCII or in full width; those of other scripts, raised or encircled ones are not digits here, since NFKC would make of
`47²` the code 472.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from hawatch.reply.command import (
    Acknowledge,
    Choose,
    Command,
    Confirm,
    Details,
    Drop,
    List,
    Misfit,
    NotUnderstood,
    Release,
    Snooze,
    Understood,
)

MOST_CHARACTERS = 160
"""A longer line is no command."""

SHORTEST_SNOOZE = 60
LONGEST_SNOOZE = 7 * 24 * 3600

_AROUND = " \"'`“”„‟‘’‚‛«»‹›「」『』.。!,;:"
_DIGITS = frozenset("0123456789")
_FULL_WIDTH = frozenset("０１２３４５６７８９")
_VARIATION = re.compile("[\ufe00-\ufe0f]")

_CODE = "(?P<code>[1-9][0-9]{1,2})"
# Some telephones hide the blank and offer these under one key. No `+`: that begins a telephone number.
_GAP = "(?: ?[,、.。#-] ?| )"
_YES = "(?:ok|okay|ack|收到|好|好的|确认)"
_UNITS = {
    "m": 60,
    "min": 60,
    "分": 60,
    "分钟": 60,
    "h": 3600,
    "时": 3600,
    "小时": 3600,
    "d": 86400,
    "天": 86400,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One row of the grammar: a pattern for a whole line, what is made of it, an example, and what that means."""

    pattern: re.Pattern[str]
    make: Callable[[re.Match[str]], Command]
    example: str
    meaning: str


def _code(match: re.Match[str]) -> int:
    return int(match["code"])


def _snooze(match: re.Match[str]) -> Command:
    seconds = int(match["amount"]) * _UNITS[match["unit"]]
    if not SHORTEST_SNOOZE <= seconds <= LONGEST_SNOOZE:
        return NotUnderstood(reason=Misfit.SNOOZE_SPAN)
    return Snooze(code=_code(match), seconds=seconds)


def _row(pattern: str, make: Callable[[re.Match[str]], Command], example: str, meaning: str) -> Form:
    return Form(pattern=re.compile(pattern), make=make, example=example, meaning=meaning)


FORMS: tuple[Form, ...] = (
    _row(_CODE, lambda m: Acknowledge(code=_code(m)), "47", "acknowledge 47"),
    _row(
        f"{_CODE}{_GAP}(?P<number>[1-8])",
        lambda m: Choose(code=_code(m), number=int(m["number"])),
        "47 2",
        "number 2 of the menu of 47 (1 to 8; 1 acknowledges)",
    ),
    _row(f"{_CODE}{_GAP}0", lambda m: Details(code=_code(m)), "47 0", "tell more about 47"),
    _row(f"{_CODE}{_GAP}9", lambda m: Release(code=_code(m)), "47 9", "release 47; the next one is told"),
    _row(
        f"{_CODE}{_GAP}(?P<amount>[0-9]{{1,5}}) ?(?P<unit>{'|'.join(_UNITS)})",
        _snooze,
        "47 30m",
        "keep quiet about 47 for 30 minutes (m, min, 分, 分钟; h, 时, 小时; d, 天; 1 minute to 7 days)",
    ),
    _row(
        f"1|{_YES}",
        lambda _: Acknowledge(code=None),
        "ok",
        "acknowledge what is open, if it is one incident (1, ok, okay, ack, 收到, 好, 好的, 确认)",
    ),
    _row(f"{_YES}{_GAP}?{_CODE}", lambda m: Acknowledge(code=_code(m)), "ack 47", "acknowledge 47"),
    _row(f"{_CODE}{_GAP}?{_YES}", lambda m: Acknowledge(code=_code(m)), "47 收到", "acknowledge 47"),
    _row("[0-9]{4}|[0-9]{6}", lambda m: Confirm(nonce=m[0]), "8316", "do what was asked (4 or 6 digits)"),
    _row("no|n|取消|不", lambda _: Drop(), "no", "do not do what was asked (no, n, 取消, 不)"),
    _row(r"\?|list|列表", lambda _: List(), "?", "list what is open (?, list, 列表)"),
)
"""The whole grammar; no text fits two rows. Between a code and what follows stands a blank or one of , 、 . 。 # -"""


def read(text: str) -> Command:
    """What a reply asks for: its first line that is neither empty nor quoted (`>`) decides, the rest is not read."""
    for raw in map(str.strip, text.splitlines()):
        # The bound is put on the line as it came, so that a cut one cannot pass for a whole one.
        line = _plain(raw[:MOST_CHARACTERS])
        if line.startswith(">"):
            continue
        if len(raw) > MOST_CHARACTERS:
            return NotUnderstood(reason=Misfit.TOO_LONG)
        if line:
            return NotUnderstood() if _has_disguised_digits(raw) else _match(line.strip(_AROUND))
    return NotUnderstood(reason=Misfit.EMPTY)


def _match(line: str) -> Command:
    for each in FORMS:
        if match := each.pattern.fullmatch(line):
            return each.make(match)
    return NotUnderstood()


def _plain(line: str) -> str:
    """The line in one width and case, without what cannot be seen, and with single blanks."""
    seen = "".join(each for each in _VARIATION.sub("", line) if unicodedata.category(each) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", seen).casefold().split())


def _has_disguised_digits(line: str) -> bool:
    strange = {each for each in line if not each.isascii()} - _FULL_WIDTH
    return any(not _DIGITS.isdisjoint(unicodedata.normalize("NFKC", each)) for each in strange)


def form(command: Understood) -> str:
    """A text that reads back as this command: what a message tells people to answer."""
    match command:
        case Acknowledge(code=code):
            return "ok" if code is None else f"{code}"
        case Choose(code=code, number=number):
            return f"{code} {number}"
        case Details(code=code):
            return f"{code} 0"
        case Release(code=code):
            return f"{code} 9"
        case Snooze(code=code, seconds=seconds):
            return f"{code} {seconds // 60}m"
        case Confirm(nonce=nonce):
            return nonce
        case Drop():
            return "no"
        case List():
            return "?"


def table() -> str:
    """The grammar as the rows of a Markdown table, for the documentation."""
    rows = [f"| `{each.example}` | {each.meaning} |" for each in FORMS]
    return "\n".join(("| answer | what it does |", "|---|---|", *rows)) + "\n"
