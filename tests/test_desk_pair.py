"""Two desks and one trouble: who tells, who takes over, and what people did stands on both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.codes import Code
from hawatch.config.oncall import Way
from hawatch.incident import EntryKind, State
from hawatch.notification.message import Message
from hawatch.verdict import VerdictKind
from tests.phones import (
    ANNA,
    BO,
    HOUR,
    LB01,
    LB02,
    MINUTE,
    START,
    STOP,
    Night,
    config,
    options,
)

K = VerdictKind


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with Night(monkeypatch) as night:
        yield night


def writers(night: Night) -> set[str]:
    """The nodes that have written messages."""
    return {each.node for desk in night for each in desk.messages}


def assert_alike(night: Night) -> None:
    """Both desks say the same of the one incident that is open."""
    one, other = night.lb01.only, night.lb02.only
    assert (one.name, one.names, one.state) == (other.name, other.names, other.state)
    assert (one.acknowledged_by, one.snoozed_until) == (other.acknowledged_by, other.snoozed_until)


def test_both_see_one_incident_under_one_name_and_the_first_tells(night: Night) -> None:
    night.split().passes(HOUR)
    assert_alike(night)
    assert night.lb01.only.name == night.lb01.only.id
    assert writers(night) == {LB01}


def test_a_gateway_that_fails_for_good_leaves_the_telling_to_the_other_at_once(night: Night) -> None:
    night.passes(5)
    night.lb01.gateways = {"sms": "dead"}
    night.split().passes(1)
    night.phone("anna").must_read("SPLIT BRAIN", "says lb02")
    night.phone("bo").must_read("裂脑")
    night.passes(10 * MINUTE)
    night.phone("anna").must_be_silent()
    night.phone("anna").replies("{code}")
    assert_alike(night)
    assert night.lb01.only.state is State.ACKNOWLEDGED


def test_a_gateway_that_hangs_is_given_three_quarters_of_a_minute(night: Night) -> None:
    night.lb01.gateways = {"sms": "hung"}
    night.split().passes(44)
    night.phone("anna").must_be_silent()
    night.passes(2)
    night.phone("anna").must_read("SPLIT BRAIN", "says lb02")
    night.lb01.gateways = {}
    night.passes(14 * MINUTE)
    assert "says lb01" in night.phone("anna").must_read("SPLIT BRAIN")
    night.phone("anna").must_be_silent()


def test_an_agent_that_goes_silent_before_it_got_through_is_not_waited_for(night: Night) -> None:
    night.lb01.gateways = {"sms": "hung"}
    night.split().passes(5)
    night.lb01.alive = False
    night.settle()
    night.phone("anna").must_read("SPLIT BRAIN", "says lb02")


def test_an_agent_that_is_alone_tells_by_itself(night: Night) -> None:
    night.lb01.alive = False
    night.says(K.SPLIT_BRAIN, on=LB02)
    night.passes(1)
    night.phone("anna").must_read("SPLIT BRAIN", "says lb02")


def test_two_that_cannot_talk_both_tell_with_codes_that_never_meet(night: Night) -> None:
    night.cannot_talk().split().passes(2)
    texts = night.phone("anna").unread()
    assert [("says lb01" in each, "says lb02" in each) for each in texts] == [(True, False), (False, True)]
    codes = [each for desk in night for each in desk.oncall.ledger.all(Code)]
    assert {each.number % 2 for each in codes if each.node == LB01} == {0}
    assert {each.number % 2 for each in codes if each.node == LB02} == {1}


@pytest.mark.parametrize("via", [LB01, LB02])
@pytest.mark.parametrize("whose", [LB01, LB02])
def test_after_healing_one_reply_to_either_stands_on_both(night: Night, via: str, whose: str) -> None:
    night.cannot_talk().split().passes(2)
    numbers = {
        each.node: each.number
        for desk in night
        for each in desk.oncall.ledger.all(Code)
        if each.person == "anna"
    }
    night.can_talk().passes(2)
    night.phone("anna").unread()
    night.phone("anna").replies(f"{numbers[whose]}", via=via)
    night.phone("anna").must_read(f"{numbers[whose]} is yours")
    assert_alike(night)
    assert night.lb01.only.acknowledged_by == "anna"
    night.passes(29 * MINUTE)
    night.phone("anna").must_be_silent()


def test_a_reply_to_one_before_they_can_talk_stands_on_both_once_they_can(night: Night) -> None:
    night.cannot_talk().split().passes(2)
    night.phone("anna").replies("{code}", via=night.phone("anna").last_node)
    states = {desk.node: desk.only.state for desk in night}
    assert sorted(states.values()) == [State.ACKNOWLEDGED, State.OPEN]
    night.can_talk().passes(2)
    assert_alike(night)
    assert night.lb01.only.state is State.ACKNOWLEDGED


def test_a_release_and_a_snooze_stand_on_both(night: Night) -> None:
    night.split()
    night.phone("anna").replies("{code}", via=LB02)
    night.phone("bo").replies("{code} 9", via=LB01)
    assert_alike(night)
    assert night.lb02.only.state is State.OPEN
    night.passes(5)
    night.phone("bo").replies("{code} 30分钟", via=LB02)
    assert_alike(night)
    assert night.lb01.only.state is State.SNOOZED


def test_answers_that_come_in_another_order_mean_the_same_on_both(night: Night) -> None:
    night.split().cannot_talk()
    night.phone("anna").replies("{code}", via=LB01)
    night.passes(5)
    night.phone("bo").replies("{code} 30m", via=LB02)
    night.passes(5)
    night.can_talk().passes(2)
    assert_alike(night)
    assert (night.lb01.only.state, night.lb01.only.acknowledged_by) == (State.SNOOZED, "bo")


def test_a_release_that_came_too_late_does_not_give_back_what_another_took_since(night: Night) -> None:
    night.split()
    night.phone("anna").replies("{code}", via=LB01)
    night.cannot_talk()
    night.phone("anna").replies("{code} 9", via=LB01)
    night.passes(5)
    night.phone("bo").replies("{code}", via=LB02)
    night.passes(5)
    night.can_talk().passes(3)
    assert_alike(night)
    assert night.lb01.only.acknowledged_by == "bo"


def test_who_took_a_smaller_trouble_has_not_taken_the_split_although_the_news_came_late(night: Night) -> None:
    night.says(K.FAILOVER).cannot_talk()
    night.run(night.lb01.oncall.acknowledge(night.lb01.only.id, "anna"))
    night.passes(10)
    night.split().passes(10)
    night.can_talk().passes(3)
    assert_alike(night)
    assert night.lb02.only.state is State.OPEN


def test_an_answer_given_in_a_snooze_counts_although_the_other_node_hears_of_both_after_its_end(
    night: Night,
) -> None:
    night.split().cannot_talk()
    night.phone("bo").replies("{code} 1m", via=LB01)
    night.passes(30)
    night.phone("anna").replies("{code}", via=LB01)
    night.passes(60)
    night.can_talk().passes(3)
    assert_alike(night)
    assert night.lb02.only.acknowledged_by == "anna"


def test_an_acknowledgement_that_races_the_end_does_not_undo_it(night: Night) -> None:
    night.split().cannot_talk()
    night.phone("anna").replies("{code}", via=LB02)
    night.heals()
    assert night.lb01.open == night.lb02.open == ()
    night.can_talk().passes(3)
    assert [each.state for each in night.lb01.oncall.all()] == [State.RESOLVED]
    night.phone("anna").unread()
    night.phone("anna").replies("{code}", via=LB01)
    night.phone("anna").must_read("{code} is over")
    assert night.lb01.open == ()


def test_the_end_is_told_by_one_node_and_not_while_the_other_still_sees_trouble(night: Night) -> None:
    night.split()
    night.phone("anna").must_read("SPLIT BRAIN")
    night.says(K.STEADY, on=LB01)
    night.passes(10)
    night.phone("anna").must_be_silent()
    night.says(K.STEADY, on=LB02)
    night.passes(20)
    night.phone("anna").must_read("OVER")
    night.passes(60)
    night.phone("anna").must_be_silent()


def test_the_end_that_the_second_sees_first_is_told_once_too(night: Night) -> None:
    night.split()
    night.phone("anna").must_read("SPLIT BRAIN")
    night.says(K.STEADY, on=LB02)
    night.passes(10)
    night.says(K.STEADY, on=LB01)
    night.passes(20)
    night.phone("anna").must_read("OVER")
    night.phone("anna").must_be_silent()


def test_two_that_could_not_talk_and_both_told_do_not_go_on_both_once_they_can(night: Night) -> None:
    night.cannot_talk().split().passes(5)
    night.can_talk().passes(5)
    for name in ("anna", "bo"):
        night.phone(name).unread()
    night.passes(15 * MINUTE, step=1.0)
    assert len(night.phone("anna").unread()) == 1
    night.heals().passes(20)
    night.phone("anna").must_read("OVER")
    night.phone("anna").must_be_silent()


def test_an_answer_to_what_is_over_takes_nothing_new_that_looks_like_it(night: Night) -> None:
    night.split()
    night.post = False
    night.phone("anna").replies("{code}", via=LB01)
    night.phone("bo").replies("{code}", via=LB02)
    night.heals()
    night.split().passes(1)
    assert [(desk.only.state, len(desk.only.names)) for desk in night] == [(State.OPEN, 1)] * 2
    night.post = True
    night.passes(3)
    assert_alike(night)
    assert (night.lb01.only.state, len(night.lb01.only.names)) == (State.OPEN, 2)


def test_an_old_trouble_of_a_node_that_is_gone_keeps_no_new_one_from_being_told(night: Night) -> None:
    night.split()
    night.phone("anna").unread()
    night.lb02.alive = False
    night.says(K.STEADY, on=LB01)
    night.passes(2 * HOUR)
    night.phone("anna").unread()
    night.says(K.NO_OWNER, on=LB01)
    night.passes(15)
    night.phone("anna").must_read("] NO OWNER", "{code}=ack")
    assert len(night.lb01.only.names) == 1


def test_a_trouble_that_only_the_other_had_and_ended_unheard_is_not_the_new_one(night: Night) -> None:
    night.says(K.SPLIT_BRAIN, on=LB02)
    night.passes(5)
    night.cannot_talk()
    night.says(K.STEADY, on=LB02)
    night.passes(10)
    night.phone("anna").unread()
    night.post = False
    night.can_talk()
    night.says(K.NO_OWNER, on=LB01)
    night.passes(15)
    night.post = True
    night.passes(3)
    assert len(night.lb01.only.names) == 1
    night.phone("anna").must_read("] NO OWNER")


def test_a_trouble_that_ended_elsewhere_unheard_keeps_no_new_one_from_being_told(night: Night) -> None:
    night.nobody().passes(12)
    night.phone("anna").unread()
    night.cannot_talk()
    night.heals().passes(60)
    night.phone("anna").unread()
    night.post = False
    night.can_talk()
    night.nobody().passes(2)
    night.post = True
    night.passes(15)
    night.phone("anna").must_read("NO OWNER")
    assert len(night.lb01.only.names) == 2


@pytest.mark.parametrize("node", [LB01, LB02])
def test_an_agent_that_is_started_again_in_the_middle_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, node: str
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        for each in (LB01, LB02):
            night.allows(each, STOP, START)
        for what in ("split", "{code}", "{code} 2", "{nonce}", "heals"):
            if what == "split":
                night.split()
            elif what == "heals":
                night.heals()
            else:
                night.phone("anna").replies(what, via=node)
            night.phone("anna").unread()
            night.phone("bo").unread()
            before = [each.oncall.all() for each in night]
            night.desks[node].restart()
            night.settle()
            night.passes(20 if what == "heals" else 3)
            night.phone("anna").must_be_silent()
            night.phone("bo").must_be_silent()
            after = [each.oncall.all() for each in night]
            if what != "heals":
                assert [e.state for e in before[0]] == [e.state for e in after[0]]
        assert night.runs == [(LB02, "stop-keepalived")]


def test_an_agent_that_is_started_again_before_its_peer_s_ends_nothing_until_that_is_heard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        night.split().passes(2)
        night.phone("anna").unread()
        night.unheard = "none"
        night.lb02.alive = False
        night.lb01.restart()
        night.heals()
        night.passes(60)
        night.phone("anna").must_be_silent()
        assert night.lb01.only.state is State.OPEN
        night.passes(120)
        night.phone("anna").must_read("OVER")


def test_a_message_is_stored_before_it_is_sent_and_sent_after_a_crash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        night.lb02.alive = False
        night.lb01.gateways = {"sms": "hung"}
        night.split()
        night.lb01.restart()
        night.lb01.gateways = {}
        night.passes(2)
        night.phone("anna").must_read("SPLIT BRAIN")
        night.phone("anna").must_be_silent()


def test_the_timeline_of_both_keeps_every_reply_verbatim_and_who_was_told(night: Night) -> None:
    night.split()
    night.phone("anna").replies("  {code}. ", via=LB02)
    night.passes(3)
    for desk in night:
        kinds = {(kind, who) for kind, who, _ in desk.story(desk.only)}
        assert {(EntryKind.TOLD, "anna"), (EntryKind.TOLD, "bo")} < kinds
        texts = [text for kind, _, text in desk.story(desk.only) if kind is EntryKind.REPLIED]
        assert texts == [f"  {night.phone('anna').code}. "]


def test_clocks_that_differ_by_some_seconds_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with Night(monkeypatch, conf=config(ANNA, BO)) as night:
        night.lb02.clock.off = -20.0
        night.split().passes(40)
        night.phone("anna").must_read("SPLIT BRAIN")
        night.phone("anna").must_be_silent()
        night.phone("anna").replies("{code}", via=LB02)
        night.passes(5)
        assert_alike(night)
        assert night.lb01.only.state is State.ACKNOWLEDGED
        night.heals().passes(30)
        assert sum("OVER" in each for each in night.phone("anna").unread()) == 1


def test_a_chain_goes_on_once_although_two_nodes_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    conf = config(ANNA, BO, oncall=options(chain=(("anna",), ("bo",))))
    with Night(monkeypatch, conf=conf) as night:
        night.split().passes(11 * MINUTE, step=1.0)
        night.phone("bo").must_read("他人未应答")
        night.phone("bo").must_be_silent()


def test_a_person_whom_one_node_cannot_reach_is_reached_by_the_other_before_the_next_is_woken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna = replace(ANNA, ways=(Way(channel="satellite", to="anna"),))
    conf = config(anna, BO, oncall=options(chain=(("anna",), ("bo",))))
    with Night(monkeypatch, conf=conf) as night:
        night.lb01.gateways = {"satellite": "dead"}
        night.split().passes(MINUTE)
        night.phone("anna").must_read("SPLIT BRAIN", "says lb02")
        night.phone("bo").must_be_silent()
        assert {each.node for each in night.lb02.oncall.ledger.all(Message)} == {LB01, LB02}
