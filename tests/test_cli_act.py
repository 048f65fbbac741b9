"""`hawatch act`: the same looks and the same once-key as a reply, from a shell."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.actions.runner import Outcome, OutcomeState
from hawatch.codes import Code
from hawatch.config import Config
from hawatch.config.records import VirtualRouterOptions
from hawatch.desk.deed import Deed, DeedState
from hawatch.refusal import Refusal
from tests.desks import FENCE, RESTART, STOP, Office, live, shell_of
from tests.test_cli_incidents import NAME


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    """A split; nginx may be restarted on lb01, lb02 may be demoted and powered off."""
    return in_a_split(monkeypatch)


def in_a_split(monkeypatch: pytest.MonkeyPatch, config: Config | None = None) -> Office:
    office = Office(monkeypatch, config)
    office.allow("lb01", RESTART)
    office.allow("lb02", STOP, FENCE)
    office.split()
    return office


def deeds(office: Office) -> list[Deed]:
    return list(office.oncall.ledger.all(Deed))


def test_without_a_number_the_menu_is_listed_under_the_numbers_of_the_messages(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell_of(office, tmp_path, capsys) as shell:
        assert shell.type("act", NAME).splitlines() == [
            f"hawatch act {NAME} NUMBER",
            "  2  demote lb02             stop-keepalived  lb02  asks for --yes",
            "  3  power lb02 off on lb02  power-off        lb02  takes two people",
            "  4  restart nginx on lb01   restart-nginx    lb01",
        ]
        (message,) = json.loads(shell.type("incidents", NAME, "--json"))["messages"]
        assert "2=demote lb02" in message["text"]
        assert [each["number"] for each in json.loads(shell.type("act", NAME, "--json"))] == [2, 3, 4]


def test_what_is_offered_later_stands_below_and_what_is_not_offered_now_is_left_out(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.allow("lb02", FENCE)
    office.allow("lb01", RESTART, STOP)
    with shell_of(office, tmp_path, capsys) as shell:
        menu = json.loads(shell.type("act", NAME, "--json"))
        assert [(each["number"], each["action"], each["node"]) for each in menu] == [
            (3, "power-off", "lb02"),
            (4, "restart-nginx", "lb01"),
            (5, "stop-keepalived", "lb01"),
        ]
        line = shell.complains("act", NAME, "2", "--yes")
        assert line == f"hawatch: {NAME}: not done: demote lb02: not allowed there"


def test_what_is_offered_later_takes_no_number_that_a_message_has_given_out(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = office.oncall.ledger.all(Code)
    grown = (*code.menu, replace(code.menu[0], number=6, action="own", node="lb02"))
    office.oncall.ledger.put(replace(code, menu=grown))
    office.allow("lb01", RESTART, STOP)
    with shell_of(office, tmp_path, capsys) as shell:
        menu = json.loads(shell.type("act", NAME, "--json"))
        assert (7, "stop-keepalived", "lb01") in [
            (each["number"], each["action"], each["node"]) for each in menu
        ]


def test_there_is_nothing_to_do_where_nothing_is_allowed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(monkeypatch)
    office.split()
    with shell_of(office, tmp_path, capsys) as shell:
        assert shell.type("act", NAME) == f"{NAME}: there is nothing that can be done from here now\n"
        line = f"hawatch: {NAME}: there is no number 2 (hawatch act {NAME} lists what there is)"
        assert shell.complains("act", NAME, "2") == line


def test_what_is_harmless_is_done_at_once_and_stands_in_the_timeline(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.helper.outcome = Outcome(state=OutcomeState.DONE, exit_code=0, text="nginx runs")
    with live(office, tmp_path, capsys) as shell:
        told = shell.type("act", NAME, "4", "--as", "anna")
        assert told == "restart-nginx on lb01: asked for\nrestart-nginx on lb01: done: nginx runs\n"
        assert office.helper.ran == [("restart-nginx", None)]
        timeline = json.loads(shell.type("incidents", NAME, "--json"))["timeline"]
    (asked,) = [each for each in timeline if each["kind"] == "asked"]
    assert asked["who"].startswith("anna")
    assert [each["text"] for each in timeline if each["kind"] == "acted"] == [
        "restart-nginx on lb01: done, nginx runs"
    ]


@pytest.mark.parametrize(
    ("outcome", "code", "words"),
    [
        (Outcome(state=OutcomeState.FAILED, exit_code=1, text="no unit"), 1, "FAILED: no unit"),
        (Outcome(state=OutcomeState.UNKNOWN), 1, "UNCLEAR, interrupted midway; look at lb01 by hand"),
        (
            Outcome(state=OutcomeState.REFUSED, text="no helper"),
            2,
            "not done: hawatch-helper does not answer there: no helper",
        ),
    ],
)
def test_what_came_of_it_is_the_exit_code(
    office: Office,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    outcome: Outcome,
    code: int,
    words: str,
) -> None:
    office.helper.outcome = outcome
    with live(office, tmp_path, capsys) as shell:
        told = shell.ends(code, "act", NAME, "4").splitlines()
    assert told == ["restart-nginx on lb01: asked for", f"restart-nginx on lb01: {words}"]


def test_a_demotion_wants_yes_and_is_asked_of_its_node_once(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other node's agent refuses in the end: what it sees counts, not what was seen here."""
    with shell_of(office, tmp_path, capsys) as shell:
        line = (
            f"hawatch: {NAME}: not done: demote lb02 can interrupt the service; say --yes if it shall be done"
        )
        assert shell.complains("act", NAME, "2") == line
        assert deeds(office) == []

        def other_node() -> None:
            while not deeds(office):
                asked_for.wait(0.01)
            (deed,) = deeds(office)
            refused = deed.moved_to(DeedState.REFUSED, office.clock.wall(), refusal=Refusal.OTHER_NOT_OWNER)
            office.oncall.ledger.merge(refused)

        asked_for = threading.Event()
        elsewhere = threading.Thread(target=other_node)
        elsewhere.start()
        told = shell.ends(2, "act", NAME, "2", "--yes")
        elsewhere.join(30)
    assert told.splitlines() == [
        "stop-keepalived on lb02: asked for",
        "stop-keepalived on lb02: not done: no other node holds the VIP",
    ]
    (deed,) = deeds(office)
    assert (deed.node, deed.action, deed.asked_by) == ("lb02", "stop-keepalived", "lb01")


