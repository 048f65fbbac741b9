"""`hawatch drill` at a shell: what is refused before anything is done, in one line, and what is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hawatch.agent.front_desk import FrontDesk
from hawatch.cli import main
from hawatch.drill.report import REPORT
from tests.desks import Shell
from tests.serving import served
from tests.test_drill_desk import STOP, Drills, well
from tests.test_drill_grading import report


@contextmanager
def shell(drills: Drills, path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    """Somebody at lb01, whose VIP is an address of this host."""
    view = well().routers[0]
    here = replace(view, vips=(replace(view.vips[0], address="127.0.0.1"),))
    drills.office.picture = well(routers=(here,))
    with served(
        drills.office.picture, path, desk=FrontDesk(drills.office.oncall), drills=drills.desk
    ) as where:
        yield Shell(where, capsys)


@pytest.fixture
def drills(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Drills:
    return Drills(monkeypatch, tmp_path)


def test_what_would_be_done_is_said_and_nothing_is(
    drills: Drills, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell(drills, tmp_path, capsys) as anna:
        told = anna.type("drill", "--dry-run", "--client", "icmp").splitlines()
    assert told[0] == "pair web, asked on lb01"
    assert told[1] == "1. lb01 stops keepalived: VI_1 moves to lb02; then it starts it again"
    assert "maintenance: none; the drill opens one for " in "\n".join(told)
    assert "messages: anna" in told
    assert drills.plan().window.own  # nothing is under way


def test_without_a_terminal_it_wants_yes(
    drills: Drills, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with shell(drills, tmp_path, capsys) as anna:
        assert main(["drill", "--client", "icmp", "--socket", str(anna.where.socket_path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "it wants a confirmation" in err


def test_another_word_than_the_name_is_no_confirmation(
    drills: Drills, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return "yes\n"

    monkeypatch.setattr("sys.stdin", Terminal())
    with shell(drills, tmp_path, capsys) as anna:
        assert main(["drill", "--client", "icmp", "--socket", str(anna.where.socket_path)]) == 2
    told = capsys.readouterr()
    assert told.out.endswith("Type VI_1 to begin: ")
    assert told.err == "hawatch: drill: not confirmed; nothing was done\n"
    assert drills.plan().window.own


def test_a_client_that_gets_no_answer_now_could_lose_nothing(
    drills: Drills, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell(drills, tmp_path, capsys) as anna:
        told = anna.complains("drill", "--yes", "--client", "tcp://127.0.0.1:1")
    assert told.endswith("tcp://127.0.0.1:1: gets no answer now, before anything is done")


def test_a_refusal_is_the_agent_s_own_line(
    drills: Drills, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drills.office.clock.now += 1
    drills.office.allow("lb01", STOP)
    with shell(drills, tmp_path, capsys) as anna:
        assert "lb01: start-keepalived is not allowed there" in anna.complains("drill", "--yes")
        assert "no virtual router is called 'VI_7'" in anna.complains("drill", "VI_7", "--yes")


@pytest.mark.parametrize(
    "words",
    [
        ("--last", "--stop"),
        ("--dry-run", "--observe", "5s"),
        ("--expect", "steady"),
        ("--away", "0s"),
        ("--away", "soon"),
        ("--observe", "0"),
        ("A", "B"),
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_a_usage_error(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", *words, "--socket", str(tmp_path / "none.sock")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_without_an_agent_there_is_nothing_to_drill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ((), ("--last",), ("--stop",), ("--observe", "1s")):
        assert main(["drill", *words, "--socket", str(tmp_path / "none.sock")]) == 3
        assert "no agent is running here" in capsys.readouterr().err


def test_the_last_one_is_shown_and_can_be_had_as_json(
    drills: Drills, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell(drills, tmp_path, capsys) as anna:
        assert "no drill is known" in anna.complains("drill", "--last")
        name = drills.begin()
        drills.office.wait(drills.desk.end(name, REPORT.encode(report(id=name))))
        assert anna.type("drill", "--last").startswith(f"# Drill {name}: passed\n")
        plain: dict[str, Any] = json.loads(anna.type("drill", "--last", "--json"))
        assert REPORT.decode(plain) == report(id=name)


def test_nonsense_on_the_socket_is_answered_in_one_line(drills: Drills, tmp_path: Path) -> None:
    from hawatch.cli.agent_socket import look_up, tell_agent
    from hawatch.errors import HawatchError

    with served(
        drills.office.picture, tmp_path, desk=FrontDesk(drills.office.oncall), drills=drills.desk
    ) as at:
        for path, wish in (
            ("/api/v1/drills/plan", {}),
            ("/api/v1/drills/plan", {"away": "long"}),
            ("/api/v1/drills/plan", {"away": True}),
            ("/api/v1/drills/plan", {"away": 60, "instance": 7}),
            ("/api/v1/drills", {"away": 1e9}),
            ("/api/v1/drills/x/back", {}),
            ("/api/v1/drills/x/next", {}),
            ("/api/v1/drills/x/end", {"report": {"id": 1}}),
        ):
            with pytest.raises(HawatchError) as told:
                tell_agent(at.socket_path, path, wish)
            assert "\n" not in str(told.value)
        with pytest.raises(HawatchError, match="no such drill"):
            look_up(at.socket_path, "/api/v1/drills/x")
