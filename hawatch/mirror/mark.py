"""What a monitoring tool shows when it is looked at: acknowledgements of people, and those that we made for them.

Times are epoch seconds; those of marks are by the tool's clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeVar

MOST_ID = 100
_OURS = re.compile(r"\[hawatch ([0-9a-f]{12})\]")


def sign(*facts: object) -> str:
    """What one of ours is known by; the same facts give the same on every node."""
    return sha256(repr(facts).encode()).hexdigest()[:12]


def signed(text: str, signature: str) -> str:
    """A comment by which ours are known again; the signature stands first, where no tool cuts it off."""
    return f"[hawatch {signature}] {text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One acknowledgement in a tool: its `id` there, who made it, with which comment, since when and until when.

    `begins` is the beginning as the tool writes it. `covers` are the virtual routers whose alerts a silence silences.
    `noticed`: it was not there yet when the tool was looked at then (by this node's clock).
    """

    id: str
    author: str
    text: str
    since: float
    until: float | None = None
    begins: str = ""
    covers: frozenset[str] = frozenset()
    noticed: float = 0.0

    @property
    def signature(self) -> str | None:
        """What one of ours is known by; None for a person's, and for that of another pair's agents it is not known."""
        found = _OURS.match(self.text)
        return None if found is None else found[1]

    @property
    def key(self) -> str:
        """What it is known by here; a name that is too long has a short one."""
        if self.signature is not None:
            return self.signature
        return self.id if self.id.isprintable() and len(self.id) <= MOST_ID else sign(self.id)

    @property
    def made_at(self) -> float:
        """When it was made, by this node's clock as far as that is known."""
        return max(self.since, self.noticed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLook:
    """A tool that knows the pair as one service: does it take it for a problem (None: it cannot be asked).

    `at` is when the tool said so, by this node's clock; `well_at` when the service was last OK, and `started` when
    the tool began, by its own (None: not known).
    """

    at: float
    problem: bool | None
    well_at: float | None = None
    started: float | None = None
    mark: Mark | None = None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All that stand."""
        return () if self.mark is None else (self.mark,)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencesLook:
    """A tool that silences alerts: the silences that are active.

    `ended` are those that it remembers, by key and with their end; `loud` the virtual routers with an alert that
    nothing keeps quiet.
    """

    at: float
    silences: tuple[Mark, ...]
    ended: tuple[tuple[str, float], ...] = ()
    loud: frozenset[str] = frozenset()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All that stand."""
        return self.silences


Look = ServiceLook | SilencesLook
L = TypeVar("L", ServiceLook, SilencesLook)


def after(look: L, before: Look | None) -> L:
    """The same look, knowing what was not there before: clocks of two hosts may differ."""
    if before is None:
        return look
    known = {each.id for each in before.marks}

    def dated(mark: Mark) -> Mark:
        return mark if mark.id in known else replace(mark, noticed=before.at)

    if isinstance(look, ServiceLook):
        return replace(look, mark=None if look.mark is None else dated(look.mark))
    return replace(look, silences=tuple(map(dated, look.silences)))
