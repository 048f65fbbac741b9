"""A desk that takes the node for what a test has drawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hawatch.agent import surroundings
from hawatch.judge import Judge
from hawatch.snapshot import Snapshot


def desk_sees(monkeypatch: pytest.MonkeyPatch, picture: Callable[[Judge], Snapshot]) -> None:
    """Whatever a desk is told of the moment is out of this picture."""

    def talking(judge: Judge, _: float) -> frozenset[str]:
        return frozenset(each.name for each in picture(judge).peers if each.agent == "up")

    monkeypatch.setattr(surroundings, "draw", lambda judge, *_: picture(judge))
    monkeypatch.setattr(surroundings, "pair_of", lambda judge: picture(judge).pair)
    monkeypatch.setattr(surroundings, "talking", talking)
