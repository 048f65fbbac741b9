from __future__ import annotations

import errno
import io
import json
import os
import socket
import tarfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch import clock
from hawatch.blackbox.bundle import Sources
from hawatch.blackbox.stream import stream_bundle
from hawatch.cli import agent_socket, main
from hawatch.errors import HawatchError, ObserverError
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


# --- bundles --------------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """An agent's state directory, named by the hawatch.toml beside it."""
    made = tmp_path / "state"
    made.mkdir()
    (made / "journal.jsonl").write_text('{"type":"Tick","at":1.0}\n')
    (tmp_path / "hawatch.toml").write_text(f'[node]\nname = "lb01"\nstate_dir = "{made}"\n')
    return made


def bundle_of(state: Path) -> AsyncIterator[bytes]:
    return stream_bundle(
        Sources(
            state_directory=state,
            config_path=state.parent / "hawatch.toml",
            status=status(snapshots.split_brain()),
            node="lb01",
            time=EPOCH,
        )
    )


def names_in(content: bytes) -> set[str]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_a_bundle_is_a_new_file_for_its_owner_alone(
    tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "lb01.tar.gz"
    with served(snapshots.split_brain(), tmp_path, bundle=lambda: bundle_of(state)) as where:
        assert main(["status", "--bundle", str(target), "--socket", str(where.socket_path)]) == 0
    assert names_in(target.read_bytes()) == {"about.json", "status.json", "hawatch.toml", "journal.jsonl"}
    assert target.stat().st_mode & 0o777 == 0o600
    assert capsys.readouterr().out == f"{target}: {target.stat().st_size} bytes\n"
    assert not list(tmp_path.glob(".*.part"))


def test_a_bundle_to_standard_output_is_nothing_but_the_bundle(
    tmp_path: Path, state: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with served(snapshots.split_brain(), tmp_path, bundle=lambda: bundle_of(state)) as where:
        assert main(["status", "--bundle", "-", "--socket", str(where.socket_path)]) == 0
    told = capsysbinary.readouterr()
    assert "journal.jsonl" in names_in(told.out)
    assert told.err == b""


def test_a_bundle_is_not_poured_into_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "nothing for a terminal" in complaint(capsys, "--bundle", "-", code=2)


def test_a_file_that_is_there_is_left_alone(
    tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    config = str(tmp_path / "hawatch.toml")
    words = ("--bundle", str(target), "--socket", str(tmp_path / "none"), "--config", config)
    assert complaint(capsys, *words, code=2) == f"hawatch: {target}: is there already"
    assert target.read_text() == "precious"
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    words = ("--bundle", str(dangling), *words[2:])
    assert complaint(capsys, *words, code=2) == f"hawatch: {dangling}: is there already"


def test_a_bundle_that_has_nowhere_to_go_is_one_line(
    tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "none" / "lb01.tar.gz"
    assert (
        complaint(capsys, "--bundle", str(target), code=2) == f"hawatch: {target}: no such file or directory"
    )


def test_a_full_disk_leaves_no_half_a_bundle(
    tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    target = tmp_path / "lb01.tar.gz"
    with served(snapshots.split_brain(), tmp_path, bundle=lambda: bundle_of(state)) as where:
        words = ("--bundle", str(target), "--socket", str(where.socket_path))
        assert complaint(capsys, *words, code=2) == f"hawatch: {target}: no space left on device"
    assert not target.exists()
    assert not list(tmp_path.glob(".*.part"))


async def breaking_off() -> AsyncIterator[bytes]:
    yield bytes(200_000)
    raise HawatchError("the disk is gone")


def refused() -> AsyncIterator[bytes]:
    raise ObserverError("another bundle is being packed")


def test_an_agent_that_breaks_off_leaves_no_half_a_bundle(
    tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "lb01.tar.gz"
    with served(snapshots.split_brain(), tmp_path, bundle=breaking_off) as where:
        words = ("--bundle", str(target), "--socket", str(where.socket_path))
        assert complaint(capsys, *words) == (
            f"hawatch: {where.socket_path}: the agent broke off in the middle of its answer"
        )
    assert not target.exists()


def test_without_an_agent_the_state_directory_is_packed_and_that_is_said(
    tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, nobody = tmp_path / "lb01.tar.gz", tmp_path / "nobody.sock"
    words = ("--bundle", str(target), "--socket", str(nobody), "--config", str(tmp_path / "hawatch.toml"))
    assert main(["status", *words]) == 0
    assert names_in(target.read_bytes()) == {"about.json", "hawatch.toml", "journal.jsonl"}
    assert capsys.readouterr().err == (
        f"hawatch: {nobody}: no agent is running here (there is no such socket);"
        f" packed from {state}, without the present picture\n"
    )


def test_with_neither_agent_nor_state_directory_both_are_named_in_one_line(
    tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "journal.jsonl").unlink()
    state.rmdir()
    target = tmp_path / "lb01.tar.gz"
    with served(snapshots.split_brain(), tmp_path, bundle=refused) as where:
        words = ("--bundle", str(target), "--socket", str(where.socket_path))
        assert complaint(capsys, *words, "--config", str(tmp_path / "hawatch.toml")) == (
            f"hawatch: {where.socket_path}: the agent answers HTTP 503 for /api/v1/bundle:"
            f" another bundle is being packed; {state}: no such file or directory"
        )
    assert not target.exists()


def test_a_bundle_is_offered_only_where_it_is_meant_to_be(
    tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "journal.jsonl").unlink()
    with served(snapshots.split_brain(), tmp_path) as where:
        words = (
            "--bundle",
            "-",
            "--socket",
            str(where.socket_path),
            "--config",
            str(tmp_path / "hawatch.toml"),
        )
        assert "the agent answers HTTP 404 for /api/v1/bundle" in complaint(capsys, *words)


def test_a_bundle_and_json_at_once_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert "not allowed with argument" in complaint(capsys, "--json", "--bundle", "x", code=2)
