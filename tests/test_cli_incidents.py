"""`hawatch incidents`, `ack`, `release` and `snooze` against a real desk behind a real server on a Unix socket."""

from __future__ import annotations

import http.client
import json
import os
import pwd
import tarfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.agent.arrivals import take_in
from hawatch.blackbox.bundle import Sources
from hawatch.blackbox.stream import stream_bundle
from hawatch.cli import main
from hawatch.cli.incident_text import local_time
from hawatch.desk.ledger import Ledger
from hawatch.exporter.incidents import incident_json
from hawatch.incident import Incident, State
from hawatch.reply.arrival import Reply
from tests import snapshots
from tests.desks import FENCE, RESTART, STOP, Office, shell_of
from tests.serving import served
from tests.test_incident import THREE

LOGIN = pwd.getpwuid(os.geteuid()).pw_name
NAME = "261122-lb01-1"


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    """lb01's desk in the middle of a split, of which `oncall` was told."""
    office = Office(monkeypatch)
    office.allow("lb01", RESTART)
    office.allow("lb02", STOP, FENCE)
    office.split()
    office.after(59)
    return office


def test_a_table_of_all_incidents(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with shell_of(office, tmp_path, capsys) as shell:
        head, line = shell.type("incidents").splitlines()
    assert head.split() == ["ID", "OPENED", "STATE", "SEVERITY", "VERDICT", "VIRTUAL", "ROUTERS"]
    opened = local_time("2026-11-22T03:00:00.000Z")
    assert line == f"{NAME}  {opened}  open   critical  split_brain  VI_1"


def test_nothing_ever_happened(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell_of(Office(monkeypatch), tmp_path, capsys) as shell:
        assert shell.type("incidents") == "no incidents\n"


def test_one_incident_with_its_timeline_in_local_time(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell_of(office, tmp_path, capsys) as shell:
        shell.type("ack", NAME, "--as", "anna")
        text = shell.type("incidents", NAME)
    assert f"incident {NAME}  acknowledged by anna ({LOGIN})\n" in text
    assert "  causes        vrrp_blocked_inbound@lb02\n" in text
    opened, acked = (local_time(f"2026-11-22T03:0{minute}:00.000Z") for minute in (0, 1))
    assert f"  {opened}  opened        lb01\n" in text
    assert "VI_1 split_brain: it is split_brain\n" in text
    assert f"  {acked}  acknowledged  anna ({LOGIN})\n" in text


def test_who_was_told_what_and_what_can_be_done_stand_below_the_timeline(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell_of(office, tmp_path, capsys) as shell:
        text = shell.type("incidents", NAME)
        (incident,) = json.loads(shell.type("incidents", "--json"))
        (given,) = incident["codes"]
    code = given["code"]
    assert given == {"person": "oncall", "code": code, "given": "2026-11-22T03:00:00.000Z", "retired": None}
    assert f"  codes         oncall {code}\n" in text
    assert "\nmessages\n  03:00:00  oncall  phone  first  stored\n" in text.replace(
        local_time("2026-11-22T03:00:00.000Z")[11:], "03:00:00"
    )
    assert text.endswith(
        f"\nhawatch act {NAME} NUMBER\n"
        "  2  demote lb02             stop-keepalived  lb02  asks for --yes\n"
        "  3  power lb02 off on lb02  power-off        lb02  takes two people\n"
        "  4  restart nginx on lb01   restart-nginx    lb01\n"
    )
    assert max(map(len, text.splitlines())) <= 80
    (message,) = incident["messages"]
    assert (message["person"], message["channel"], message["occasion"]) == ("oncall", "phone", "first")
    assert (message["state"], message["attempts"], message["problem"]) == ("stored", 0, None)
    assert f"{code}=ack" in message["text"]
    assert [(each["number"], each["action"], each["node"], each["danger"]) for each in incident["menu"]] == [
        (2, "stop-keepalived", "lb02", "demote"),
        (3, "power-off", "lb02", "fence"),
        (4, "restart-nginx", "lb01", "restart"),
    ]


def test_every_reply_stands_verbatim_in_the_timeline_which_is_in_order(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(office, "？")
    office.after(60)
    answer(office, "ok")
    with shell_of(office, tmp_path, capsys) as shell:
        told = json.loads(shell.type("incidents", NAME, "--json"))["timeline"]
    kinds = [entry["kind"] for entry in told]
    assert kinds[:3] == ["opened", "found", "told"]
    assert sorted(kinds[3:]) == ["acknowledged", "replied", "replied", "told", "told"]
    assert [entry["text"] for entry in told if entry["kind"] == "replied"] == ["？", "ok"]
    times = [entry["time"] for entry in told]
    assert times == sorted(times)


def test_any_name_of_an_incident_will_do_and_all_nodes_show_the_same(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (ours,) = office.oncall.open
    twin = replace(ours, id="261121-lb02-9", node="lb02", told=1)
    office.change(lambda _: office.oncall.ledger.merge(twin))
    with shell_of(office, tmp_path, capsys) as shell:
        (shown,) = json.loads(shell.type("incidents", "--json"))
        assert (shown["id"], shown["also"], shown["node"]) == ("261121-lb02-9", [NAME], "lb01")
        assert "also called   261122-lb01-1\n" in shell.type("incidents", NAME)
        assert shell.type("incidents", "261121-lb02-9") == shell.type("incidents", NAME)
        shell.type("ack", NAME)
        shell.type("release", "261121-lb02-9")
    assert office.oncall.view().open[0].name == "261121-lb02-9"


def test_incidents_as_json(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with shell_of(office, tmp_path, capsys) as shell:
        (incident,) = json.loads(shell.type("incidents", "--json"))
        assert json.loads(shell.type("incidents", NAME, "--json")) == incident
    assert incident["virtual_routers"][0]["causes"] == ["vrrp_blocked_inbound@lb02"]
    assert [entry["kind"] for entry in incident["timeline"]] == ["opened", "found", "told"]
    assert incident["opened"] == "2026-11-22T03:00:00.000Z"
    assert (incident["state"], incident["revision"], incident["resolved"]) == ("open", 1, None)


def test_over_tcp_nobody_reads_what_people_were_written_and_answered(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A code, or the digits that confirm an action, are for the person who was told them."""
    answer(office, "ok")
    with shell_of(office, tmp_path, capsys) as shell:
        mine = json.loads(shell.type("incidents", NAME, "--json"))
        code = str(mine["codes"][0]["code"])
    with served(office.picture, tmp_path, incidents=office.oncall.all) as where:
        status, body = ask(where.port, "GET", "/api/v1/incidents")
        assert status == 200
        assert ask(where.port, "GET", f"/api/v1/incidents/{NAME}")[0] == 404
    (incident,) = json.loads(body)
    assert {"messages", "codes", "menu"}.isdisjoint(incident)
    told = {entry["kind"]: entry["text"] for entry in incident["timeline"]}
    assert (told["told"], told["replied"]) == ("answer, phone", "")
    assert f"{code}=" not in body


def test_the_login_is_who_the_kernel_says(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell_of(office, tmp_path, capsys) as shell:
        assert shell.type("ack", NAME) == f"{NAME}: acknowledged by {LOGIN}\n"
        assert office.oncall.open[0].acknowledged_by == LOGIN
        assert shell.type("release", NAME) == f"{NAME}: open again\n"
        assert office.oncall.open[0].state is State.OPEN


def test_a_snooze_says_until_when(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with shell_of(office, tmp_path, capsys) as shell:
        told = shell.type("snooze", NAME, "30m")
    assert office.oncall.open[0].snoozed_until == THREE + 60 + 1800
    until = local_time("2026-11-22T03:31:00.000Z")
    assert told == f"{NAME}: quiet until {until}, or until it gets worse\n"


def test_what_cannot_be_done_is_one_line(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell_of(office, tmp_path, capsys) as shell:
        for words in (("ack", "47"), ("release", "47"), ("snooze", "47", "5m"), ("incidents", "47")):
            assert shell.complains(*words) == "hawatch: no such incident: 47"
        assert shell.complains("release", NAME) == f"hawatch: {NAME}: nobody has acknowledged it"
        line = shell.complains("ack", NAME, "--as", "a\nb")
        assert line == "hawatch: as: not a name of at most 64 printable characters"


def test_what_is_over_can_no_longer_be_acknowledged(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.ends()
    with shell_of(office, tmp_path, capsys) as shell:
        for words in (("ack", NAME), ("snooze", NAME, "5m"), ("act", NAME, "2")):
            assert shell.complains(*words) == f"hawatch: {NAME}: is resolved already"
        assert "hawatch act" not in shell.type("incidents", NAME)


@pytest.mark.parametrize("time", ["30", "m", "0m", "8d", "1.5h", "-5m", "5 m", "٣m"])
def test_a_time_that_is_none_is_named(time: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["snooze", NAME, f" {time}" if time.startswith("-") else time]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert "is not a time from 1s to 7d" in told.err


@pytest.mark.parametrize(
    "words",
    [
        ("incidents",),
        ("incidents", NAME),
        ("ack", NAME),
        ("release", NAME),
        ("snooze", NAME, "5m"),
        ("act", NAME),
        ("act", NAME, "2"),
        ("maintenance",),
        ("maintenance", "5m"),
        ("silence", "VI_1", "5m"),
        ("test-message", "anna"),
        ("phone",),
    ],
)
def test_where_no_agent_is_the_exit_code_is_3(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = tmp_path / "none.sock"
    assert main([*words, "--socket", str(nowhere)]) == 3
    line = capsys.readouterr().err
    assert line == f"hawatch: {nowhere}: no agent is running here (there is no such socket)\n"


@pytest.mark.parametrize(
    ("deed", "body", "code"),
    [
        ("ack", b"[1]", 400),
        ("ack", b"\xff", 400),
        ("ack", b"[" * 60000, 400),
        ("ack", b'{"as": 7}', 400),
        ("ack", b'{"as": "  "}', 400),
        ("snooze", b'{"as": "anna"}', 400),
        ("snooze", b'{"as": "anna", "seconds": true}', 400),
        ("snooze", b'{"as": "anna", "seconds": 1e400}', 400),
        ("snooze", b'{"as": "anna", "seconds": 700000}', 400),
        ("act", b'{"as": "anna"}', 400),
        ("act", b'{"as": "anna", "number": "2"}', 400),
        ("act", b'{"as": "anna", "number": true}', 400),
        ("act", b'{"as": "anna", "number": 2, "yes": "yes"}', 400),
        ("act", b'{"as": "anna", "number": 2}', 409),
        ("burn", b"{}", 404),
    ],
)
def test_a_request_that_is_none_is_refused_and_changes_nothing(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], deed: str, body: bytes, code: int
) -> None:
    with shell_of(office, tmp_path, capsys) as shell:
        before = (office.oncall.open, records(office.oncall.ledger))
        assert ask(shell.where.port, "POST", f"/api/v1/incidents/{NAME}/{deed}", body)[0] == code
        assert (office.oncall.open, records(office.oncall.ledger)) == before


def test_without_a_login_and_a_name_nobody_acknowledges(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Over TCP the kernel vouches for nobody; there the agent has no desk at all, and this is the second lock."""
    with shell_of(office, tmp_path, capsys) as shell:
        assert ask(shell.where.port, "POST", f"/api/v1/incidents/{NAME}/ack", b"{}")[0] == 400
        assert office.oncall.open[0].state is State.OPEN


@pytest.mark.parametrize(
    "target",
    [
        f"incidents/{NAME}/ack",
        f"incidents/{NAME}/act",
        "maintenance",
        "silence",
        "test-message",
        "phone/oncall",
    ],
)
def test_without_a_desk_there_is_nothing_to_post_to(target: str, tmp_path: Path) -> None:
    with served(snapshots.split_brain(), tmp_path) as where:
        assert ask(where.port, "POST", f"/api/v1/{target}", b'{"as": "anna"}')[0] == 404


def test_a_bundle_of_one_incident_holds_what_the_black_box_kept_of_it_alone(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    for name in ("20261122T030001.000Z-VI_1-split_brain", "20261121T030000.000Z-VI_1-no_owner"):
        (state / "blackbox" / name).mkdir(parents=True)
        (state / "blackbox" / name / "evidence.jsonl").write_text("{}\n")
    (state / "journal.jsonl").write_text("{}\n")

    def bundle_of(incident: Incident) -> AsyncIterator[bytes]:
        return stream_bundle(
            Sources(
                state_directory=state,
                config_path=None,
                status={},
                node="lb01",
                time=THREE,
                incident=incident_json(incident),
                span=(incident.opened_at - 60, THREE + 60),
            )
        )

    target = tmp_path / "night.tar.gz"
    with shell_of(office, tmp_path, capsys, bundle_of=bundle_of) as shell:
        told = shell.type("incidents", NAME, "--bundle", str(target))
        assert told == f"{target}: {target.stat().st_size} bytes\n"
        assert shell.complains("incidents", "47", "--bundle", "x.tar.gz") == "hawatch: no such incident: 47"
        assert shell.complains("incidents", "--bundle", "x") == "hawatch: --bundle: of which incident?"
    with tarfile.open(target) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        (story,) = [each for each in archive if each.name.endswith("/incident.json")]
        content = archive.extractfile(story)
        assert content is not None
        told = content.read().decode()
    assert names == {
        "about.json",
        "status.json",
        "incident.json",
        "blackbox/20261122T030001.000Z-VI_1-split_brain/evidence.jsonl",
    }
    assert json.loads(told)["id"] == NAME
    assert "=ack" not in told


def answer(office: Office, text: str) -> None:
    """`oncall` answers on the phone."""
    reply = Reply(channel="phone", id=f"{text} {office.clock.now}", sender="oncall", text=text)
    office.wait(take_in(office.oncall, reply))


def records(ledger: Ledger) -> dict[str, int]:
    """How many records of each kind there are."""
    return {kind: len(found) for kind, found in ledger._records.items()}


def ask(port: int, method: str, target: str, body: bytes | None = None) -> tuple[int, str]:
    """A request over TCP: status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, target, body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()
