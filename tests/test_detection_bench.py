"""The figures of tests/bench/detection.py: what counts as said, late, and never said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import detection
from tests.bench.findings import Run, Sighting, boil_down, summary, table


def sighting(
    node: str, seconds: float | None, *, rule: str = "SB1-overlap", held_up: float = 0.0
) -> Sighting:
    return Sighting(
        split="a filter", run=1, node=node, seconds=seconds, read_after=seconds, rule=rule, held_up=held_up
    )


def test_what_came_too_late_and_what_never_came_are_counted_apart() -> None:
    runs = [
        Run(split="a filter", run=1, sightings=(sighting("lb01", 0.2), sighting("lb02", 1.31))),
        Run(split="a filter", run=2, sightings=(sighting("lb01", 0.3), sighting("lb02", None, rule=""))),
        Run(split="a filter", run=3, problem="no lab"),
    ]
    result = boil_down(runs, 1.0)
    assert (result.said, result.median, result.worst, result.worst_aim) == (3, 0.3, 1.31, 1.3)
    assert (result.missed, result.never_said, result.failed, result.met) == (1, 1, 1, False)
    assert "missed (said later than the aim) 1, never said 1, failed runs 1" in "\n".join(summary(result))
    assert "never said 1x" in table(runs)[2]


def test_the_aim_is_met_when_all_was_said_in_time_and_the_median_is_low_enough() -> None:
    quick = [Run(split="a filter", run=1, sightings=(sighting("lb01", 0.3), sighting("lb02", 0.5)))]
    slow = [Run(split="a filter", run=1, sightings=(sighting("lb01", 0.3), sighting("lb02", 0.6)))]
    assert boil_down(quick, 1.0).met
    assert not boil_down(slow, 1.0).met
    assert boil_down([Run(split="a filter", run=1, sightings=(sighting("lb01", 0.3),))], 0.1).met
    assert not boil_down([], 1.0).met


def test_a_journal_is_read_as_it_grows_and_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"type":"Change","time":1.0,"verdict":"split_brain","rule":"old"}\n', encoding="utf-8")
    reader = detection.JournalReader(path)
    line = json.dumps({"type": "Change", "time": 5.0, "verdict": "split_brain", "rule": "SB1-overlap"})
    with path.open("a", encoding="utf-8") as journal:
        journal.write('{"type":"Tick","at":4.9,"late":0.2}\n' + line[:20])
        journal.flush()
        reader.look()
        assert (reader.first_split(0.0), reader.late) == (None, [(4.9, 0.2)])
        journal.write(line[20:] + "\n")
    reader.look()
    found = reader.first_split(4.0)
    assert found is not None
    assert found[1]["rule"] == "SB1-overlap"
    assert reader.first_split(6.0) is None


def test_a_split_that_does_not_exist_is_named_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        detection.main(["--only", "earthquake"])
    assert "frozen keepalived" in capsys.readouterr().err
