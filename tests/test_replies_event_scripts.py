"""The scripts that SMS daemons run hand files over whole, lose none, and look into none."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

CLONE = Path(__file__).resolve().parents[1]
SMSD_EVENT = CLONE / "deploy/smstools/hawatch-smsd-event"
GAMMU_EVENT = CLONE / "deploy/gammu/hawatch-gammu-event"
HOSTILE = b"From: 1\n\n$(touch owned) `touch owned`\n\0; touch owned\n"


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inbox").mkdir()
    (tmp_path / "hawatch").mkdir()
    return tmp_path / "hawatch"


def run(
    script: Path, *arguments: str | Path, drop: Path, spool: Path | None = None
) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": os.environ["PATH"],
        "HAWATCH_REPLIES": str(drop),
        "HAWATCH_SPOOL": str(spool or drop.parent),
    }
    return subprocess.run(
        [script, *arguments], env=env, capture_output=True, text=True, check=False, timeout=60
    )


def dropped(drop: Path) -> dict[str, bytes]:
    """By what follows SECONDS.PID."""
    return {path.name.split(".", 2)[2]: path.read_bytes() for path in drop.iterdir()}


@pytest.mark.parametrize("event", ["RECEIVED", "SENT", "FAILED", "REPORT"])
def test_smsds_file_is_copied_whole_for_the_agents_group_and_stays_where_it_is(
    drop: Path, event: str
) -> None:
    file = drop.parent / "GSM1 a'b;$(id).x"
    file.write_bytes(HOSTILE)
    assert run(SMSD_EVENT, event, file, "7 8 .", drop=drop).returncode == 0
    assert dropped(drop) == {f"{event}.{file.name}": HOSTILE}
    (copy,) = drop.iterdir()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o660
    assert file.read_bytes() == HOSTILE
    assert not (drop.parent / "owned").exists()


def test_the_same_event_twice_is_two_files(drop: Path) -> None:
    file = drop.parent / "GSM1.x"
    file.write_bytes(b"x")
    for _ in range(2):
        assert run(SMSD_EVENT, "RECEIVED", file, drop=drop).returncode == 0
    assert len(list(drop.iterdir())) == 2


def test_a_call_is_nothing_for_the_agent(drop: Path) -> None:
    assert run(SMSD_EVENT, "CALL", "+8613800000001", drop=drop).returncode == 0
    assert dropped(drop) == {}


@pytest.mark.parametrize("arguments", [["RECEIVED", "missing"], ["RECEIVED"], []])
def test_a_failure_is_an_exit_code_and_leaves_no_draft(drop: Path, arguments: list[str]) -> None:
    assert run(SMSD_EVENT, *arguments, drop=drop).returncode == 1
    assert dropped(drop) == {}


def test_a_drop_directory_that_is_missing_is_a_failure(drop: Path) -> None:
    file = drop.parent / "GSM1.x"
    file.write_bytes(b"x")
    assert run(SMSD_EVENT, "RECEIVED", file, drop=drop / "none").returncode == 1
    assert run(GAMMU_EVENT, "SENT", "OUTA_1_x.smsbackup", drop=drop / "none").returncode == 1


def test_gammus_inbox_is_emptied_whatever_its_files_are_called(drop: Path) -> None:
    inbox = drop.parent / "inbox"
    names = [
        "IN20261127_031500_00_+8613800000001_00.txt",
        "IN20261127_031501_00_`>owned`_00.txt",
        "IN2_a\nb;$(id)_0.txt",
    ]
    for name in names:
        (inbox / name).write_bytes(name.encode() + HOSTILE)
    (inbox / "note").write_bytes(b"somebody's")
    assert run(GAMMU_EVENT, "RECEIVED", drop=drop).returncode == 0
    assert sorted(dropped(drop).values()) == sorted(name.encode() + HOSTILE for name in names)
    assert set(dropped(drop)) == {"RECEIVED.1", "RECEIVED.2", "RECEIVED.3"}
    assert [path.name for path in inbox.iterdir()] == ["note"]
    assert not (drop.parent / "owned").exists()


def test_what_gammu_could_not_hand_over_comes_with_the_next(drop: Path) -> None:
    inbox = drop.parent / "inbox"
    (inbox / "IN1").write_bytes(b"first")
    assert run(GAMMU_EVENT, "RECEIVED", drop=drop / "none", spool=drop.parent).returncode == 1
    assert (inbox / "IN1").read_bytes() == b"first"
    (inbox / "IN2").write_bytes(b"second")
    assert run(GAMMU_EVENT, "RECEIVED", drop=drop).returncode == 0
    assert sorted(dropped(drop).values()) == [b"first", b"second"]


def test_gammu_tells_by_name_what_was_sent_or_given_up(drop: Path) -> None:
    name = "OUTA20261127_031500_000042_+8613800000001_hawatch-lb01-7-1.smsbackup"
    assert run(GAMMU_EVENT, "SENT", name, drop=drop).returncode == 0
    assert run(GAMMU_EVENT, "FAILED", name, drop=drop).returncode == 0
    assert run(GAMMU_EVENT, "SENT", "OUT;$(touch owned)", drop=drop).returncode == 0
    assert run(GAMMU_EVENT, "OTHER", name, drop=drop).returncode == 1
    assert dropped(drop) == {f"SENT.{name}": b"", f"FAILED.{name}": b""}
