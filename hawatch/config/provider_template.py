"""Texts with places to be filled in, as a provider's request has them: `{digits}`, `{secret.key}`, `{cause:12}`.

A place is a name and perhaps which characters of it are wanted: `{text:35}` the first 35, `{text:35-70}` those after
them. A brace itself is written twice. A place is looked up in what is handed in and nowhere else: no attribute, no
index, no expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

_PLACE = re.compile(
    r"\{\{|\}\}|\{(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)(?::(?P<end>[0-9]{1,4})(?:-(?P<far>[0-9]{1,4}))?)?\}"
)


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Template:
    """One such text; `wrong` says what is the matter with it before it is used."""

    text: str

    def names(self) -> Iterator[str]:
        """What it has places for."""
        return (found["name"] for found in _PLACE.finditer(self.text) if found["name"])

    def wrong(self, known: Callable[[str], bool]) -> str | None:
        """What is the matter with it, for a reader; None: nothing. `known` are the names that can be filled in."""
        if {"{", "}"} & set(_PLACE.sub("", self.text)):
            return "holds a single brace; a place is written {name}, a brace itself twice"
        strange = next((name for name in self.names() if not known(name)), None)
        return None if strange is None else f"has a place {{{strange}}} that nothing can be filled into"

    def fill(self, values: Mapping[str, str], quote: Callable[[str], str] = _as_it_is) -> str:
        """The text with its places filled in, each value quoted; what has no value is empty."""

        def put(found: re.Match[str]) -> str:
            name = found["name"]
            return found[0][0] if name is None else quote(_part(values.get(name, ""), found))

        return _PLACE.sub(put, self.text)


def _part(value: str, found: re.Match[str]) -> str:
    if found["end"] is None:
        return value
    if found["far"] is None:
        return value[: int(found["end"])]
    return value[int(found["end"]) : int(found["far"])]
