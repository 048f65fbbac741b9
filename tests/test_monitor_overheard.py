"""What people do in a monitoring tool, and what that means here; and a Nagios that cannot be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hawatch.desk.records import Answered
from hawatch.incident import EntryKind, State
from hawatch.mirror.mark import Mark
from hawatch.verdict import VerdictKind
from tests.mirrored import BLIND, Mirrored, Service
from tests.phones import LB01, LB02, MINUTE, SKEW

K = VerdictKind


@pytest.fixture
def mirrored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Mirrored]:
    made = Mirrored(monkeypatch, tmp_path)
    yield made
    made.night.close()


# --- what is seen there ---------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ["icinga", "nagios"])
def test_a_person_who_acknowledges_there_has_acknowledged_here_and_in_the_others(
    mirrored: Mirrored, tool: str
) -> None:
    mirrored.split()
    there = mirrored.tools[tool]
    assert isinstance(there, Service)
    there.by_person("carl")
    mirrored.passes(5)
    kind = "icinga2" if tool == "icinga" else "nagios"
    who = f"carl ({kind})"
    assert mirrored.states() == {(State.ACKNOWLEDGED, who)}
    assert there.asked == [], "what came from a tool is not sent back to it"
    others = [each for each in (mirrored.icinga, mirrored.nagios) if each is not there]
    assert [each.mark.author for each in others if each.mark] == [who]
    assert [mark.author for mark in mirrored.alerts.marks] == [who]
    mirrored.must_come_to_rest()
    there.end()
    mirrored.passes(5)
    assert mirrored.states() == {(State.OPEN, None)}
    mirrored.must_show(None)
    mirrored.must_come_to_rest()


def test_a_persons_silence_is_an_acknowledgement_and_is_left_to_the_person(mirrored: Mirrored) -> None:
    mirrored.split()
    name = mirrored.alerts.by_person("dora", "VI_1")
    mirrored.passes(5)
    assert mirrored.states() == {(State.ACKNOWLEDGED, "dora (alertmanager)")}
    assert mirrored.alerts.asked == []
    assert mirrored.icinga.shown() is not None
    mirrored.released()
    assert mirrored.icinga.shown() is None
    assert list(mirrored.alerts.silences) == [name]
    mirrored.passes(30)
    assert mirrored.states() == {(State.OPEN, None)}
    mirrored.acknowledged("anna")
    assert list(mirrored.alerts.silences) == [name], "the alert is silent already"
    mirrored.alerts.end(name)
    mirrored.passes(5)
    mirrored.must_show("anna")


def test_the_end_of_a_persons_silence_gives_it_back(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.alerts.by_person("dora", "VI_1", until=mirrored.alerts.now + MINUTE)
    mirrored.passes(5)
    assert mirrored.states() == {(State.ACKNOWLEDGED, "dora (alertmanager)")}
    mirrored.passes(MINUTE)
    assert mirrored.states() == {(State.OPEN, None)}
    mirrored.must_show(None)


def test_a_silence_of_something_else_or_from_before_acknowledges_nothing(mirrored: Mirrored) -> None:
    mirrored.alerts.by_person("dora", "VI_1")
    mirrored.passes(70)
    mirrored.split()
    mirrored.alerts.by_person("carl", "VI_9")
    mirrored.passes(10)
    assert mirrored.states() == {(State.OPEN, None)}


def test_one_of_ours_that_somebody_ends_there_is_given_back_here(mirrored: Mirrored) -> None:
    for tool in (mirrored.icinga, mirrored.nagios, mirrored.alerts):
        mirrored.split()
        mirrored.acknowledged()
        if isinstance(tool, Service):
            tool.end()
        else:
            tool.end(next(iter(tool.silences)))
        mirrored.passes(5)
        assert mirrored.states() == {(State.OPEN, None)}
        mirrored.must_show(None)
        (entry,) = [entry for entry in mirrored.night.lb01.only.timeline if entry.kind is EntryKind.RELEASED]
        assert entry.who.startswith("somebody (")
        mirrored.heals()
        mirrored.passes(20)


def test_what_a_tool_has_lost_is_made_again(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.alerts.silences.clear()  # it kept nothing over a restart
    mirrored.nagios.mark, mirrored.nagios.started = None, mirrored.nagios.now
    mirrored.icinga.becomes(problem=False)  # and this one saw a moment of peace
    mirrored.icinga.becomes(problem=True)
    mirrored.passes(5)
    mirrored.must_show("anna")
    assert mirrored.states() == {(State.ACKNOWLEDGED, "anna")}


def test_a_person_who_acknowledged_something_smaller_has_not_taken_what_came_after(
    mirrored: Mirrored,
) -> None:
    mirrored.night.says(K.FAILOVER)
    mirrored.icinga.becomes(problem=True)
    mirrored.passes(5)
    mirrored.icinga.by_person("carl")
    mirrored.passes(5)
    assert mirrored.states() == {(State.ACKNOWLEDGED, "carl (icinga2)")}
    mirrored.split()
    assert mirrored.states() == {(State.OPEN, None)}
    assert mirrored.icinga.shown() is None, "or the tool would tell nobody of the split"


def test_a_clock_that_is_behind_in_the_tool_does_not_make_an_acknowledgement_old(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.icinga.by_person("carl", since=mirrored.icinga.now - 10 * MINUTE)
    mirrored.passes(5)
    assert mirrored.states() == {(State.ACKNOWLEDGED, "carl (icinga2)")}


def test_one_acknowledgement_there_is_taken_once_whatever_is_restarted(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.icinga.by_person("carl")
    mirrored.passes(3)
    mirrored.restart(LB01)
    mirrored.restart(LB02)
    mirrored.passes(20)
    assert [each.who for each in mirrored.oncall(LB02).ledger.all(Answered)] == ["carl (icinga2)"]


def test_an_acknowledgement_there_moves_nothing(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.icinga.by_person("carl; 47 2")
    mirrored.passes(10)
    assert mirrored.night.runs == []
    assert [desk.deeds() for desk in mirrored.night] == [[], []]


# --- Nagios that cannot be looked at --------------------------------------------------------------


def test_without_a_look_it_is_told_again_and_taken_back_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = Mirrored(monkeypatch, tmp_path, BLIND)
    try:
        made.night.says(K.SPLIT_BRAIN)
        made.passes(2)
        made.acknowledged()
        assert made.blind.shown() is None, "Nagios has not looked yet, and forgets it"
        made.blind.becomes(problem=True)
        made.passes(70)
        assert made.blind.shown() is not None
        assert made.blind.shown() == "anna"
        made.blind.asked.clear()
        made.released()
        assert made.blind.shown() is None
        assert made.blind.kinds == ["Unacknowledge"]
        made.passes(10 * MINUTE)
        assert made.blind.kinds == ["Unacknowledge"]
    finally:
        made.night.close()


def test_a_warning_beside_it_is_an_incident_like_any_other(mirrored: Mirrored) -> None:
    mirrored.night.says(K.STEADY, SKEW)
    mirrored.icinga.becomes(problem=True)
    mirrored.passes(3)
    mirrored.acknowledged()
    assert mirrored.icinga.shown() is not None


def test_what_somebody_wrote_there_is_taken_over_in_one_short_line(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.icinga.mark = Mark(
        id="\ud800" * 5000, author="c\narl\x1b[31m" * 50, text="x\r\n" * 5000, since=mirrored.icinga.now
    )
    mirrored.passes(5)
    (answer,) = mirrored.oncall(LB02).ledger.all(Answered)
    assert answer.who.startswith("c arl [31mc arl")
    for told in (answer.who, answer.text, answer.id):
        assert told.isprintable()
        assert len(told) <= 200
    assert {state for state, _ in mirrored.states()} == {State.ACKNOWLEDGED}
