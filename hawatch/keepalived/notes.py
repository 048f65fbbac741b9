"""What keepalived would put into its log about a configuration and go on."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Protocol

IGNORED = "ignored"


class _Placed(Protocol):
    """As much of a statement as a note needs."""

    where: str

    @property
    def keyword(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Note:
    """One remark; `where` is `file:line` (or a file), `topic` is a stable name for what kind of remark it is."""

    where: str
    text: str
    topic: str = IGNORED


@dataclass(slots=True)
class Notes:
    """The remarks in the order they came up."""

    records: list[Note] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """Each remark as one line, `file:line: text`."""
        return [f"{note.where}: {note.text}" for note in self.records]

    def add(self, where: str, text: str, topic: str = IGNORED) -> None:
        """Note one thing."""
        self.records.append(Note(where, text, topic))

    def unknown_keywords(self, statements: Iterable[_Placed], known: Container[str], within: str) -> None:
        """Note every keyword that is not known at this place."""
        for statement in statements:
            if statement.keyword not in known:
                text = f"unknown keyword {statement.keyword!r} in {within} is ignored"
                self.add(statement.where, text, "unknown_keyword")
