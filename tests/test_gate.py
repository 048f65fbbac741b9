"""The second look of the gates: what failed beside others is run once more, alone, and told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CLONE = Path(__file__).resolve().parents[1]
STEADY = "def test_steady(): pass\n"
FAILS_ONCE = """
import pathlib
def test_once():
    seen = pathlib.Path(__file__).with_name("seen")
    before = seen.exists()
    seen.touch()
    assert before, "the first time"
"""


def gate(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The gate over the tests of a directory, as a makefile has it run."""
    (directory / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [sys.executable, "-m", "tests.gate", "-q", *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(CLONE)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_passes_is_run_once_and_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(STEADY)
    ended = gate(tmp_path)
    assert ended.returncode == 0
    assert "1 passed" in ended.stdout
    assert "beside others" not in ended.stdout


def test_what_fails_only_beside_others_passes_and_is_told_with_its_failure(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(STEADY + FAILS_ONCE)
    ended = gate(tmp_path, "-n", "2")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "the first time" in ended.stdout
    assert "failed beside others, passed alone:" in ended.stdout
    assert "test_it.py::test_once" in ended.stdout.rpartition("passed alone:")[2]
    assert "test_steady" not in ended.stdout.rpartition("passed alone:")[2]


def test_what_fails_twice_fails_the_gate(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_wrong(): assert False\n")
    ended = gate(tmp_path)
    assert ended.returncode == 1
    assert "failed beside others, failed alone, too:" in ended.stdout


def test_more_than_three_are_no_accident(tmp_path: Path) -> None:
    wrong = "".join(f"def test_{number}(): assert False\n" for number in range(4))
    (tmp_path / "test_it.py").write_text(wrong)
    ended = gate(tmp_path)
    assert ended.returncode == 1
    assert "beside others" not in ended.stdout


def test_a_file_that_cannot_be_read_gets_no_second_look(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import nothing_of_this_name\n")
    for workers in ("0", "2"):
        ended = gate(tmp_path, "-n", workers)
        assert ended.returncode != 0
        assert "beside others" not in ended.stdout
