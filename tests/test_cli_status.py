from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch import clock
from hawatch.cli import agent_socket, main
from hawatch.exporter.status import status
from tests import snapshots
from tests.serving import HANG, served
from tests.snapshots import EPOCH


@pytest.fixture(autouse=True)
def _one_second_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "wall", lambda: EPOCH + 1)


def complaint(capsys: pytest.CaptureFixture[str], *words: str, code: int = 3) -> str:
    assert main(["status", *words]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err.rstrip("\n")


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[None]:
    """Something on the socket that gives this answer, whatever it is asked; empty: none at all."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(HANG)

        def answer_once() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.recv(65536)
                if answer:
                    caller.sendall(answer)
                else:
                    done.wait(HANG)

        done = threading.Event()
        thread = threading.Thread(target=answer_once)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join(HANG)


def test_status_shows_the_agents_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(snapshots.split_brain(), tmp_path) as where:
        assert main(["status", "--socket", str(where.socket_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "web, seen from lb01                            2026-06-01 00:00:00 UTC  CRITICAL"
    assert "  split_brain  critical, for 3 min, rule SB1" in lines
    assert "  remedy      nft insert rule inet filter input ip protocol vrrp accept" in lines
    assert not any("\x1b" in line for line in lines)


def test_status_json_is_the_api_s_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(snapshots.moved(), tmp_path) as where:
        assert main(["status", "--json", "--socket", str(where.socket_path)]) == 0
    assert json.loads(capsys.readouterr().out) == status(snapshots.moved())


def test_a_terminal_gets_colours_unless_it_says_no(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with served(snapshots.split_brain(), tmp_path) as where:
        assert main(["status", "--socket", str(where.socket_path)]) == 0
        assert "\x1b[1;31msplit_brain\x1b[0m" in capsys.readouterr().out
        monkeypatch.setenv("NO_COLOR", "1")
        assert main(["status", "--socket", str(where.socket_path)]) == 0
        assert "\x1b" not in capsys.readouterr().out


def test_a_name_with_control_characters_does_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(replace(snapshots.steady(), pair="web\x1b]0;owned\x07"), tmp_path) as where:
        assert main(["status", "--socket", str(where.socket_path)]) == 0
    assert capsys.readouterr().out.startswith("web?]0;owned?, seen from lb01")


def test_no_agent_is_one_line_and_exit_code_three(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hawatch.sock"
    assert complaint(capsys, "--socket", str(path)) == (
        f"hawatch: {path}: no agent is running here (there is no such socket)"
    )
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
    assert complaint(capsys, "--socket", str(path)) == (
        f"hawatch: {path}: no agent is running here (it left its socket behind)"
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"220 mail.example ESMTP\r\n", "what answers there does not speak HTTP"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "the agent answers HTTP 503 for /api/v1/status"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "what answers there is no hawatch agent"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe", "what answers there is no hawatch agent"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "the agent's answer is not understood (another version? --json shows it)",
        ),
    ],
)
def test_what_is_no_agent_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: bytes, expected: str
) -> None:
    path = tmp_path / "hawatch.sock"
    with answering(path, answer):
        assert complaint(capsys, "--socket", str(path)) == f"hawatch: {path}: {expected}"


def test_an_agent_that_hangs_is_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_socket, "TIMEOUT", 0.05)
    path = tmp_path / "hawatch.sock"
    with answering(path, b""):
        assert complaint(capsys, "--socket", str(path)) == (
            f"hawatch: {path}: the agent does not answer within 0.05 s"
        )
