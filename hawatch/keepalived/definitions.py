"""Parameters of a keepalived.conf ($NAME=value) and the repeats (~SEQ, ~LST) that set them in turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hawatch.errors import ConfigError
from hawatch.keepalived.text import BLANKS

_DEFINITION = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)=[ \t]*(.*)", re.DOTALL)
_REFERENCE = re.compile(
    r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)((?:[ 0-9]*[0-9])?)\}|([A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|$))"
)
_SEQUENCE = re.compile(r"~SEQ(x?)[ \t]*\([ \t]*([^ \t,)]+)[ \t]*,([^)]*)\)[ \t]*(.*)", re.DOTALL)
_LIST = re.compile(r"~LST[ \t]*\(([^)]*)\)[ \t]*(.*)", re.DOTALL)
_LIST_ITEM = re.compile(r"[ \t]*(?:\{([^{}]*)\}|([^{},]*))[ \t]*(?:,|$)")
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9A-Fa-f]+|0[0-7]*|[1-9][0-9]*)")
LONGEST_LINE = 65536
MOST_REPEATS = 100_000


@dataclass(frozen=True, slots=True)
class Definition:
    """What a parameter stands for: one line, or several if `multiline`."""

    lines: tuple[str, ...]
    multiline: bool = False


@dataclass(frozen=True, slots=True)
class Repeat:
    """A line to be read once for each of `rounds`, which give names their values."""

    rounds: Iterator[dict[str, str]]
    text: str


class Definitions:
    """All parameters known at a point of the file; later ones replace earlier ones."""

    def __init__(self) -> None:
        self._known: dict[str, Definition] = {}
        self._made: dict[str, Callable[[str], str]] = {}

    def set(self, name: str, definition: Definition) -> None:
        """Define a parameter, also one that was predefined."""
        self._made.pop(name, None)
        self._known[name] = definition

    def predefine(self, name: str, make: Callable[[str], str]) -> None:
        """Define a parameter whose value is made when it is used, from the text behind its name."""
        self._made[name] = make

    def substitute(self, text: str, where: str) -> tuple[str, tuple[str, ...]] | None:
        """The line with its parameters replaced, and the lines that follow it; None if nothing was replaced.

        A multi-line parameter counts only at the end of a line. ConfigError: values that refer to themselves.
        """
        position, changed = 0, False
        while found := _REFERENCE.search(text, position):
            name = found[1] or found[3]
            definition = self._find(name, found[2] or "")
            if definition is None or (definition.multiline and found.end() != len(text)):
                position = found.start() + 1
                continue
            first, *following = definition.lines or ("",)
            text = text[: found.start()] + first + text[found.end() :]
            changed = True
            if len(text) > LONGEST_LINE:
                raise ConfigError(where, f"${name} grows without end")
            if following or first.lstrip(BLANKS).startswith("~"):
                return text, tuple(following)
            if definition.lines and _refers_to(first, name):
                raise ConfigError(where, f"${name} refers to itself")
            position = found.start()
        return (text, ()) if changed else None

    def _find(self, name: str, parameters: str) -> Definition | None:
        if make := self._made.get(name):
            return None if parameters and name != "_RANDOM" else Definition((make(parameters),))
        return None if parameters else self._known.get(name)


def _refers_to(text: str, name: str) -> bool:
    return any(name == (found[1] or found[3]) for found in _REFERENCE.finditer(text))


def read_definition(text: str) -> tuple[str, str, bool] | None:
    """Name, first line of the value, and whether more lines follow; None if the line defines nothing."""
    found = _DEFINITION.fullmatch(text)
    if found is None:
        return None
    name, value = found.groups()
    if value.endswith("\\"):
        return name, value[:-1].rstrip(BLANKS), True
    return name, value, False


def read_repeat(text: str, definitions: Definitions, where: str) -> Repeat | None:
    """The repeat that a line begins with, or None. ConfigError: one that cannot be understood."""
    if text.startswith("~SEQ"):
        return _read_sequence(text, definitions, where)
    if text.startswith("~LST"):
        return _read_list(text, where)
    return None


def _read_sequence(text: str, definitions: Definitions, where: str) -> Repeat:
    found = _SEQUENCE.fullmatch(text)
    if found is None:
        raise ConfigError(where, "~SEQ is wanted as ~SEQ(name, [start, [step,]] end)")
    hexadecimal, name, written, rest = found.groups()
    replaced = definitions.substitute(written, where)
    numbers = [
        _number(part.strip(BLANKS), where) for part in (replaced[0] if replaced else written).split(",")
    ]
    start, step, end = _bounds(numbers, where)
    if hexadecimal and min(start, end) < 0:
        raise ConfigError(where, "~SEQx counts only with positive numbers")
    values = range(start, end + (1 if step > 0 else -1), step)
    if len(values) > MOST_REPEATS:
        raise ConfigError(where, f"~SEQ repeats {len(values)} times, more than {MOST_REPEATS}")
    form = "x" if hexadecimal else "d"
    return Repeat(({name: format(value, form)} for value in values), rest)


def _number(text: str, where: str) -> int:
    if not _NUMBER.fullmatch(text) or len(text) > 20:
        raise ConfigError(where, f"~SEQ: {text!r} is not a number")
    digits = text.lstrip("+-")
    value = (
        int(digits, 8) if len(digits) > 1 and digits[0] == "0" and digits[1] not in "xX" else int(digits, 0)
    )
    return -value if text[0] == "-" else value


def _bounds(numbers: list[int], where: str) -> tuple[int, int, int]:
    """Start, step and end, of which the first two may be left out (lib/parser.c: add_seq)."""
    match numbers:
        case [end]:
            return (-1 if end < 0 else 1), (-1 if end < 1 else 1), end
        case [start, end]:
            return start, (1 if start <= end else -1), end
        case [start, step, end] if step and (start == end or (start < end) == (step > 0)):
            return start, step, end
    raise ConfigError(where, "~SEQ: start, step and end do not fit together")


def _read_list(text: str, where: str) -> Repeat:
    found = _LIST.fullmatch(text)
    items = _list_items(found[1]) if found else None
    if found is None or items is None or len(items) < 2:
        raise ConfigError(
            where, "~LST is wanted as ~LST(name, value, ...) or ~LST({name, ...}, {value, ...}, ...)"
        )
    names, *rows = items
    if any(len(row) > len(names) for row in rows):
        raise ConfigError(where, "~LST has more values than names")
    padded = [row + [""] * (len(names) - len(row)) for row in rows]
    return Repeat((dict(zip(names, row, strict=True)) for row in padded), found[2])


def _list_items(text: str) -> list[list[str]] | None:
    items, position = [], 0
    while position < len(text):
        found = _LIST_ITEM.match(text, position)
        if found is None:
            return None
        group = found[1] if found[1] is not None else None
        values = group.split(",") if group is not None else [found[2]]
        items.append([value.strip(BLANKS) for value in values])
        position = found.end()
    return items
