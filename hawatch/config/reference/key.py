"""What is known of a key of a configuration file beside how it is read: its form, its default, its meaning."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

TEXT = "string"
PATH = "path"
DURATION = "duration"
NUMBER = "number"
ADDRESS = "address"
NAMES = "list of strings"
FILLED = "text with places"
EXPRESSION = "regular expression"
YES_OR_NO = "`true` or `false`"
_UNITS = ((3600, "h"), (60, "m"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key: `form` is what it wants, `meaning` what it is for, in a few words.

    `default` is TOML that means the same as leaving it out; where there is none to write, `otherwise` says in words
    what comes of leaving it out. `example` is TOML to begin with. `needed`: its table is wrong without it.
    """

    name: str
    form: str
    meaning: str
    default: str = ""
    otherwise: str = ""
    example: str = ""
    needed: bool = False

    @property
    def shown(self) -> str:
        """A value to copy: the default, else the example."""
        return self.default or self.example


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTable:
    """One table of the file by its heading, such as [node] or [[peer.link]].

    `only` says for which of them these keys are, where a table has several kinds. `free` describes the entries of a
    table whose keys are the user's own.
    """

    heading: str
    about: str
    keys: tuple[Key, ...] = ()
    only: str = ""
    free: str = ""

    @property
    def path(self) -> str:
        """The heading without its brackets: where the table stands."""
        return self.heading.strip("[]")

    @property
    def title(self) -> str:
        """The heading, and for which of them it is."""
        return f"{self.heading}, {self.only}" if self.only else self.heading


def toml(value: object) -> str:
    """A value of a record as hawatch.toml has it. TypeError: it has no form there."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return f'"{duration(value)}"'
        case str():  # enums of words, too
            return json.dumps(str(value), ensure_ascii=False)
        case tuple() | list():
            return f"[{', '.join(toml(each) for each in value)}]"
        case frozenset():
            return toml(sorted(value))
        case _:
            raise TypeError(f"{type(value).__name__} has no form in TOML")


def duration(seconds: float) -> str:
    """Seconds as somebody would write them: 45s, 10m, 24h."""
    for size, unit in _UNITS:
        if seconds and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def one_of(kind: type[StrEnum]) -> str:
    """The form of a key that wants one of a few words."""
    return ", ".join(f"`{member.value}`" for member in kind)


def some_of(kind: type[StrEnum]) -> str:
    """The form of a key that wants a list of such words."""
    return f"list of {one_of(kind)}"
