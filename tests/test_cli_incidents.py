"""`hawatch incidents`, `ack`, `release` and `snooze` against a real server on a Unix socket."""

from __future__ import annotations

import http.client
import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hawatch.cli import main
from hawatch.cli.incident_text import local_time
from hawatch.incident import Incident, State, UnknownIncidentError, acknowledge, release, snooze
from hawatch.verdict import VerdictKind
from tests import snapshots
from tests.serving import Served, served
from tests.test_incident import BLOCKED, THREE, Night

LOGIN = pwd.getpwuid(os.geteuid()).pw_name
NAME = "261122-lb01-1"


@dataclass
class Desk:
    """Incidents without a store; a minute after they were opened."""

    incidents: list[Incident]

    async def acknowledge(self, name: str, who: str) -> Incident:
        return self._put(acknowledge(self._find(name), at=THREE + 60, who=who))

    async def release(self, name: str, who: str) -> Incident:
        return self._put(release(self._find(name), at=THREE + 60, who=who))

    async def snooze(self, name: str, who: str, seconds: float) -> Incident:
        return self._put(snooze(self._find(name), at=THREE + 60, who=who, until=THREE + 60 + seconds))

    def _find(self, name: str) -> Incident:
        found = [each for each in self.incidents if each.id == name]
        if not found:
            raise UnknownIncidentError(f"no such incident: {name}")
        return found[0]

    def _put(self, incident: Incident) -> Incident:
        self.incidents = [incident if each.id == incident.id else each for each in self.incidents]
        return incident


def split(*, over: bool = False) -> Incident:
    night = Night()
    night.say(VerdictKind.SPLIT_BRAIN, BLOCKED)
    if over:
        night.say(VerdictKind.STEADY)
        night.wait(10)
    return night.only


@contextmanager
def agent(path: Path, *incidents: Incident) -> Iterator[tuple[Served, Desk]]:
    desk = Desk(list(incidents))
    with served(snapshots.split_brain(), path, incidents=lambda: desk.incidents, desk=desk) as where:
        yield where, desk


def say(where: Served, *words: str) -> int:
    return main([*words, "--socket", str(where.socket_path)])


def complaint(where: Served, capsys: pytest.CaptureFixture[str], *words: str, code: int = 2) -> str:
    assert say(where, *words) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err.rstrip("\n")


def test_a_table_of_all_incidents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with agent(tmp_path, split()) as (where, _):
        assert say(where, "incidents") == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["ID", "OPENED", "STATE", "SEVERITY", "VERDICT", "VIRTUAL", "ROUTERS"]
    opened = local_time("2026-11-22T03:00:00.000Z")
    assert line == f"{NAME}  {opened}  open   critical  split_brain  VI_1"


def test_nothing_ever_happened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with agent(tmp_path) as (where, _):
        assert say(where, "incidents") == 0
    assert capsys.readouterr().out == "no incidents\n"


def test_one_incident_with_its_timeline_in_local_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with agent(tmp_path, split()) as (where, _):
        assert say(where, "ack", NAME, "--as", "anna") == 0
        assert say(where, "incidents", NAME) == 0
    text = capsys.readouterr().out
    assert f"incident {NAME}  acknowledged by anna ({LOGIN})\n" in text
    assert "  causes        vrrp_blocked_inbound@lb02\n" in text
    opened, acked = (local_time(f"2026-11-22T03:0{minute}:00.000Z") for minute in (0, 1))
    assert f"  {opened}  opened        lb01\n" in text
    assert "VI_1 split_brain: it is split_brain\n" in text
    assert text.endswith(f"  {acked}  acknowledged  anna ({LOGIN})\n")


def test_incidents_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with agent(tmp_path, split()) as (where, _):
        assert say(where, "incidents", "--json") == 0
        (incident,) = json.loads(capsys.readouterr().out)
        assert say(where, "incidents", NAME, "--json") == 0
        assert json.loads(capsys.readouterr().out) == incident
    assert incident["virtual_routers"][0]["causes"] == ["vrrp_blocked_inbound@lb02"]
    assert [entry["kind"] for entry in incident["timeline"]] == ["opened", "found"]
    assert incident["opened"] == "2026-11-22T03:00:00.000Z"
    assert (incident["state"], incident["revision"], incident["resolved"]) == ("open", 1, None)


