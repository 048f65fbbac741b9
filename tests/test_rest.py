"""What only repeats what was known is not judged again at once, while a virtual router is steady."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from hawatch.judge import Standing
from hawatch.situation.saying import repeats, repeats_itself
from hawatch.wire.family import Family
from hawatch.wire.report import (
    DaemonState,
    NodeReport,
    ReportedFinding,
    ReportedRouter,
    ReportedService,
    ReportedSettings,
    ReportedVip,
    ReportedVirtualService,
)
from tests.story import ADDRESSES, MACS, Story, master, standby

SECOND, THIRD = "10.0.0.101", "10.0.0.102"


def at_rest(story: Story | None = None) -> Story:
    """A standby whose owner advertises, reports and answers, for long enough that nothing is open any more."""
    story = story or standby(vips=("10.0.0.100", SECOND, THIRD))
    go_on(story, 8)
    assert story.verdict.value == "steady"
    assert story.findings == ()
    return story


def go_on(story: Story, seconds: int) -> None:
    """So many seconds of peace, and the next advertisement."""
    for _ in range(seconds):
        story.advert("lb01")
        story.report("lb01", True, for_seconds=story.now)
        all_asked(story)
        story.wait(1.0)
    story.advert("lb01")


def all_asked(story: Story, *answering: str) -> None:
    for vip in story.vips:
        story.probed(*(answering or ("lb01",)), control="lb01", vip=vip)


def judged(story: Story) -> Standing:
    """What stands; another object after each judging."""
    return story.judge.standing["VI_1"]


def test_a_report_that_follows_an_advertisement_and_says_nothing_new_is_not_judged() -> None:
    story = at_rest()
    before = judged(story)
    story.now += 0.005
    story.report("lb01", True, for_seconds=story.now)
    assert judged(story) is before


def test_it_is_remembered_all_the_same() -> None:
    story = at_rest()
    story.now += 0.005
    story.report("lb01", True, for_seconds=story.now)
    (member,) = story.judge.situation.node.members.members
    assert member.report_at == story.now


def test_half_an_interval_later_it_is_judged() -> None:
    story = at_rest()
    before = judged(story)
    story.now += 0.51
    story.report("lb01", True, for_seconds=story.now)
    assert judged(story) is not before


@pytest.mark.parametrize(
    "news",
    [
        {"held": False},
        {"held": None},
        {"for_seconds": 0.2},
        {"daemon": DaemonState.FROZEN},
        {"ready": False},
        {"priority": 42},
        {"heard_age": 5.0},
        {"clock_offset": 40.0},
        {"leaving": True},
    ],
)
def test_what_is_new_in_a_report_is_judged_at_once(news: dict[str, Any]) -> None:
    story = at_rest()
    before = judged(story)
    for _ in range(3 if "clock_offset" in news else 1):
        story.now += 0.005
        said = {"held": True, "for_seconds": story.now} | news
        story.report("lb01", **said)
    assert judged(story) is not before


def test_a_hold_that_overlaps_with_ours_is_proved_though_the_report_repeats_itself() -> None:
    story = master()
    story.report("lb02", True, for_seconds=0.3)
    assert story.verdict.value == "split_brain"


def test_an_agent_that_tells_of_its_own_want_of_processor_time_rests_all_the_same() -> None:
    story = at_rest()
    story.tell_late(1.5)
    go_on(story, 3)
    assert [(each.cause.value, each.severity.value) for each in story.findings] == [("blind", "info")]
    before = judged(story)
    story.now += 0.005
    story.report("lb01", True, for_seconds=story.now)
    assert judged(story) is before


def test_where_something_was_found_nothing_rests() -> None:
    story = at_rest()
    story.report("lb01", True, for_seconds=story.now, daemon=DaemonState.FROZEN)
    assert story.findings
    before = judged(story)
    story.now += 0.005
    story.report("lb01", True, for_seconds=story.now, daemon=DaemonState.FROZEN)
    assert judged(story) is not before


def test_of_answers_that_fit_the_owner_the_last_one_is_judged_for_all() -> None:
    story = at_rest()
    story.now += 0.6
    story.judge.situation.routers["VI_1"].inquiry.probed_at = story.now
    before = judged(story)
    story.now += 0.01
    for vip in story.vips[:2]:
        story.probed("lb01", control="lb01", vip=vip)
        assert judged(story) is before
    story.probed("lb01", control="lb01", vip=story.vips[2])
    assert judged(story) is not before


def test_an_answer_of_nobody_is_judged_at_once() -> None:
    story = at_rest()
    story.judge.situation.routers["VI_1"].inquiry.probed_at = story.now
    before = judged(story)
    story.now += 0.01
    story.probed(control="lb01", vip=story.vips[0])
    assert judged(story) is not before


def test_an_answer_for_what_we_hold_is_judged_at_once_and_the_second_proves_the_split() -> None:
    story = master()
    story.probed("lb02", control="lb02")
    story.now += 0.3
    story.probed("lb02", control="lb02")
    assert story.verdict.value == "split_brain"


def test_answers_at_rest_that_find_the_same_are_not_judged_again() -> None:
    story = at_rest()
    before = judged(story)
    story.now += 0.01
    all_asked(story)
    assert judged(story) is before


# --- what counts as the same ----------------------------------------------------------------------

SAID = ReportedRouter(
    vrid=51,
    family=Family.IPV4,
    configured_priority=150,
    advertised_priority=150,
    vips=(
        ReportedVip(address="10.0.0.100", held=True, for_seconds=60.0),
        ReportedVip(address=SECOND, held=True, for_seconds=60.0),
    ),
    advertising=True,
    heard_priority=100,
    heard_age=0.4,
    ready=True,
    delivered_age=0.4,
)
OTHERWISE: dict[str, Any] = {
    "configured_priority": 140,
    "advertised_priority": 140,
    "vips": SAID.vips[:1],
    "advertising": None,
    "heard_priority": None,
    "heard_age": 2.5,
    "ready": None,
    "advert_interval": 2.0,
    "delivered_age": None,
    "settings": ReportedSettings(version=2, auth_type="none", auth_fingerprint=None, destination="unicast"),
    "findings": (ReportedFinding(cause="blind", severity="warning", summary="it sees nothing"),),
    "virtual_services": (ReportedVirtualService(name="tcp", make="0" * 8, servers="0" * 8, usable=1),),
    "all_virtual_services": False,
}
NAMES = ("vrid", "family")


def test_every_field_of_a_word_is_looked_at() -> None:
    assert set(OTHERWISE) | set(NAMES) == {each.name for each in fields(ReportedRouter)}


@pytest.mark.parametrize("field", OTHERWISE)
def test_a_word_with_another_field_is_news(field: str) -> None:
    assert not repeats(SAID, replace(SAID, **{field: OTHERWISE[field]}))


def test_ages_and_holds_that_go_on_are_no_news() -> None:
    later = replace(
        SAID,
        vips=tuple(replace(vip, for_seconds=vip.for_seconds + 1.0) for vip in SAID.vips),
        heard_age=0.9,
        delivered_age=0.1,
    )
    assert repeats(SAID, later)


def test_a_hold_that_began_anew_is_news() -> None:
    anew = (SAID.vips[0], replace(SAID.vips[1], for_seconds=0.5))
    assert not repeats(SAID, replace(SAID, vips=anew))


@pytest.mark.parametrize(
    ("before", "after", "same"), [(11.0, 12.0, True), (9.5, 10.5, False), (0.5, 2.5, False)]
)
def test_how_long_ago_somebody_was_heard_is_news_until_it_is_long_ago(
    before: float, after: float, same: bool
) -> None:
    assert repeats(replace(SAID, heard_age=before), replace(SAID, heard_age=after)) is same


NODE = NodeReport(node="lb01", routers=(), addresses=(ADDRESSES["lb01"],), macs=(MACS["lb01"],))
NODE_OTHERWISE: dict[str, Any] = {
    "node": "lb09",
    "addresses": (),
    "macs": (),
    "daemon": DaemonState.DEAD,
    "leaving": True,
    "expected_return": 10.0,
    "version": "9",
    "going_down": True,
    "services": (ReportedService(name="web", up=False),),
}


def test_every_field_about_a_node_is_looked_at_but_its_hour_and_the_slice() -> None:
    apart = {"routers", "wall_time", "slice_number", "slices"}
    assert set(NODE_OTHERWISE) | apart == {each.name for each in fields(NodeReport)}


@pytest.mark.parametrize("field", NODE_OTHERWISE)
def test_another_word_about_the_node_is_news(field: str) -> None:
    assert not repeats_itself(NODE, replace(NODE, **{field: NODE_OTHERWISE[field]}))


def test_the_first_word_about_a_node_is_news_and_its_repetition_is_not() -> None:
    assert not repeats_itself(None, NODE)
    assert repeats_itself(NODE, replace(NODE, wall_time=1.7e9))


# --- questions ------------------------------------------------------------------------------------


def test_while_something_is_open_everywhere_a_thousand_questions_a_second_are_asked_at_the_most() -> None:
    story = standby(vips=tuple(f"10.0.0.{number}" for number in range(100, 120)))
    node, inquiry = story.judge.situation.node, story.judge.situation.routers["VI_1"].inquiry
    assert node.hurried == {}
    story.advert("lb01", priority=0)
    story.wait(0.01)
    assert node.hurried == {"VI_1": 20}
    node.hurried |= {f"another {number}": 20 for number in range(254)}
    story.wait(0.01)
    story.advert("lb01", priority=0)
    assert inquiry.due_at is not None
    assert inquiry.probed_at is not None
    assert inquiry.due_at - inquiry.probed_at == pytest.approx(255 * 20 / 1000)


def test_who_has_an_owner_again_is_in_a_hurry_no_more() -> None:
    story = standby()
    story.advert("lb01", priority=0)
    story.wait(0.01)
    assert "VI_1" in story.judge.situation.node.hurried
    for _ in range(12):
        story.advert("lb01")
        story.report("lb01", True)
        story.probed("lb01", control="lb01")
        story.wait(1.0)
    assert "VI_1" not in story.judge.situation.node.hurried
