"""The figures of tests/bench/detection.py: what counts as said, late, and never said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.bench import detection
from tests.bench.comparing import comparison, ratios, times_later
from tests.bench.findings import Run, Sighting, boil_down, summary, table
from tests.bench.rivals import Ear, state_in, two_masters, words_in


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
    at_a_tenth = [Run(split="a filter", run=1, sightings=(sighting("lb01", 0.2),))]
    assert boil_down(at_a_tenth, 0.1).met
    assert not boil_down(quick, 0.1).met
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


def test_a_rival_is_compared_with_the_slower_agent_of_each_run_in_which_both_said_it() -> None:
    both = (sighting("lb01", 0.2), sighting("lb02", 0.4))
    one_silent = (sighting("lb01", 0.2), sighting("lb02", None, rule=""))
    runs = [
        Run(
            split="a",
            run=1,
            sightings=both,
            rivals={"pasted loop": 8.0, "exporter": None},
            wrong_turns=(2, 2),
        ),
        Run(
            split="b",
            run=1,
            sightings=both,
            rivals={"pasted loop": 4.0, "exporter": 20.0},
            wrong_turns=(1, 1),
        ),
        Run(split="c", run=1, sightings=one_silent, rivals={"pasted loop": 4.0, "exporter": 20.0}),
        Run(split="d", run=1, problem="no lab"),
    ]
    assert ratios(runs[:3], "pasted loop") == [20.0, 10.0]
    assert times_later(runs)["pasted loop"] == {"runs": 2, "median": 15.0, "least": 10.0}
    assert times_later(runs[:1]).keys() == {"pasted loop"}
    text = comparison(runs)
    assert "15.0, 10.0" in next(line for line in text if line.startswith("pasted loop "))
    assert "  2/3  " in next(line for line in text if line.startswith("hawatch"))
    assert "split brain in 3 of 3 turns" in text[-1]
    assert comparison(runs[3:]) == []


def test_the_exporter_reads_the_state_of_the_first_instance_in_a_dump() -> None:
    dump = "------< VRRP Topology >------\n VRRP Instance = VI_1\n   State = MASTER\n   Wantstate = BACKUP\n"
    assert state_in(dump) == "MASTER"
    assert state_in("") is None


def test_the_fifo_tells_of_two_masters_by_the_last_states_or_by_the_word_for_a_lower_priority() -> None:
    master = words_in(b'INSTANCE "VI_1" BACKUP 150\nINSTANCE "VI_1" MASTER 150\n')
    assert master == ["BACKUP", "MASTER"]
    assert not two_masters({"lb01": master, "lb02": ["BACKUP"]})
    assert not two_masters({"lb01": [*master, "STOP"], "lb02": ["MASTER"]})
    assert two_masters({"lb01": master, "lb02": ["BACKUP", "MASTER"]})
    assert two_masters({"lb01": [*master, "MASTER_RX_LOWER_PRI"], "lb02": ["BACKUP"]})


def test_a_fifo_that_is_made_anew_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    ear = Ear(path)
    heard = b""
    for word in (b"first ", b"second "):
        os.mkfifo(path)
        writer = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        os.write(writer, word)
        heard += ear.read()
        os.write(writer, word)
        os.close(writer)
        path.unlink()
        heard += ear.read()
    ear.close()
    assert heard == b"first first second second "
