"""`hawatch watch` in real terminals, with a real server on its socket."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.cli import main
from hawatch.snapshot import Snapshot
from tests import snapshots
from tests.serving import served
from tests.tmux import HANG, terminal
from tests.watching import many
from tests.watching import split_of_two as split_in_june

ROOT = Path(__file__).resolve().parent.parent
BARE = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
UTF8 = {**BARE, "LANG": "C.UTF-8", "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "TZ": "UTC"}


def fresh(snapshot: Snapshot) -> Snapshot:
    """As if it were taken in a moment from now, so that it does not get old while the test runs."""
    return replace(snapshot, wall_minus_monotonic=time.time() + 2 * HANG - snapshots.AT)


def steady() -> Snapshot:
    return fresh(snapshots.steady())


def split_of_two() -> Snapshot:
    return fresh(split_in_june())


def command(socket: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "hawatch", "watch", "--socket", str(socket), *words]


class Line:
    """A pseudoterminal whose every byte is kept."""

    def __init__(self, argv: Sequence[str], env: dict[str, str], columns: int = 80, lines: int = 24) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (lines, columns))
        self.before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
        )
        self.slave = slave
        self.got = b""

    def read_until(self, wanted: bytes) -> bytes:
        """All that came, until this is among it."""
        start, deadline = len(self.got), time.monotonic() + HANG
        while wanted not in self.got[start:]:
            assert time.monotonic() < deadline, f"no {wanted!r} in {self.got[start:]!r}"
            if select.select([self.master], [], [], 1.0)[0]:
                try:
                    self.got += os.read(self.master, 65536)
                except OSError:
                    pytest.fail(f"it ended: {self.got[start:]!r}")
        return self.got[start:]

    def quiet(self, seconds: float = 0.4) -> bytes:
        """What comes until nothing has come for so long."""
        start = len(self.got)
        while select.select([self.master], [], [], seconds)[0]:
            self.got += os.read(self.master, 65536)
        return self.got[start:]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(HANG)
        os.close(self.slave)
        with suppress(OSError):
            os.close(self.master)


@contextmanager
def line(argv: Sequence[str], env: dict[str, str] | None = None) -> Iterator[Line]:
    made = Line(argv, env or UTF8)
    try:
        yield made
    finally:
        made.close()


# --- in tmux --------------------------------------------------------------------------------------


def test_a_split_appears_by_itself_and_the_chosen_one_can_be_changed(tmp_path: Path) -> None:
    with served(steady(), tmp_path) as where, terminal(80, 24) as tmux:
        tmux.start(command(where.socket_path), UTF8)
        screen = tmux.await_text("OK steady")
        assert screen[0].startswith("web, seen from lb01  ")
        assert screen[-1].endswith("q quit")
        where.publish(split_of_two())
        screen = tmux.await_text("CRITICAL split_brain (1 of 2)")
        assert screen[2].startswith("▶ ✖ split_brain")
        tmux.press("j")
        tmux.await_screen(lambda lines: lines[3].startswith("▶ ✔ steady"), "VI_2 chosen")
        tmux.press("/", "split_b", "Enter")
        tmux.await_screen(lambda lines: not any("VI_2" in each for each in lines), "VI_2 filtered out")
        tmux.press("q")
        screen = tmux.await_text("ended 0")
        assert "VI_1" not in "".join(screen)


def test_it_survives_another_size_and_goes_on_after_the_agent_came_back(tmp_path: Path) -> None:
    with terminal(80, 24) as tmux:
        with served(steady(), tmp_path) as where:
            tmux.start(command(where.socket_path), UTF8)
            tmux.await_text("OK steady")
            tmux.resize(120, 40)
            tmux.await_screen(
                lambda lines: lines[-1].endswith("q quit") and "evidence" in "".join(lines), "120x40"
            )
            tmux.resize(60, 10)
            tmux.await_screen(lambda lines: len(lines) == 10 and lines[-1].startswith("↑↓ select"), "60x10")
        screen = tmux.await_text("no answer for ")
        assert "? last: OK steady" in screen[0]
        (tmp_path / "hawatch.sock").unlink(missing_ok=True)
        with served(split_of_two(), tmp_path):
            tmux.await_text("CRITICAL split_brain")
            tmux.press("q")
            tmux.await_text("ended 0")


def test_255_virtual_routers_can_be_walked_and_filtered(tmp_path: Path) -> None:
    with served(fresh(snapshots.snapshot(*many(255))), tmp_path) as where, terminal(80, 24) as tmux:
        tmux.start(command(where.socket_path, "--slow"), UTF8)
        tmux.await_text("1-14 of 255")
        tmux.press("G")
        last = tmux.await_text("242-255 of 255")
        assert next(each for each in last if each.startswith("▶")).split()[4:6] == ["VI_255", "255"]
        tmux.press("/", "VI_17", "Enter")
        tmux.await_screen(
            lambda lines: sum("VI_17" in each for each in lines) >= 11, "VI_17 and VI_170 to VI_179"
        )
        tmux.press("q")
        tmux.await_text("ended 0")


def test_chinese_stands_in_straight_columns(tmp_path: Path) -> None:
    with served(split_of_two(), tmp_path) as where, terminal(80, 24) as tmux:
        tmux.start(command(where.socket_path), {**UTF8, "LC_MESSAGES": "zh_CN.UTF-8"})
        screen = tmux.await_text("严重 裂脑 (1/2)")
        assert screen[2].startswith("▶ ✖ 裂脑            ")
        assert screen[-1].startswith("↑↓选择 a确认")


def test_ctrl_c_gives_the_terminal_back_as_it_was(tmp_path: Path) -> None:
    with served(steady(), tmp_path) as where, terminal(80, 24) as tmux:
        tmux.start(command(where.socket_path), UTF8)
        tmux.await_text("OK steady")
        tmux.press("C-c")
        modes = " ".join(tmux.await_text("ended 130"))
        assert " icanon" in modes
        assert " echo " in modes
        assert "Traceback" not in modes


# --- through a pseudoterminal ---------------------------------------------------------------------


def test_one_verdict_takes_less_than_2000_bytes_and_a_second_less_than_200(tmp_path: Path) -> None:
    with served(steady(), tmp_path) as where, line(command(where.socket_path)) as screen:
        screen.read_until(b"q quit")
        screen.quiet(0.1)
        for _ in range(3):
            start = len(screen.got)
            screen.read_until(b"\x1b[1;")
            screen.quiet(0.1)
            assert len(screen.got) - start < 200
        start = len(screen.got)
        where.publish(split_of_two())
        screen.read_until(b"split_brain")
        screen.quiet()
        assert len(screen.got) - start < 2000


def test_a_terminal_that_ends_it_gets_its_modes_back(tmp_path: Path) -> None:
    with served(steady(), tmp_path) as where, line(command(where.socket_path)) as screen:
        screen.read_until(b"q quit")
        assert termios.tcgetattr(screen.slave) != screen.before
        screen.process.send_signal(signal.SIGTERM)
        assert screen.process.wait(HANG) == 128 + signal.SIGTERM
        assert screen.quiet().endswith(b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l")
        assert termios.tcgetattr(screen.slave) == screen.before


def test_a_pause_for_the_shell_and_back(tmp_path: Path) -> None:
    with served(steady(), tmp_path) as where, line(command(where.socket_path)) as screen:
        screen.read_until(b"q quit")
        screen.process.send_signal(signal.SIGTSTP)
        screen.read_until(b"\x1b[?1049l")
        _, status = os.waitpid(screen.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert termios.tcgetattr(screen.slave) == screen.before
        screen.process.send_signal(signal.SIGCONT)
        screen.read_until(b"q quit")
        os.write(screen.master, b"q")
        assert screen.process.wait(HANG) == 0


def test_a_dumb_terminal_gets_plain_lines_and_only_when_something_is_new(tmp_path: Path) -> None:
    environment = {**UTF8, "TERM": "dumb"}
    with (
        served(steady(), tmp_path) as where,
        line(command(where.socket_path), environment) as screen,
    ):
        first = screen.read_until(b"q quit")
        assert screen.quiet(2.5).strip() == b""
        where.publish(split_of_two())
        then = screen.read_until(b"X CRITICAL split_brain")
        for told in (first, then):
            assert b"\x1b" not in told
            assert told.isascii()
        os.write(screen.master, b"q")
        assert screen.process.wait(HANG) == 0


def test_a_locale_without_such_letters_gets_ascii(tmp_path: Path) -> None:
    environment = {**UTF8, "PYTHONIOENCODING": "ascii", "LANG": "zh_CN"}
    with served(split_of_two(), tmp_path) as where, line(command(where.socket_path), environment) as screen:
        assert screen.read_until(b"q quit").isascii()
        assert b"> " in screen.got


def test_without_colours_nothing_is_coloured(tmp_path: Path) -> None:
    environment = {**UTF8, "NO_COLOR": "1"}
    with served(split_of_two(), tmp_path) as where, line(command(where.socket_path), environment) as screen:
        screen.read_until(b"q quit")
        assert not re.search(rb"\x1b\[[0-9;]*3[1-7]m", screen.got)


# --- without a terminal ---------------------------------------------------------------------------


def test_a_pipe_is_sent_to_hawatch_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "--socket", str(tmp_path / "none.sock")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "hawatch: watch: standard output is no terminal (for pipes there is hawatch status)\n"


def test_one_picture_can_be_printed_anywhere(tmp_path: Path) -> None:
    with served(replace(split_of_two(), pair="web\x1b[2J"), tmp_path) as where:
        done = subprocess.run(
            command(where.socket_path, "--once"), env=UTF8, capture_output=True, check=True, timeout=HANG
        )
    assert b"\x1b" not in done.stdout
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("web?[2J, seen from lb01")
    assert any(each.startswith("▶ ✖ split_brain") for each in lines)
    assert not any("q quit" in each for each in lines)


def test_without_an_agent_it_does_not_begin(tmp_path: Path) -> None:
    with line(command(tmp_path / "none.sock")) as screen:
        assert screen.process.wait(HANG) == 3
        told = screen.quiet()
    assert told.decode().strip().endswith("no agent is running here (there is no such socket)")
    assert b"\x1b" not in told


@pytest.mark.parametrize("words", [("--interval", "0"), ("--interval", "x"), ("--slow", "--interval", "2")])
def test_an_interval_that_cannot_be_is_a_usage_error(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", *words]) == 2
    assert capsys.readouterr().err.startswith("hawatch watch: ")
