"""What check-config and status say of passive targets."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hawatch.cli import check_config
from hawatch.exporter.status import status
from hawatch.exporter.text import render
from tests import snapshots
from tests.snapshots import EPOCH
from tests.test_check_config import Writer

PUSHING = replace(
    snapshots.steady(),
    passive_results=(
        ("nagios", "accepted", 7),
        ("nagios", "failed", 2),
        ("icinga", "accepted", 0),
        ("icinga", "failed", 0),
    ),
    passive_accepted=(("nagios", EPOCH - 12),),
)


def test_the_status_has_each_target_with_what_became_of_its_results() -> None:
    assert status(PUSHING)["passive"] == [
        {"name": "nagios", "accepted": 7, "failed": 2, "last_accepted": "2026-05-31T23:59:48.000Z"},
        {"name": "icinga", "accepted": 0, "failed": 0, "last_accepted": None},
    ]
    assert status(snapshots.steady())["passive"] == []


def test_the_page_says_when_a_target_last_accepted_a_result() -> None:
    page = render(status(PUSHING), datetime.fromtimestamp(EPOCH, UTC))
    assert "  passive     nagios: last accepted 12 s ago, 2 failed\n" in page
    assert "  passive     icinga: nothing pushed from here was accepted yet\n" in page
    assert "passive" not in render(status(snapshots.steady()), datetime.fromtimestamp(EPOCH, UTC))


def test_check_config_names_the_targets_and_what_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fifo, gone, password = tmp_path / "nagios.cmd", tmp_path / "gone.cmd", tmp_path / "password"
    os.mkfifo(fifo)
    password.write_text("open secret\n")
    password.chmod(0o644)
    text = f"""
[[passive]]
name = "nagios"
command_file = "{fifo}"
[[passive]]
name = "gone"
command_file = "{gone}"
[[passive]]
name = "nsca"
spool = "{tmp_path}/nsca"
of = "node"
[[passive]]
name = "icinga"
icinga2 = "https://icinga.example.org:5665"
password_file = "{password}"
ca_file = "{tmp_path}/ca.crt"
[[passive]]
name = "again"
icinga2 = "https://icinga.example.org:5665"
password_file = "{tmp_path}/none"
every = "5m"
"""
    assert check_config.run(Writer(tmp_path)(text)) == 0
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if "pushed" in line] == [
        f"  results of the pair are pushed to nagios: {fifo}, every 60 s",
        f"  results of the pair are pushed to gone: {gone}, every 60 s",
        f"  results of the node are pushed to nsca: {tmp_path}/nsca, every 60 s",
        "  results of the pair are pushed to icinga: https://icinga.example.org:5665, every 60 s",
        "  results of the pair are pushed to again: https://icinga.example.org:5665, every 300 s",
    ]
    assert [line for line in err.splitlines() if "passive" in line] == [
        f"warning: passive[1].command_file: {gone} is not there, or no FIFO; is Nagios running on this host?",
        f"warning: passive[2].spool: {tmp_path}/nsca is not there, or no directory",
        f"warning: passive[3].ca_file: {tmp_path}/ca.crt is not there",
        f"warning: passive[3].password_file: {password} can be read by everybody (chmod 640 {password})",
        f"warning: passive[4].password_file: {tmp_path}/none: no such file or directory",
        "warning: passive[4]: pushes to the same service as passive[3]",
    ]
    assert "open secret" not in out + err
