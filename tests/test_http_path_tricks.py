"""No trick with a path, raw on the wire, gets anything but a refusal or a view, and no file of the host."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests import snapshots
from tests.serving import HANG, served

SECRET = "a-word-that-is-nowhere-else"


@pytest.mark.parametrize(
    "target",
    [
        "/../canary", "/..%2fcanary", "/%2e%2e/canary", "//canary", "/.%00/canary", "/\\..\\canary",
        "/%c0%ae%c0%ae/canary",
        "/api/v1/status/../../canary", "/..;/canary", "http://elsewhere.example/canary", "/?x=/../canary",
        "/api/v1/incidents/..%2f..%2fcanary", "/api/v1/incidents/%00",
    ],
)  # fmt: skip
def test_no_path_reads_a_file_beside_the_agent(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "canary").write_text(SECRET)
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    with (
        served(snapshots.steady(), tmp_path) as where,
        socket.create_connection(("127.0.0.1", where.port), timeout=HANG) as caller,
    ):
        caller.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
        answer = b"".join(iter(lambda: caller.recv(65536), b""))
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 200"))
    assert SECRET.encode() not in answer
    assert b"Traceback" not in answer