def test_the_login_is_who_the_kernel_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with agent(tmp_path, split()) as (where, desk):
        assert say(where, "ack", NAME) == 0
        assert capsys.readouterr().out == f"{NAME}: acknowledged by {LOGIN}\n"
        assert desk.incidents[0].acknowledged_by == LOGIN
        assert say(where, "release", NAME) == 0
        assert capsys.readouterr().out == f"{NAME}: open again\n"
        assert desk.incidents[0].state is State.OPEN


def test_a_snooze_says_until_when(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with agent(tmp_path, split()) as (where, desk):
        assert say(where, "snooze", NAME, "30m") == 0
        assert desk.incidents[0].snoozed_until == THREE + 60 + 1800
    until = local_time("2026-11-22T03:31:00.000Z")
    assert capsys.readouterr().out == f"{NAME}: quiet until {until}, or until it gets worse\n"


def test_what_cannot_be_done_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with agent(tmp_path, split()) as (where, _):
        for words in (("ack", "47"), ("release", "47"), ("snooze", "47", "5m"), ("incidents", "47")):
            assert complaint(where, capsys, *words) == "hawatch: no such incident: 47"
        assert complaint(where, capsys, "release", NAME) == f"hawatch: {NAME}: nobody has acknowledged it"
        line = complaint(where, capsys, "ack", NAME, "--as", "a\nb")
        assert line == "hawatch: as: not a name of at most 64 printable characters"


def test_what_is_over_can_no_longer_be_acknowledged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with agent(tmp_path, split(over=True)) as (where, _):
        for words in (("ack", NAME), ("snooze", NAME, "5m")):
            assert complaint(where, capsys, *words) == f"hawatch: {NAME}: is resolved already"


@pytest.mark.parametrize("time", ["30", "m", "0m", "8d", "1.5h", "-5m", "5 m", "٣m"])
def test_a_time_that_is_none_is_named(time: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["snooze", NAME, f" {time}" if time.startswith("-") else time]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert "is not a time from 1s to 7d" in told.err


def test_where_no_agent_is_the_exit_code_is_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = tmp_path / "none.sock"
    for words in (("incidents",), ("ack", NAME), ("release", NAME), ("snooze", NAME, "5m")):
        assert main([*words, "--socket", str(nowhere)]) == 3
        line = capsys.readouterr().err
        assert line == f"hawatch: {nowhere}: no agent is running here (there is no such socket)\n"


@pytest.mark.parametrize(
    ("deed", "body", "code"),
    [
        ("ack", b"[1]", 400),
        ("ack", b"\xff", 400),
        ("ack", b'{"as": 7}', 400),
        ("ack", b'{"as": "  "}', 400),
        ("snooze", b"{}", 400),
        ("snooze", b'{"seconds": true}', 400),
        ("snooze", b'{"seconds": 1e400}', 400),
        ("snooze", b'{"seconds": 700000}', 400),
        ("act", b"{}", 404),
    ],
)
def test_a_request_that_is_none_is_refused_and_changes_nothing(
    tmp_path: Path, deed: str, body: bytes, code: int
) -> None:
    with agent(tmp_path, split()) as (where, desk):
        before = list(desk.incidents)
        assert post(where, f"/api/v1/incidents/{NAME}/{deed}", body) == code
        assert desk.incidents == before


def test_without_a_login_and_a_name_nobody_acknowledges(tmp_path: Path) -> None:
    """Over TCP the kernel vouches for nobody; there the agent has no desk at all, and this is the second lock."""
    with agent(tmp_path, split()) as (where, desk):
        assert post(where, f"/api/v1/incidents/{NAME}/ack", b"{}") == 400
        assert desk.incidents[0].state is State.OPEN


def test_without_a_desk_there_is_nothing_to_post_to(tmp_path: Path) -> None:
    with served(snapshots.split_brain(), tmp_path, incidents=lambda: [split()]) as where:
        assert post(where, f"/api/v1/incidents/{NAME}/ack", b'{"as": "anna"}') == 404


def post(where: Served, target: str, body: bytes) -> int:
    """POST over TCP."""
    connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=30)
    try:
        connection.request("POST", target, body)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()
