"""Signs of life: each part of the agent that has a rhythm tells that it comes round, and is missed when it does not.

A part that waits for events alone has no rhythm, tells nothing here, and is never missed: nothing to see is no hang.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Heart:
    """How long each rhythm and each piece of work of one part has been without a sign, in the seconds told to `age`."""

    def __init__(self) -> None:
        self._silent: dict[Hashable, float] = {}

    def beat(self, rest: float = 0.0, of: Hashable = None) -> None:
        """It came round, and now rests for so many seconds; `of` tells apart what goes round in one part."""
        self._silent[of] = -rest

    @contextmanager
    def at_work(self, allowed: float = 0.0) -> Iterator[None]:
        """A piece of work that must end, within so many seconds more than any other."""
        work = object()
        self._silent[work] = -allowed
        try:
            yield
        finally:
            self._silent.pop(work, None)

    def age(self, seconds: float) -> float:
        """Let so many seconds pass; how long the most silent of them has been silent."""
        for each in self._silent:
            self._silent[each] += seconds
        return max(self._silent.values(), default=0.0)


_HEART: ContextVar[Heart | None] = ContextVar("heart", default=None)


def live_by(heart: Heart) -> None:
    """What this task does from now on, and every task that it starts, tells its signs to this one."""
    _HEART.set(heart)


def beat(rest: float = 0.0, of: Hashable = None) -> None:
    """Tell the heart of the part that runs this, if it has one: see Heart.beat."""
    heart = _HEART.get()
    if heart is not None:
        heart.beat(rest, of)


@contextmanager
def at_work(allowed: float = 0.0) -> Iterator[None]:
    """The same for a piece of work: see Heart.at_work."""
    heart = _HEART.get()
    if heart is None:
        yield
        return
    with heart.at_work(allowed):
        yield
