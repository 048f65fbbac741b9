"""Live: a few episodes of the campaign, side by side, in which nobody may err (the campaign: docs/accuracy.md)."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.campaign.episode import Episode, Family, Pair, Trouble, Wire
from tests.campaign.errors import Category
from tests.campaign.running import play
from tests.campaign.score import score

pytestmark = [pytest.mark.campaign, pytest.mark.lab]

FAST = Pair(version=3, interval=0.3)


def episode(index: int, pair: Pair, *troubles: tuple[str, str, float, float]) -> Episode:
    """An episode of these troubles, each as kind, node, begin and how long it lasts."""
    done = tuple(Trouble(kind=kind, node=node, begin=at, lasts=lasts) for kind, node, at, lasts in troubles)
    return Episode(seed=0, index=index, pair=pair, troubles=done)


FIXED = (
    episode(5, Pair(version=2, interval=1.0, auth="PASS"), ("password_differs", "lb02", 0, 9)),
    episode(0, replace(FAST, family=Family.BOTH, vips=5), ("drop_in", "lb02", 0, 5)),
    episode(1, FAST, ("partition", "lb01", 0, 7)),
    episode(2, replace(FAST, wire=Wire.SECOND), ("partition", "lb01", 0, 5)),
    episode(3, replace(FAST, unicast=True), ("stop", "lb01", 0, 5), ("agent_killed", "lb02", 1, 1)),
    episode(4, replace(FAST, nopreempt=True), ("kill_both", "lb01", 0, 5)),
)


def test_a_few_episodes_of_the_campaign_are_told_right(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        records = list(pool.map(partial(play, keep=tmp_path), FIXED))
    scores = [score(record) for record in records]
    errors = {r.episode.line(): s.errors for r, s in zip(records, scores, strict=True) if s.errors}
    assert not errors
    assert sum(each.splits for each in scores) >= 8
    assert sum(each.undecidable for each in scores) >= 1
    assert sum(each.causes for each in scores) == sum(each.named for each in scores) >= 8
    assert all(Category.UNFIT not in each.categories and each.compared for each in scores)
