"""One table of hawatch.toml while it is read: every value by its key, every error with the key's path."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from hawatch.errors import ConfigError

E = TypeVar("E", bound=StrEnum)
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
        text = self._of_kind(key, str)
        if not text.strip() or not text.isprintable():
            raise self.error(key, "empty" if not text.strip() else "holds characters that cannot be printed")
        return str(text)

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
                raise self.error(key, f"{number} is not between {allowed[0]} and {allowed[-1]}")
        elif number not in (choices := sorted(allowed)):
            raise self.error(key, f"{number} is none of {', '.join(map(str, choices))}")
        return number

    def choice(self, key: str, default: E) -> E:
        """One of the names of an enum."""
        if not self.has(key):
            return default
        text = self._text(key)
        names = [member.value for member in type(default)]
        if text not in names:
            raise self.error(key, f"{text!r} is none of {', '.join(names)}")
        return type(default)(text)

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

    def _of_kind(self, key: str, kind: type) -> Any:
        value = self.values[key]
        if type(value) is not kind:
            raise self.error(key, f"{_KINDS[kind]} is wanted, not {_kind_of(value)}")
        return value


def _kind_of(value: object) -> str:
    return _KINDS.get(type(value), "a date or time")
