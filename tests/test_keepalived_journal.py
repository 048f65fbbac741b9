"""systemd's journal is followed by journalctl: a stand-in for what it can do to us, and the real one on a real file."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from deploy.lab.waiting import wait_until
from hawatch.errors import ObserverError
from hawatch.evidence import Mouth
from hawatch.observers.keepalived_log import KeepalivedLog
from hawatch.observers.keepalived_log.journal import ARGUMENTS, follow_journal
from tests.listening import Told, running

REMOTE = Path("/lib/systemd/systemd-journal-remote")
MASTER = "(VI_1) Entering MASTER STATE"
FAULT = "(VI_1) Entering FAULT STATE"


def stand_in(directory: Path, *lines: str) -> Path:
    """A program called journalctl that notes its arguments and its pid, then runs these lines of shell."""
    path = directory / "journalctl"
    noting = [f'echo "$@" > {directory}/arguments', f"echo $$ > {directory}/pid"]
    path.write_text("\n".join(["#!/bin/sh", *noting, *lines, ""]))
    path.chmod(0o755)
    return path


def entry(text: str, *, program: str = "Keepalived_vrrp", at: float | None = None) -> str:
    stamp = str(int((at if at is not None else time.time()) * 1e6))
    return json.dumps(
        {
            "MESSAGE": text,
            "SYSLOG_IDENTIFIER": program,
            "_SOURCE_REALTIME_TIMESTAMP": stamp,
            "__REALTIME_TIMESTAMP": stamp,
        }
    )


def follow(told: Told, program: Path) -> KeepalivedLog:
    return KeepalivedLog(log="journal", put=told.put, clock=told.clock, journalctl=str(program))


def test_entries_of_keepalived_are_told_with_their_own_times_and_the_child_ends_with_us(
    tmp_path: Path,
) -> None:
    late = entry("(VI_1) sent 0 priority", at=time.time() - 30)
    program = stand_in(
        tmp_path,
        f"cat <<'EOT'\n{late}\n{entry(MASTER, program='check.sh')}\nno json Keepalived\n{entry(MASTER)}\nEOT",
        "exec sleep 1000",
    )

    async def play() -> Told:
        told = Told()
        async with running(follow(told, program)):
            await told.hears(MASTER)
        return told

    told = asyncio.run(play())
    assert told.texts == ["(VI_1) sent 0 priority", MASTER]
    first, second = told.said
    assert first.mouth is Mouth.JOURNAL
    assert 29 < first.at - first.said_at < 60
    assert second.at - second.said_at < 20
    arguments = (tmp_path / "arguments").read_text().split()
    assert set(ARGUMENTS) <= set(arguments)
    assert "_COMM=keepalived" in arguments
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["echo 'Failed to open: nothing there' >&2", "exit 1"], "Failed to open: nothing there"),
        (["exit 0"], "has ended"),
        (
            ["echo 'No journal files were opened due to insufficient permissions.' >&2", "exit 1"],
            "belongs in the group systemd-journal",
        ),
        (
            ["echo 'Hint: You are currently not seeing messages from other users.' >&2", "exec sleep 1000"],
            "belongs in the group systemd-journal",
        ),
    ],
)
def test_a_journal_that_cannot_be_followed_is_told_in_one_line(
    tmp_path: Path, lines: list[str], problem: str
) -> None:
    with pytest.raises(ObserverError, match=problem) as caught:
        asyncio.run(follow(Told(), stand_in(tmp_path, *lines)).run())
    assert "\n" not in str(caught.value)


def test_a_host_without_journalctl_is_told(tmp_path: Path) -> None:
    with pytest.raises(ObserverError, match="journalctl: No such file"):
        asyncio.run(follow(Told(), tmp_path / "journalctl").run())


def test_a_journalctl_that_will_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hawatch.observers.keepalived_log.journal.PATIENCE", 0.1)
    program = stand_in(tmp_path, "trap '' TERM", f"echo '{entry(MASTER)}'", "while :; do sleep 0.1; done")

    async def play() -> None:
        told = Told()
        async with running(follow(told, program)):
            await told.hears(MASTER)

    asyncio.run(play())
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGCONT)


def export(*texts: str, program: str = "Keepalived_vrrp", comm: str = "keepalived") -> bytes:
    """Entries in systemd's journal export format."""
    made = []
    for number, text in enumerate(texts):
        now = int(time.time() * 1e6) + number
        fields = {
            "__REALTIME_TIMESTAMP": now,
            "__MONOTONIC_TIMESTAMP": int(time.monotonic() * 1e6) + number,
            "_BOOT_ID": "0123456789abcdef0123456789abcdef",
            "MESSAGE": text,
            "SYSLOG_IDENTIFIER": program,
            "_COMM": comm,
            "_SOURCE_REALTIME_TIMESTAMP": now,
        }
        made.append("".join(f"{name}={value}\n" for name, value in fields.items()) + "\n")
    return "".join(made).encode()


def is_written(journal: Path) -> bool | None:
    """Whether the journal has its first entry; a file that is only begun journalctl does not take for one."""
    argv = ["journalctl", f"--file={journal}", "--output=cat"]
    return bool(subprocess.run(argv, capture_output=True, check=False).stdout) or None


@pytest.mark.skipif(
    not REMOTE.exists() or shutil.which("journalctl") is None, reason="needs systemd-journal-remote"
)
def test_the_real_journalctl_follows_a_real_journal(tmp_path: Path) -> None:
    journal = tmp_path / "here.journal"
    writer = subprocess.Popen(
        [REMOTE, "-o", journal, "--split-mode=none", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert writer.stdin is not None

    async def play() -> list[str]:
        assert writer.stdin is not None
        writer.stdin.write(export("(VI_1) Entering BACKUP STATE"))
        writer.stdin.flush()
        await asyncio.to_thread(wait_until, lambda: is_written(journal), what=f"{journal}", timeout=30)
        program = tmp_path / "journalctl"
        program.write_text(f'#!/bin/sh\nexec journalctl --file={journal} "$@"\n')
        program.chmod(0o755)
        told = Told()
        async with running(follow(told, program)):
            await told.sees(True)
            while not told.said:  # journalctl does not say when it follows
                writer.stdin.write(export(FAULT))
                writer.stdin.flush()
                await asyncio.sleep(0.2)
            writer.stdin.write(export(MASTER, program="logger", comm="logger"))
            writer.stdin.write(export("(VI_1) sent 0 priority", MASTER))
            writer.stdin.flush()
            await told.hears(MASTER)
        return told.texts

    try:
        said = asyncio.run(play())
        assert [text for text in said if text != FAULT] == ["(VI_1) sent 0 priority", MASTER]
    finally:
        writer.stdin.close()
        writer.wait()


def test_follow_journal_gives_whole_lines_however_they_come(tmp_path: Path) -> None:
    program = stand_in(
        tmp_path, "printf abc; sleep 0.2; printf 'def\\nghi'; sleep 0.2; echo; exec sleep 1000"
    )

    async def play() -> list[bytes]:
        found: list[bytes] = []
        entries = follow_journal(program=str(program))
        async for lines in entries:
            found += lines
            if len(found) == 2:
                break
        await entries.aclose()
        return found

    assert asyncio.run(play()) == [b"abcdef", b"ghi"]
