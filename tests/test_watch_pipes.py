"""`hawatch status` through pipes: lines for awk, no colours, and letters that a locale does not have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.cli import main
from hawatch.cli.status_lines import status_lines
from hawatch.exporter.status import status
from tests import snapshots
from tests.serving import HANG, served
from tests.watching import many, split_of_two

ROOT = Path(__file__).resolve().parent.parent


def told(socket: Path, *words: str, **env: str) -> bytes:
    """What `hawatch status` writes into a pipe."""
    done = subprocess.run(
        [sys.executable, "-m", "hawatch", "status", "--socket", str(socket), *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **env},
        capture_output=True,
        check=True,
        timeout=HANG,
    )
    return done.stdout


def test_each_virtual_router_is_one_line_with_nine_fields(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(split_of_two(), tmp_path) as where:
        assert main(["status", "--lines", "--socket", str(where.socket_path)]) == 0
    calm, split = capsys.readouterr().out.splitlines()
    assert split.split("\t") == [
        "critical",
        "split_brain",
        "VI_1",
        "51",
        "ipv4",
        "2026-05-31T23:59:48.000Z",
        "lb01,lb02",
        "192.168.136.100",
        "vrrp_blocked_inbound@lb02",
    ]
    assert calm.split()[:4] == ["ok", "steady", "VI_2", "51"]
    assert calm.split()[-1] == "-"


def test_the_fields_stay_nine_whatever_the_names_are() -> None:
    odd = replace(snapshots.router(), instance="web \t server\n1", owners=("lb,01",), vips=())
    (line,) = status_lines(status(snapshots.snapshot(odd))).splitlines()
    assert line.split() == line.split("\t")
    assert line.split()[2:8] == ["web_?_server_1", "51", "ipv4", line.split()[5], "lb_01", "-"]


def test_a_finding_worse_than_the_verdict_makes_the_line_so() -> None:
    bad = snapshots.router(findings=(snapshots.STALE_ARP, snapshots.UNVERIFIED))
    (line,) = status_lines(status(snapshots.snapshot(bad))).splitlines()
    assert line.split()[:2] == ["critical", "steady"]
    assert line.split()[8] == "stale_arp@lb02,peer_unverified@lb02"


def test_awk_and_grep_can_take_it(tmp_path: Path) -> None:
    with served(replace(split_of_two(), routers=(*split_of_two().routers, *many(253))), tmp_path) as where:
        lines = told(where.socket_path, "--lines")
    assert lines.count(b"\n") == 255
    found = subprocess.run(
        ["awk", '$1 == "critical" {print $3}'], input=lines, capture_output=True, check=True, timeout=HANG
    )
    assert found.stdout == b"VI_1\n"


def test_a_pipe_gets_neither_colours_nor_control_characters(tmp_path: Path) -> None:
    with served(replace(split_of_two(), pair="web\x1b[31m\x07"), tmp_path) as where:
        for words in ((), ("--lines",), ("--json",)):
            written = told(where.socket_path, *words, LANG="C.UTF-8").decode()
            assert all(each.isprintable() or each in "\n\t" for each in written)


def test_a_locale_without_the_letters_gets_question_marks_and_the_json_its_escapes(tmp_path: Path) -> None:
    with served(replace(split_of_two(), pair="裂脑"), tmp_path) as where:
        text = told(where.socket_path, PYTHONIOENCODING="ascii")
        as_json = told(where.socket_path, "--json", PYTHONIOENCODING="ascii")
        assert "裂脑" in told(where.socket_path, "--json", LANG="C.UTF-8").decode()
    assert text.startswith(b"??, seen from lb01")
    assert as_json.isascii()
    assert json.loads(as_json)["pair"] == "裂脑"


def test_lines_and_json_are_two_things(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--lines", "--json"]) == 2
    assert capsys.readouterr().err.startswith("hawatch status: ")
