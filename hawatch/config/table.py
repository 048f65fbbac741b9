"""One table of hawatch.toml while it is read: every value by its key, every error with the key's path."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from hawatch.errors import ConfigError

E = TypeVar("E", bound=StrEnum)
LONGEST = 30 * 86400
"""Seconds; no duration of hawatch.toml is longer."""
BEYOND = 1 << 63
"""From here on an integer is none of TOML's (v1.0, "Integer")."""
_DURATION = re.compile(r"([0-9]{1,9})([smh])")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_KINDS = {
    bool: "a boolean",
    int: "a whole number",
    float: "a number",
    str: "a string",
    dict: "a table",
    list: "an array",
}


@dataclass(slots=True)
class Table:
    """A table with the path that leads to it; `end` complains about every key that nobody asked for."""

    values: dict[str, Any]
    file: str
    path: str = ""
    _asked: set[str] = field(default_factory=set)

    def error(self, key: str, problem: str) -> ConfigError:
        """What is wrong with a key, to be raised."""
        where = self._path_of(key)
        return ConfigError(f"{self.file}: {where}" if where else self.file, problem)

    def _path_of(self, key: str) -> str:
        shown = key if key.isprintable() else repr(key)
        return f"{self.path}.{shown}".strip(".")

    def end(self) -> None:
        """ConfigError for the first key that means nothing here, with the one that may have been meant."""
        for key in self.values:
            if key not in self._asked:
                near = get_close_matches(key, sorted(self._asked), n=1, cutoff=0.6)
                hint = (
                    f", did you mean {near[0]}?"
                    if near
                    else f"; known here: {', '.join(sorted(self._asked))}"
                )
                raise self.error(key, f"unknown key{hint}")

    def has(self, key: str) -> bool:
        """Whether the key is there; asking makes it a known one."""
        self._asked.add(key)
        return key in self.values

    def string(self, key: str, default: str) -> str:
        """A string that is not empty."""
        return self._text(key) if self.has(key) else default

    def optional(self, key: str, check: Callable[[str], str | None] | None = None) -> str | None:
        """A string, or None where there is none; `check` says what is wrong with it."""
        return self.checked(key, check) if self.has(key) else None

    def checked(self, key: str, check: Callable[[str], str | None] | None = None) -> str:
        """A string that must be there; `check` says what is wrong with it."""
        if not self.has(key):
            raise self.error(key, "missing")
        text = self._text(key)
        problem = check(text) if check else None
        if problem:
            raise self.error(key, f"{text!r} {problem}")
        return text

    def _text(self, key: str) -> str:
        return self._proper(key, self._of_kind(key, str))

    def _proper(self, place: str, text: str) -> str:
        if not text.strip() or not text.isprintable():
            problem = "empty" if not text.strip() else "holds characters that cannot be printed"
            raise self.error(place, problem)
        return text

    def boolean(self, key: str, *, default: bool) -> bool:
        """True or false."""
        return bool(self._of_kind(key, bool)) if self.has(key) else default

    def number(self, key: str, default: int, allowed: range | Iterable[int]) -> int:
        """A whole number out of those allowed."""
        if not self.has(key):
            return default
        number = int(self._of_kind(key, int))
        if isinstance(allowed, range):
            if number not in allowed:
                raise self.error(key, f"{digits(number)} is not between {allowed[0]} and {allowed[-1]}")
        elif number not in (choices := sorted(allowed)):
            raise self.error(key, f"{digits(number)} is none of {', '.join(map(str, choices))}")
        return number

    def choice(self, key: str, default: E) -> E:
        """One of the names of an enum."""
        if not self.has(key):
            return default
        return self.one_of(key, type(default))

    def one_of(self, key: str, kind: type[E]) -> E:
        """One of the names of an enum, which must be there."""
        names = [member.value for member in kind]
        return kind(self.checked(key, lambda text: one_of(text, names)))

    def named(self, key: str, kind: type[E], default: Iterable[E]) -> frozenset[E]:
        """Some of the names of an enum, each once."""
        if not self.has(key):
            return frozenset(default)
        names = [member.value for member in kind]
        return frozenset(kind(text) for text in self.strings(key, lambda text: one_of(text, names)))

    def strings(self, key: str, check: Callable[[str], str | None] | None = None) -> tuple[str, ...]:
        """An array of strings, each once; none where there is no such key."""
        return self._strings_in(key, self._of_kind(key, list), check) if self.has(key) else ()

    def words(self, key: str) -> tuple[str, ...]:
        """An array of strings in which the same may come again, as in a command."""
        if not self.has(key):
            return ()
        return tuple(self._element(f"{key}[{n}]", each) for n, each in enumerate(self._of_kind(key, list)))

    def groups(self, key: str) -> tuple[tuple[str, ...], ...]:
        """An array of arrays of strings, none of them empty; none where there is no such key."""
        groups = []
        for index, value in enumerate(self._of_kind(key, list) if self.has(key) else ()):
            place = f"{key}[{index}]"
            if not isinstance(value, list) or not value:
                problem = "empty" if value == [] else f"an array is wanted, not {_kind_of(value)}"
                raise self.error(place, problem)
            groups.append(self._strings_in(place, value))
        return tuple(groups)

    def _strings_in(
        self, place: str, values: list[object], check: Callable[[str], str | None] | None = None
    ) -> tuple[str, ...]:
        texts: list[str] = []
        for index, value in enumerate(values):
            text = self._element(f"{place}[{index}]", value)
            problem = "is there twice" if text in texts else check(text) if check else None
            if problem:
                raise self.error(f"{place}[{index}]", f"{text!r} {problem}")
            texts.append(text)
        return tuple(texts)

    def _element(self, place: str, value: object) -> str:
        if not isinstance(value, str):
            raise self.error(place, f"a string is wanted, not {_kind_of(value)}")
        return self._proper(place, value)

    def duration(self, key: str, default: float, least: int = 0) -> float:
        """Seconds, written "10s", "2m", "1h" or as a whole number of seconds."""
        if not self.has(key):
            return default
        value = self.values[key]
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if found:
            seconds = int(found[1]) * _UNITS[found[2]]
        elif type(value) is int:
            seconds = value
        else:
            shown = repr(value) if isinstance(value, str) else _kind_of(value)
            raise self.error(key, f'{shown} is not a duration, like "10s", "2m", "1h" or whole seconds')
        if not least <= seconds <= LONGEST:
            shown = repr(value) if isinstance(value, str) else digits(seconds) + " s"
            raise self.error(key, f"{shown} is not between {least} s and {LONGEST // 86400} days")
        return float(seconds)

    def day(self, key: str) -> date | None:
        """A date as TOML writes it (2027-06-30, without quotes), or None."""
        if not self.has(key):
            return None
        value = self.values[key]
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.error(key, "a date is wanted, written like 2027-06-30 without quotes")
        return value

    def table(self, key: str) -> Table:
        """A table below this one; an empty one where there is none."""
        values = self._of_kind(key, dict) if self.has(key) else {}
        return Table(values, self.file, self._path_of(key))

    def tables(self, key: str) -> list[Table]:
        """An array of tables below this one."""
        values = self._of_kind(key, list) if self.has(key) else []
        path = self._path_of(key)
        for index, value in enumerate(values):
            if not isinstance(value, dict):
                raise self.error(f"{key}[{index}]", f"a table ([[{path}]]) is wanted, not {_kind_of(value)}")
        return [Table(value, self.file, f"{path}[{index}]") for index, value in enumerate(values)]

    def once(self, key: str, name: str, values: Iterable[str]) -> None:
        """ConfigError if two entries of an array go by the same name."""
        seen = Counter[str]()
        for index, value in enumerate(values):
            seen[value] += 1
            if seen[value] > 1:
                raise self.error(f"{key}[{index}].{name}", f"{value!r} is there twice")

    def _of_kind(self, key: str, kind: type) -> Any:
        value = self.values[key]
        if type(value) is not kind:
            raise self.error(key, f"{_KINDS[kind]} is wanted, not {_kind_of(value)}")
        return value


def one_of(text: str, names: Iterable[str]) -> str | None:
    """What is wrong with a text that should be one of some names."""
    names = list(names)
    return None if text in names else f"is none of {', '.join(names)}"


def digits(number: int) -> str:
    """A number as errors show it: hexadecimal TOML may have one of more digits than Python writes."""
    return str(number) if number.bit_length() < 10_000 else "a number of thousands of digits"


def _kind_of(value: object) -> str:
    return _KINDS.get(type(value), "a date or time")
