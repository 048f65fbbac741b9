"""What check-config, status and metrics say of the tools in which acknowledgements are shown."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hawatch.cli import check_config
from hawatch.exporter.samples import samples
from hawatch.exporter.status import status
from hawatch.exporter.text import render
from hawatch.snapshot import MonitorView
from tests import snapshots
from tests.snapshots import EPOCH
from tests.test_check_config import Writer

SHOWING = replace(
    snapshots.steady(),
    monitors=(
        MonitorView(
            name="icinga", requests=(("looked", 7), ("changed", 2), ("failed", 0)), looked_at=EPOCH - 12
        ),
        MonitorView(
            name="alerts",
            requests=(("looked", 0), ("changed", 0), ("failed", 3)),
            problem="http://a:9093: Connection refused",
        ),
    ),
)


def test_the_status_has_each_tool_with_what_came_of_it() -> None:
    icinga, alerts = json.loads(json.dumps(status(SHOWING)))["monitors"]
    assert icinga == {
        "name": "icinga",
        "looked": 7,
        "changed": 2,
        "failed": 0,
        "last_looked_at": "2026-05-31T23:59:48.000Z",
        "problem": None,
    }
    assert (alerts["failed"], alerts["problem"]) == (3, "http://a:9093: Connection refused")
    assert status(snapshots.steady())["monitors"] == []


def test_the_page_says_what_is_the_matter_with_a_tool() -> None:
    page = render(status(SHOWING), datetime.fromtimestamp(EPOCH, UTC))
    assert "  monitor     icinga: looked at 12 s ago\n" in page
    assert "  monitor     alerts: not looked at from here yet; now http://a:9093: Connection\n" in page
    assert "monitor" not in render(status(snapshots.steady()), datetime.fromtimestamp(EPOCH, UTC))


def test_a_tool_that_fails_is_counted_and_is_no_finding() -> None:
    counted = {
        each.labels[1:]: each.value
        for each in samples(SHOWING)
        if each.metric.name == "hawatch_monitor_requests_total"
    }
    assert counted["icinga", "changed"] == 2
    assert counted["alerts", "failed"] == 3
    assert len(counted) == 6
    assert status(SHOWING)["severity"] == "ok"


def test_check_config_names_the_tools_and_what_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fifo, token = tmp_path / "nagios.cmd", tmp_path / "token"
    os.mkfifo(fifo)
    token.write_text("open secret\n")
    token.chmod(0o644)
    text = f"""
[[monitor]]
name = "nagios"
command_file = "{fifo}"
[[monitor]]
name = "gone"
command_file = "/nowhere/nagios.cmd"
status_file = "/nowhere/status.dat"
[[monitor]]
name = "alerts"
alertmanager = "http://alerts:9093"
bearer_file = "{token}"
[[monitor]]
name = "icinga"
icinga2 = "https://icinga:5665"
password_file = "/nowhere/password"
ca_file = "/nowhere/ca.crt"
"""
    assert check_config.run(Writer(tmp_path)(text)) == 0
    told = capsys.readouterr()
    assert f"  acknowledgements are shown in nagios (nagios): {fifo}\n" in told.out
    assert "  acknowledgements are shown in alerts (alertmanager): http://alerts:9093\n" in told.out
    warnings = [line for line in told.err.splitlines() if line.startswith("warning: monitor[")]
    of_nagios = "is not there, or no FIFO; is Nagios running on this host?"
    assert warnings == [
        "warning: monitor[0].status_file: missing; what people acknowledge in Nagios is not seen here",
        f"warning: monitor[1].command_file: /nowhere/nagios.cmd {of_nagios}",
        "warning: monitor[1].status_file: /nowhere/status.dat is not there",
        f"warning: monitor[2].bearer_file: {token} can be read by everybody (chmod 640 {token})",
        "warning: monitor[2].bearer_file: goes to http://alerts:9093 in the open; https:// keeps it secret",
        "warning: monitor[3].ca_file: /nowhere/ca.crt is not there",
        "warning: monitor[3].password_file: /nowhere/password: no such file or directory",
    ]
    assert "open secret" not in told.out + told.err
