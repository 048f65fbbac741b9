"""The second look of the gates: what failed beside others is run once more, alone, and told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

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
FIXTURE_FAILS_ONCE = """
import pathlib
import pytest
@pytest.fixture(scope="session")
def lab():
    seen = pathlib.Path(__file__).with_name("seen")
    if not seen.exists():
        seen.touch()
        raise OSError("no lab yet")
def test_in_it(lab): pass
"""
INTERRUPTED = """
import pathlib, time
import pytest
@pytest.fixture
def lab():
    yield
    time.sleep(1)  # to take a lab down takes longer than that
    pathlib.Path(__file__).with_name("taken-down").touch()
def test_long(lab):
    pathlib.Path(__file__).with_name("begun").touch()
    time.sleep(60)
"""


def gate(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The gate over the tests of a directory, as a makefile has it run."""
    with started(directory, *arguments) as running:
        out, err = running.communicate()
    return subprocess.CompletedProcess(running.args, running.returncode, out, err)


def started(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    """As from a terminal: a group of its own, all of which Ctrl-C reaches."""
    (directory / "pytest.ini").write_text("[pytest]\n")
    return subprocess.Popen(
        [sys.executable, "-m", "tests.gate", "-q", *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(CLONE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
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


def test_each_is_told_by_its_own_second_outcome(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(FAILS_ONCE + "def test_wrong(): assert False\n")
    ended = gate(tmp_path)
    assert ended.returncode == 1
    passed, _, failed = ended.stdout.rpartition("passed alone:")[2].partition("failed alone, too:")
    assert "test_it.py::test_once" in passed
    assert "test_wrong" not in passed
    assert "test_it.py::test_wrong" in failed
    assert "test_once" not in failed


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


@pytest.mark.parametrize("everybody", [True, False], ids=["ctrl_c", "kill"])
def test_whoever_interrupts_it_lets_the_tests_take_down_what_they_made(
    tmp_path: Path, everybody: bool
) -> None:
    (tmp_path / "test_it.py").write_text(INTERRUPTED)
    with started(tmp_path) as running:
        while not (tmp_path / "begun").exists():
            assert running.poll() is None
            time.sleep(0.02)
        if everybody:
            os.killpg(running.pid, signal.SIGINT)
        else:
            running.terminate()
        out, _ = running.communicate()
    assert running.returncode == pytest.ExitCode.INTERRUPTED, out
    assert (tmp_path / "taken-down").exists()
    assert "beside others" not in out


def test_nothing_is_left_in_the_directory(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_wrong(): assert False\n")
    gate(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} <= {"pytest.ini", "test_it.py", "__pycache__"}


def test_what_a_session_s_fixture_could_not_make_is_made_once_more(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(FIXTURE_FAILS_ONCE)
    ended = gate(tmp_path, "-n", "2")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "no lab yet" in ended.stdout
    assert "test_it.py::test_in_it" in ended.stdout.rpartition("failed beside others, passed alone:")[2]
