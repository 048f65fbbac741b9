"""What the rows of the rule table are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from hawatch.keepalived.lint.problem import Severity

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule has found; `where` is `file:line`, or a file."""

    where: str
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Rule(Generic[S]):
    """One row: a stable name, how bad it is, what it finds and why that hurts (for the docs), and how to look."""

    name: str
    severity: Severity
    finds: str
    why: str
    look: Callable[[S], Iterator[Found]]
