"""What tools show of an acknowledgement made here, when it is undone there, and what becomes of it in trouble."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hawatch.incident import EntryKind, State
from hawatch.mirror.silences import LASTS
from hawatch.verdict import VerdictKind
from tests.mirrored import Mirrored
from tests.phones import HOUR, LB01, LB02, MINUTE

K = VerdictKind


@pytest.fixture
def mirrored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Mirrored]:
    made = Mirrored(monkeypatch, tmp_path)
    yield made
    made.night.close()


# --- what is done there ---------------------------------------------------------------------------


def test_an_acknowledgement_stands_in_every_tool_by_one_node_and_a_release_undoes_it(
    mirrored: Mirrored,
) -> None:
    mirrored.split()
    mirrored.must_show(None)
    mirrored.acknowledged(via=LB02)
    mirrored.must_show("anna")
    assert {node for tool in mirrored.tools.values() for node, _ in tool.asked} == {LB01}
    mirrored.must_come_to_rest()
    mirrored.released()
    mirrored.must_show(None)
    assert mirrored.states() == {(State.OPEN, None)}
    mirrored.must_come_to_rest()


def test_the_comment_names_the_incident_and_who_took_it_and_the_silence_the_virtual_router(
    mirrored: Mirrored,
) -> None:
    mirrored.split()
    mirrored.acknowledged()
    name = mirrored.night.lb01.only.name
    for mark in (mirrored.icinga.mark, *mirrored.alerts.marks):
        assert mark is not None
        assert mark.text.endswith(f"] {name}: split_brain VI_1, acknowledged by anna")
    ((_, instances),) = mirrored.alerts.silences.values()
    assert instances == ("VI_1",)


def test_who_takes_over_stands_there_instead(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged("anna")
    mirrored.acknowledged("bo", via=LB02)
    mirrored.must_show("bo")
    assert mirrored.states() == {(State.ACKNOWLEDGED, "bo")}
    mirrored.must_come_to_rest()


def test_the_end_ends_the_silence_and_the_tools_drop_what_they_show(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.icinga.asked.clear()
    mirrored.heals()
    mirrored.passes(3)
    assert len(mirrored.alerts.silences) == 1, "its alerts end a little later"
    mirrored.passes(20)
    mirrored.must_show(None)
    assert mirrored.states() == set()
    assert mirrored.icinga.kinds == []
    assert not any(
        entry.kind is EntryKind.RELEASED for desk in mirrored.night for entry in desk.oncall.all()[0].timeline
    )


def test_a_new_trouble_right_after_the_end_is_silenced_by_nothing(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.heals()
    mirrored.split()
    mirrored.must_show(None)
    assert mirrored.states() == {(State.OPEN, None)}


def test_a_tool_that_does_not_drop_it_after_the_end_is_told_to(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.night.heals()  # the tool goes on to show a problem, such as a move of late
    mirrored.passes(100)
    assert mirrored.icinga.shown() is not None
    mirrored.passes(120)
    assert mirrored.icinga.shown() is None
    assert mirrored.nagios.shown() is None


def test_what_got_worse_is_acknowledged_nowhere(mirrored: Mirrored) -> None:
    mirrored.night.says(K.FAILOVER)
    mirrored.icinga.becomes(problem=True)
    mirrored.nagios.becomes(problem=True)
    mirrored.passes(2)
    mirrored.acknowledged()
    mirrored.must_show("anna")
    mirrored.split()
    mirrored.must_show(None)
    assert mirrored.states() == {(State.OPEN, None)}


def test_a_second_incident_opens_the_service_again_until_both_are_taken(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.passes(30)
    for desk in mirrored.night:
        desk.words["VI_2"] = (K.NO_OWNER, ())
    mirrored.night.settle()
    mirrored.passes(3)
    assert mirrored.icinga.shown() is None
    assert mirrored.nagios.shown() is None
    assert [mark.author for mark in mirrored.alerts.marks] == ["anna"]
    second = next(each for each in mirrored.night.lb01.open if "VI_2" in each.instances)
    mirrored.night.run(mirrored.oncall(LB01).acknowledge(second.id, "bo"))
    mirrored.passes(3)
    assert mirrored.icinga.shown() is not None
    assert mirrored.icinga.shown() == "bo"
    assert mirrored.icinga.mark is not None
    assert all(each.name in mirrored.icinga.mark.text for each in mirrored.night.lb01.open)
    assert sorted(mark.author for mark in mirrored.alerts.marks) == ["anna", "bo"]
    mirrored.must_come_to_rest()


def test_a_snooze_ends_in_every_tool_when_it_ends_here(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.snoozed(5 * MINUTE)
    mirrored.must_show("anna")
    until = mirrored.night.lb01.only.snoozed_until
    assert mirrored.icinga.shown() is not None
    assert mirrored.icinga.mark is not None
    assert mirrored.icinga.mark.until == until
    assert mirrored.alerts.marks[0].until == until
    mirrored.passes(5 * MINUTE)
    mirrored.must_show(None)
    assert {
        entry.who for entry in mirrored.night.lb01.only.timeline if entry.kind is EntryKind.RELEASED
    } == set()


def test_a_silence_is_bounded_and_renewed_while_the_acknowledgement_stands(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    (first,) = mirrored.alerts.silences
    mirrored.passes(HOUR, step=5.0)
    assert list(mirrored.alerts.silences) == [first]
    (mark,) = mirrored.alerts.marks
    assert mark.until is not None
    assert 0 < mark.until - mirrored.alerts.now <= LASTS
    for desk in mirrored.night:
        desk.alive = False
    mirrored.night.now += LASTS
    assert mirrored.alerts.see().silences == ()


# --- when something fails -------------------------------------------------------------------------


def test_the_other_node_does_it_when_the_first_does_not_reach_the_tool(mirrored: Mirrored) -> None:
    mirrored.split()
    for tool in mirrored.tools.values():
        tool.unreachable.add(LB01)
    mirrored.acknowledged()
    mirrored.passes(5)
    mirrored.must_show("anna")
    assert {node for tool in mirrored.tools.values() for node, _ in tool.asked} == {LB02}


def test_a_tool_that_is_down_gets_the_newest_wish_and_delays_no_other(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.icinga.unreachable = {LB01, LB02}
    mirrored.acknowledged("anna")
    assert mirrored.nagios.shown() is not None
    mirrored.released()
    mirrored.acknowledged("bo")
    mirrored.passes(2 * MINUTE)
    mirrored.icinga.unreachable.clear()
    mirrored.passes(MINUTE)
    mirrored.must_show("bo")
    assert mirrored.icinga.kinds == ["Acknowledge"]
    views = {each.name: each for each in mirrored.oncall(LB01).monitors.view()}
    failed = dict(views["icinga"].requests)["failed"]
    assert 5 <= failed <= 40, "with growing pauses"
    assert views["icinga"].problem is None


def test_a_tool_that_takes_it_and_does_not_show_it_is_asked_again_with_growing_pauses(
    mirrored: Mirrored,
) -> None:
    mirrored.split()
    mirrored.icinga.deaf = True
    mirrored.acknowledged()
    mirrored.passes(2 * MINUTE)
    assert 3 <= sum(node == LB01 for node, _ in mirrored.icinga.asked) <= 12
    problem = {each.name: each.problem for each in mirrored.oncall(LB01).monitors.view()}["icinga"]
    assert problem == "https://icinga:5665: what it took does not show there"
    mirrored.icinga.deaf = False
    mirrored.passes(MINUTE)
    mirrored.must_show("anna")


def test_a_tool_that_learns_of_the_trouble_later_is_told_then(mirrored: Mirrored) -> None:
    mirrored.night.split()
    mirrored.acknowledged()
    assert mirrored.icinga.kinds == []
    mirrored.passes(MINUTE)
    mirrored.icinga.becomes(problem=True)
    mirrored.passes(3)
    assert mirrored.icinga.kinds == ["Acknowledge"]


@pytest.mark.parametrize("node", [LB01, LB02])
def test_what_was_made_before_a_kill_is_undone_after_it(mirrored: Mirrored, node: str) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.restart(LB01)
    if node == LB02:
        mirrored.night.lb01.alive = False
        mirrored.night.settle()
    mirrored.passes(20)
    mirrored.must_show("anna")
    mirrored.released(via=node)
    mirrored.passes(3)
    mirrored.must_show(None)


def test_a_kill_between_the_note_and_the_deed_makes_it_once(mirrored: Mirrored) -> None:
    mirrored.split()
    for tool in mirrored.tools.values():
        tool.unreachable = {LB01, LB02}
    mirrored.night.run(mirrored.oncall(LB01).acknowledge(mirrored.night.lb01.only.id, "anna"))
    mirrored.passes(3)
    mirrored.restart(LB01)
    for tool in mirrored.tools.values():
        tool.unreachable.clear()
    mirrored.passes(20)
    mirrored.must_show("anna")
    assert mirrored.nagios.kinds == ["Acknowledge"]
    assert mirrored.states() == {(State.ACKNOWLEDGED, "anna")}


def test_two_that_cannot_talk_do_not_undo_what_the_other_made(mirrored: Mirrored) -> None:
    mirrored.night.cannot_talk()
    mirrored.split()
    mirrored.acknowledged(via=LB02)
    mirrored.passes(MINUTE)
    mirrored.must_show("anna")
    assert mirrored.states() == {(State.OPEN, None), (State.ACKNOWLEDGED, "anna")}
    mirrored.night.can_talk()
    mirrored.passes(5)
    mirrored.must_show("anna")
    assert mirrored.states() == {(State.ACKNOWLEDGED, "anna")}
    mirrored.released()
    mirrored.must_show(None)


def test_nothing_is_looked_at_often_while_nothing_is_open(mirrored: Mirrored) -> None:
    before = mirrored.icinga.looks
    mirrored.passes(10 * MINUTE)
    assert mirrored.icinga.looks - before <= 11


def test_a_tool_whose_clock_is_ahead_does_not_end_a_snooze_early(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.snoozed(5 * MINUTE)
    mirrored.passes(4.5 * MINUTE)
    mirrored.icinga.deaf, mirrored.icinga.mark = True, None
    mirrored.passes(5)
    assert mirrored.states() == {(State.SNOOZED, "anna")}
