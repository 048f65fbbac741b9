"""The journal that is written in a thread: what it takes while the disk hangs, and what it says."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hawatch.agent import patient_journal
from hawatch.agent.patient_journal import PatientJournal
from hawatch.evidence import Tick
from hawatch.journal import read_lines

GUARD = 30.0


def read(path: Path) -> list[object]:
    with path.open(encoding="utf-8") as lines:
        return list(read_lines(lines, str(path)))


def test_what_was_taken_stands_in_the_file_in_its_order(tmp_path: Path) -> None:
    journal = PatientJournal(tmp_path / "journal.jsonl")
    ticks = [Tick(at=float(number)) for number in range(500)]
    for tick in ticks:
        journal.input(tick)
        journal.flush()
    journal.close()
    assert read(journal.path) == ticks
    assert journal.problem is None


def test_a_journal_that_was_closed_goes_on_where_it_was(tmp_path: Path) -> None:
    journal = PatientJournal(tmp_path / "journal.jsonl")
    for at in (1.0, 2.0):
        journal.input(Tick(at=at))
        journal.close()
    assert read(journal.path) == [Tick(at=1.0), Tick(at=2.0)]


class OnDeadDisk(PatientJournal):
    """One whose disk answers when it is told to."""

    answers: threading.Event

    def _append(self, line: str) -> None:
        self.answers.wait(GUARD)
        super()._append(line)


def test_a_disk_that_hangs_holds_nobody_up_and_is_told_until_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    OnDeadDisk.answers = threading.Event()
    journal = OnDeadDisk(tmp_path / "journal.jsonl")
    ticks = [Tick(at=float(number)) for number in range(100)]
    for tick in ticks:
        journal.input(tick)
        journal.flush()
    assert journal.problem is None, "however much there is to write, it has not waited for long"
    monkeypatch.setattr(patient_journal, "HANGS_AFTER", 0.0)
    journal.flush()
    problems = [journal.problem]
    OnDeadDisk.answers.set()
    journal.close()
    problems.append(journal.problem)
    assert problems == [f"{journal.path}: the disk does not answer", None]
    assert read(journal.path) == ticks


def test_lines_that_were_lost_while_a_disk_hung_leave_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient_journal, "MOST_WAITING", 5)
    OnDeadDisk.answers = threading.Event()
    journal = OnDeadDisk(tmp_path / "journal.jsonl")
    for number in range(20):
        journal.input(Tick(at=float(number)))
    OnDeadDisk.answers.set()
    journal.close()
    journal.input(Tick(at=20.0))
    journal.close()
    gaps: list[str] = []
    with journal.path.open(encoding="utf-8") as lines:
        found = list(read_lines(lines, "journal", gap=lambda _, problem: gaps.append(problem)))
    assert found[-1] == Tick(at=20.0)
    (gap,) = gaps
    assert gap == f"{journal.path}: the disk did not answer; {21 - len(found)} lines were lost"
