"""`hawatch maintenance`, `silence`, `test-message` and `phone` against a real desk behind a real server."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hawatch.cli import main
from hawatch.cli.columns import width
from hawatch.cli.incident_text import local_time
from hawatch.cli.phone_text import BubbleLook
from hawatch.config import Config
from hawatch.config.oncall import Channel, ChannelKind, Contact, Way
from hawatch.desk.records import Heard
from hawatch.incident import State
from hawatch.notification.message import Message
from hawatch.notification.mute import Mute, Scope
from hawatch.verdict import VerdictKind
from tests import snapshots
from tests.desks import Office, Shell, live, shell_of
from tests.test_cli_incidents import LOGIN, ask
from tests.test_incident import THREE

PHONE = Channel(name="phone", kind=ChannelKind.PHONE)
TWO = Config(
    channels=(PHONE,),
    contacts=(
        Contact(name="anna", ways=(Way(channel="phone", to="anna"),)),
        Contact(name="bo", language="zh", ways=(Way(channel="phone", to="bo"),)),
    ),
)


def at(hour: int, minute: int) -> str:
    return local_time(f"2026-11-22T{hour:02}:{minute:02}:00.000Z")


# --- maintenance and silence ----------------------------------------------------------------------


def test_maintenance_is_put_into_force_for_a_time_and_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(monkeypatch)
    with shell_of(office, tmp_path, capsys) as shell:
        told = shell.type("maintenance", "30m", "--reason", "kernel update")
        assert told.splitlines() == [
            f"maintenance until {at(3, 30)}, by {LOGIN}: kernel update",
            "  split_brain, conflict and no_owner are told all the same",
        ]
        (mute,) = office.oncall.ledger.all(Mute)
        assert (mute.scope, mute.until, mute.everything) == (Scope.MAINTENANCE, THREE + 1800, False)
        assert shell.type("maintenance", "1h", "--all", "--as", LOGIN).splitlines() == [
            f"maintenance until {at(4, 0)}, by {LOGIN}",
            "  nothing at all is told",
        ]
        assert shell.type("maintenance", "end") == "the maintenance is over\n"
        (mute,) = office.oncall.ledger.all(Mute)
        assert not mute.holds(office.clock.wall())
        assert shell.complains("maintenance", "end") == "hawatch: there is no maintenance now"
        line = shell.complains("maintenance", "--reason", "no time")
        assert line == "hawatch: maintenance: for how long? such as 30m"


def test_what_is_muted_is_shown_as_the_status_tells_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(monkeypatch)
    with shell_of(office, tmp_path, capsys) as shell:
        assert shell.type("maintenance") == "no maintenance\n"
    office.picture = replace(
        snapshots.steady(), maintenance=snapshots.MAINTENANCE, silences=(snapshots.SILENCE,)
    )
    with shell_of(office, tmp_path, capsys) as shell:
        shown = shell.type("maintenance").splitlines()
    assert shown == [
        f"maintenance until {local_time('2026-06-01T03:40:00.000Z')}, by anna: kernel update",
        "  split_brain, conflict and no_owner are told all the same",
        f"silence of VI_2 until {local_time('2026-06-01T00:30:00.000Z')}, by bob",
    ]


def test_in_maintenance_a_failover_is_told_to_nobody_and_a_split_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(monkeypatch)
    with shell_of(office, tmp_path, capsys) as shell:
        shell.type("maintenance", "1h")
        office.say(VerdictKind.FAILOVER, snapshots.failover("lb01"))
        office.after(600)
        assert list(office.oncall.ledger.all(Message)) == []
        office.split()
        assert [each.occasion for each in office.oncall.ledger.all(Message)] == ["first"]


def test_a_virtual_router_or_a_cause_is_silenced_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(monkeypatch)
    with shell_of(office, tmp_path, capsys) as shell:
        assert shell.type("silence", "VI_1", "1h") == f"silence of VI_1 until {at(4, 0)}, by {LOGIN}\n"
        told = shell.type("silence", "clock_skew", "1d", "--reason", "ntp is being moved")
        assert told.endswith(f", by {LOGIN}: ntp is being moved\n")
        assert {(each.scope, each.subject) for each in office.oncall.ledger.all(Mute)} == {
            (Scope.INSTANCE, "VI_1"),
            (Scope.CAUSE, "clock_skew"),
        }
        for name, hint in (
            ("VI_l", ", did you mean VI_1?"),
            ("clok_skew", ", did you mean clock_skew?"),
            ("x", ""),
        ):
            line = shell.complains("silence", name, "1h")
            assert line == f"hawatch: no virtual router and no cause is called '{name}'{hint}"
        assert shell.type("silence", "VI_1", "end") == "VI_1 is told of again\n"
        assert shell.complains("silence", "VI_1", "end") == "hawatch: VI_1 is not silenced now"


def test_a_later_word_is_later_even_from_a_node_whose_clock_is_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(monkeypatch)
    with shell_of(office, tmp_path, capsys) as shell:
        shell.type("maintenance", "1h")
        (ours,) = office.oncall.ledger.all(Mute)
        office.clock.now -= 10
        shell.type("maintenance", "end")
        (ended,) = office.oncall.ledger.all(Mute)
    assert ended.progress > ours.progress
    assert office.oncall.ledger.merge(ours) is False


# --- test messages --------------------------------------------------------------------------------


def test_every_way_of_a_person_is_tried_and_none_waits_for_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(name: str, code: int) -> Channel:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho 'it says {code}' >&2; exit {code}\n")
        path.chmod(0o755)
        return Channel(name=name, kind=ChannelKind.SCRIPT, command=(str(path),))

    channels = (script("busy", 75), script("broken", 70), script("well", 0), PHONE)
    ways = tuple(Way(channel=each.name, to="anna") for each in channels)
    office = Office(monkeypatch, Config(channels=channels, contacts=(Contact(name="anna", ways=ways),)))
    with live(office, tmp_path, capsys) as shell:
        lines = shell.ends(1, "test-message", "anna").splitlines()
    assert [line.split()[0] for line in lines] == ["busy", "broken", "well", "phone"]
    assert "failed for now, tried again later: " in lines[0]
    assert "it says 75" in lines[0]
    assert "FAILED: " in lines[1]
    assert lines[2:] == ["well anna    delivered", "phone anna   delivered"]
    texts = {each.text for each in office.oncall.ledger.all(Message)}
    assert texts == {"[hawatch web] Test from lb01: messages reach you. Nothing to do"}


def test_all_through_is_exit_code_0_and_a_stranger_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with live(Office(monkeypatch, TWO), tmp_path, capsys) as shell:
        assert shell.type("test-message", "bo") == "phone bo  delivered\n"
        line = shell.complains("test-message", "carl")
        assert line == "hawatch: no contact is called 'carl' (known: anna, bo)"


def test_a_gateway_that_says_nothing_is_waited_for_and_then_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell_of(Office(monkeypatch, TWO), tmp_path, capsys) as shell:
        told = shell.ends(1, "test-message", "bo", "--wait", "1s")
    assert told == "phone bo  stored; nothing has tried to send it yet\n"


# --- the phone in the terminal --------------------------------------------------------------------


def phone(shell: Shell, typed: str, *words: str) -> str:
    """What the phone prints while this comes through the pipe on standard input."""
    reading, writing = os.pipe()
    os.write(writing, typed.encode())
    os.close(writing)
    with os.fdopen(reading) as pipe, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", pipe)
        return shell.type("phone", *words)


def test_the_phone_shows_the_message_takes_the_answer_and_shows_what_came_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(monkeypatch)
    office.split()
    with live(office, tmp_path, capsys) as shell:
        (page,) = phone(shell, "", "--once").splitlines()
        code = page.partition("=ack")[0].rpartition(" ")[2]
        shown = phone(shell, f"{code}\n\n  \nwhat?", "oncall").splitlines()
    time = at(3, 0)[5:17]
    assert shown[0] == page
    assert f"{time}00 < [hawatch web] SPLIT BRAIN VI_1" in page
    assert shown[1].endswith(f" > {code}")
    assert f" < [hawatch web] {code} is yours: " in shown[2]
    assert shown[3].endswith(" > what?")
    assert "Not understood" in shown[4]
    assert office.oncall.open[0].state is State.ACKNOWLEDGED
    assert office.oncall.open[0].acknowledged_by == "oncall"


def test_each_phone_has_its_own_messages_and_whose_it_is_must_be_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(monkeypatch, TWO)
    office.split()
    with shell_of(office, tmp_path, capsys) as shell:
        assert shell.complains("phone") == "hawatch: whose phone? (anna, bo)"
        line = "hawatch: 'carl' has no phone in the terminal (known: anna, bo)"
        assert shell.complains("phone", "carl") == line
        chinese = phone(shell, "", "bo")
        english = phone(shell, "", "anna")
    assert "SPLIT BRAIN" in english
    assert "SPLIT BRAIN" not in chinese
    assert "VI_1" in chinese


def test_a_text_from_another_host_cannot_move_the_cursor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(monkeypatch)
    office.split()
    with live(office, tmp_path, capsys) as shell:
        assert "\x1b" not in phone(shell, "\x1b[2J?\n")


@pytest.mark.parametrize(
    "body", [b"{}", b'{"text": 47}', b'{"text": "\\ud800"}', b'{"text": "' + b"4" * 1001 + b'"}']
)
def test_what_could_not_be_stored_is_no_answer(
    body: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(monkeypatch)
    with shell_of(office, tmp_path, capsys) as shell:
        assert ask(shell.where.port, "POST", "/api/v1/phone/oncall", body)[0] == 400
    assert list(office.oncall.ledger.all(Heard)) == []


def bubble(text: str, *, typed: bool = False) -> dict[str, Any]:
    return {"id": "1", "time": "2026-11-22T03:00:00.000Z", "node": "lb01", "typed": typed, "text": text}


def test_bubbles_are_as_wide_at_every_line_in_chinese_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = (
        "[hawatch web] 脑裂 VI_1 192.168.136.100，lb01+lb02同时持有。回47确认，47 2=降级lb02，47 0=详情" * 2
    )
    lines = BubbleLook().show(bubble(text)).splitlines()
    assert len({width(line) for line in lines}) == 1
    assert width(lines[0]) <= 60
    mine = BubbleLook().show(bubble("47 2", typed=True)).splitlines()
    assert {width(line) for line in mine} == {80}
    assert mine[1].split() == ["│", "47", "2", "│"]


def test_a_terminal_without_unicode_gets_plain_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    first, *_ = BubbleLook().show(bubble("47")).splitlines()
    assert first.startswith("+- ")


def test_every_new_command_explains_itself_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("act", "silence", "maintenance", "test-message", "phone"):
        assert main([name, "--help"]) == 0
        assert f"example:\n  hawatch {name}" in capsys.readouterr().out
