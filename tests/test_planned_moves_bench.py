"""The figures of failovers.py, flood.py and spread.py in tests/bench: what is a false alarm, late, done, a p99."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import pytest

from tests.bench import spread
from tests.bench.failovers import Record, falsely, summary
from tests.bench.flood import FLOODED, QUIET, in_time


def move(overlap: float = 0.0, *words: str) -> dict[str, Any]:
    return {"way": "stopped", "seconds": 0.4, "overlap": overlap, "said": {"lb01": [], "lb02": list(words)}}


@pytest.mark.parametrize("cry", ["split_brain", "split_brain_suspected"])
def test_a_cry_is_false_unless_the_truth_shows_both_to_have_held_it_for_long(cry: str) -> None:
    assert falsely(move(0.01, "switchover", cry), 0.1) == [cry]
    assert falsely(move(0.01, "switchover", "degraded"), 0.1) == []
    assert falsely(move(0.5, cry), 0.1) == []


def test_the_counts_leave_out_what_was_no_move_and_name_it() -> None:
    counts = summary([move(0.01, "split_brain"), move(0.5, "split_brain"), {"problem": "no lab"}], 0.1)
    assert (counts["moves"], counts["false alarms"], counts["overlaps beyond the allowance"]) == (2, 1, 1)
    assert counts["said"] == {"split_brain": 2}
    assert counts["problems"] == ["no lab"]


def test_a_later_run_goes_on_where_the_record_ends(tmp_path: Path) -> None:
    path = tmp_path / "moves.jsonl"
    first = Record(path, wanted=2, ends_at=math.inf)
    first.add(move())
    first.add({"problem": "no lab"})
    assert not first.enough()
    second = Record(path, wanted=2, ends_at=math.inf)
    assert second.moves == first.moves
    second.add(move(0.01))
    assert second.enough()
    assert len([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]) == 3


def test_a_run_ends_when_its_time_is_over(tmp_path: Path) -> None:
    assert Record(tmp_path / "moves.jsonl", wanted=2, ends_at=time.monotonic() - 1.0).enough()


def test_a_share_of_the_values_does_not_exceed_their_percentile() -> None:
    hundred = [float(number) for number in range(100, 0, -1)]
    assert spread.percentile(hundred, 0.99) == 99.0
    assert spread.percentile([*hundred, 101.0], 0.99) == 100.0
    assert spread.percentile([3.0, 1.0], 0.99) == 3.0
    assert "0  never" in spread.table({"a": []}, {})[1]


@pytest.mark.parametrize(
    ("flooded", "met"), [([0.3, 1.2], True), ([0.3, 1.3], False), ([0.3, None], False), ([None, None], False)]
)
def test_under_a_flood_all_must_be_proved_and_no_more_than_an_interval_later(
    flooded: list[float | None], met: bool
) -> None:
    quiet: dict[str, list[float | None]] = {"split_brain on lb01": [0.2, 0.25]}
    suspected: list[float | None] = [None, None]
    times = {
        QUIET: quiet,
        FLOODED: {"split_brain on lb01": flooded, "split_brain_suspected on lb01": suspected},
    }
    assert in_time(times, 1.0) is met
    assert not in_time({QUIET: {}, FLOODED: {}}, 1.0)
