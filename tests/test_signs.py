"""Since when a trouble could have been known: the first sign that each verdict tells, or none."""

from __future__ import annotations

from typing import Any

import pytest

from hawatch import evidence as ev
from hawatch.verdict import Severity
from hawatch.wire.report import DaemonState
from tests.story import Story, master, standby
from tests.test_judge_paths import echoes


def took(story: Story, verdict: str) -> object:
    """Seconds from the first sign to the only verdict of this kind; None: no sign was known."""
    (change,) = [each for each in story.changes if each.verdict.kind.value == verdict]
    return None if change.sign is None else pytest.approx(change.at - change.sign)


def test_a_split_between_agents_counts_from_the_second_hold_though_it_was_told_later() -> None:
    story = master()
    story.wait(0.26)
    story.report("lb02", held=True, for_seconds=0.26)
    assert took(story, "split_brain") == 0.26


def test_a_split_seen_from_outside_counts_from_the_second_owners_first_advertisement() -> None:
    story = master(agents=False)
    story.advert("lb02")
    story.wait(0.01)
    story.advert("lb01")
    story.wait(0.99)
    story.advert("lb02")
    assert took(story, "split_brain") == 1.0


def test_a_split_proved_by_a_superior_advertisement_counts_from_that_advertisement() -> None:
    story = standby(agents=False)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.wait(0.5)
    story.advert("lb01")
    story.wait(0.26)
    assert story.rule == "SB3-outranked"
    assert 0.25 < story.changes[-1].at - (story.changes[-1].sign or 0.0) < 0.27


def test_a_split_that_was_there_before_the_agent_is_not_counted() -> None:
    story = Story("lb01")
    story.holds(True)
    story.wait(0.5)
    story.report("lb02", held=True, for_seconds=60.0)
    assert took(story, "split_brain") is None, "nobody knows how long both have had it"


def test_a_failover_counts_from_the_former_owners_last_advertisement() -> None:
    story = standby(agents=False)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.probed(control="lb01", control_count=0)
    assert took(story, "failover") == 3.7, "the round ends a tenth of a second after it was asked"


def test_a_switchover_counts_from_the_resignation() -> None:
    story = standby()
    story.wait(0.2)
    story.advert("lb01", 0)
    story.report("lb01", held=False, ready=False, daemon=DaemonState.DEAD)
    story.wait(0.61)
    story.advert("lb02")
    story.holds(True)
    assert took(story, "switchover") == 0.61


def test_a_vip_without_an_owner_counts_from_when_the_last_one_let_go() -> None:
    story = standby()
    story.advert("lb01", 0)
    gone = story.now
    story.report("lb01", held=False, ready=False, daemon=DaemonState.DEAD)
    story.keepalived(DaemonState.DEAD)
    for _ in range(10):
        story.wait(0.5)
        story.report("lb01", held=False, ready=False, daemon=DaemonState.DEAD)
        story.probed(control="lb01")
    (change,) = story.changes
    assert (change.verdict.kind.value, change.sign) == ("no_owner", gone)


def test_a_conflict_counts_from_the_strangers_first_packet() -> None:
    story = master()
    stranger: dict[str, Any] = {
        "src": "10.0.0.77",
        "src_mac": "02:00:00:00:00:77",
        "addresses": ("10.0.0.200",),
    }
    story.advert("lb03", **stranger)
    story.wait(1.0)
    story.advert("lb03", **stranger)
    assert took(story, "conflict") == 1.0


def test_a_stranger_that_answers_for_the_vip_counts_from_his_first_answer() -> None:
    stranger = "02:00:00:00:00:77"
    story = standby()
    story.probed("lb01", stranger, control="lb01")
    story.wait(0.3)
    story.probed("lb01", stranger, control="lb01")
    assert took(story, "conflict") == 0.4


def test_a_cut_cable_is_known_at_once() -> None:
    story = master()
    story.wait(0.5)
    story.tell_carrier(up=False)
    assert took(story, "isolated") == 0.0


def test_a_peer_that_died_counts_from_its_last_sign_of_life() -> None:
    story = master(agents=False)
    last = max(member.sign_of_life_at() for member in story.judge.situation.node.members.members)
    for _ in range(6):
        story.wait(1.0)
        story.advert("lb01")
        story.echo("lb02", replied=False)
        story.gateway(replied=True)
        story.probed(control="lb02", control_count=0)
    assert "degraded" in story.verdicts
    change = next(each for each in story.changes if each.verdict.kind.value == "degraded")
    assert change.sign == last


def test_why_a_standby_cannot_take_over_has_no_date_and_is_not_counted() -> None:
    story = master()
    for _ in range(3):
        story.wait(1.0)
        story.advert("lb01")
        story.report("lb02", held=False, ready=False)
    assert story.rule == "DG3-no-standby"
    assert took(story, "degraded") is None


def test_a_node_that_lives_out_of_reach_counts_from_the_first_question_it_missed() -> None:
    story = master(agents=False)
    story.echo("lb02", replied=True, link="cable")
    for _ in range(2):
        echoes(story, lan=False, cable=True)
        story.advert("lb01")
        story.wait(0.9)
    first = story.now
    for _ in range(3):
        story.probed(control="lb02", control_count=0)
        story.wait(0.3)
        echoes(story, lan=False, cable=True)
        story.wait(0.7)
        story.advert("lb01")
    (change,) = story.changes
    assert change.verdict.kind.value == "split_brain_suspected"
    assert change.sign is not None
    assert first <= change.sign <= first + 0.2


def test_what_is_well_or_undecided_has_no_sign() -> None:
    story = Story("lb01")
    story.holds(True)
    for _ in range(8):
        story.advert("lb01")
        story.report("lb02", held=False)
        story.wait(1.0)
    assert "steady" in story.verdicts
    good = [each for each in story.changes if each.verdict.severity in (Severity.OK, Severity.UNKNOWN)]
    assert good == story.changes
    assert all(each.sign is None for each in story.changes)


def test_a_sign_is_never_later_than_its_verdict() -> None:
    story = standby()
    for started in range(3):
        story.wait(3.7)
        story.tell(ev.Tick(at=story.now))
        story.advert("lb02")
        story.holds(True)
        story.probed(control="lb01", control_count=0)
        story.adverts("lb02", 2)
        story.advert("lb01")
        story.holds(False)
        story.adverts("lb01", started + 1)
    assert any(each.sign is not None for each in story.changes)
    assert all(each.sign is None or each.sign <= each.at for each in story.changes)