def test_whoever_asks_twice_for_what_is_under_way_meant_it_once(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell_of(office, tmp_path, capsys) as shell:
        first, second = (post_act(shell.where.port, 2) for _ in range(2))
        assert (first["id"], first["state"]) == (second["id"], "asked")
        assert len(deeds(office)) == 1
        (deed,) = deeds(office)
        office.change(lambda a: office.oncall.ledger.put(deed.moved_to(DeedState.FAILED, a.now)))
        third = post_act(shell.where.port, 2)
    assert third["id"] != first["id"]


def test_a_node_that_cannot_be_reached_is_not_asked(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.cut()
    with shell_of(office, tmp_path, capsys) as shell:
        line = shell.complains("act", NAME, "2", "--yes")
    assert line == f"hawatch: {NAME}: not done: lb02 cannot be reached from here; turn to oncall"
    assert deeds(office) == []


def test_what_takes_two_people_is_refused_to_one_shell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(virtual_routers=(VirtualRouterOptions(instance="VI_1", data=True),))
    office = in_a_split(monkeypatch, config)
    with shell_of(office, tmp_path, capsys) as shell:
        fence = shell.complains("act", NAME, "3", "--yes")
        demote = shell.complains("act", NAME, "2", "--yes")
    end = "; ask for it by telephone, with the code"
    assert fence == f"hawatch: {NAME}: not done: power lb02 off on lb02: it takes two people{end}"
    data = "it holds data, a second person must agree"
    assert demote == f"hawatch: {NAME}: not done: demote lb02: {data}{end}"
    assert deeds(office) == []


def post_act(port: int, number: int) -> dict[str, str]:
    from tests.test_cli_incidents import ask

    body = json.dumps({"as": "anna", "number": number, "yes": True}).encode()
    status, answer = ask(port, "POST", f"/api/v1/incidents/{NAME}/act", body)
    assert status == 200, answer
    found: dict[str, str] = json.loads(answer)
    return found
