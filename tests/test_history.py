"""The last hour as lanes: spans in the order of the pictures, without gaps, bounded, and honest about what is lost."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.history import HORIZON, MOST_IN_LANE, MOST_LANES, SEVERAL, History, Lane, LaneKind, Past, Subject
from hawatch.history.keeping import from_text, to_text
from hawatch.history.lane import FEWEST, Mark, Value
from hawatch.picture import draw
from hawatch.snapshot import AdvertiserView, PeerView, RouterView, Snapshot
from hawatch.verdict import VerdictKind
from tests import snapshots
from tests.snapshots import AT, VIP, router, snapshot, verdict
from tests.story import Story

values = st.sampled_from(["steady", "split_brain", "failover", True, False, None])
steps = st.floats(min_value=0.001, max_value=400.0)
stories = st.lists(st.tuples(steps, values), min_size=1, max_size=80)


def told(story: list[tuple[float, Value]], begin: float = 1000.0) -> tuple[Lane, list[Mark]]:
    """A lane to which this was told, and what was told when."""
    lane, at, marks = Lane(), begin, []
    for step, value in story:
        at += step
        lane = lane.turned(at, value)
        marks.append((at, value))
    return lane, marks


def at_moment(marks: list[Mark], moment: float) -> Value:
    return next((value for at, value in reversed(marks) if at <= moment), None)


# --- one lane -------------------------------------------------------------------------------------


@given(stories, st.floats(0, 20_000), st.floats(0.001, 20_000))
def test_spans_cover_what_was_asked_for_without_gaps_and_no_two_neighbours_are_alike(
    story: list[tuple[float, Value]], begin: float, length: float
) -> None:
    lane, marks = told(story)
    spans = list(lane.spans(begin, begin + length))
    assert (spans[0][0], spans[-1][1]) == (begin, begin + length)
    for before, after in pairwise(spans):
        assert before[1] == after[0]
        assert before[2] != after[2]
    for start, end, value in spans:
        assert start < end
        assert at_moment(marks, start) == value


@given(stories, st.integers(FEWEST, 60))
def test_a_folded_lane_is_short_and_says_nothing_false(story: list[tuple[float, Value]], most: int) -> None:
    lane, marks = told(story)
    end = marks[-1][0] + 1.0
    folded = lane.since(end - HORIZON).folded(HORIZON, most)
    assert len(folded.marks) <= most
    assert folded.value == lane.value
    for start, until, value in folded.spans(end - HORIZON, end):
        if value == SEVERAL:
            continue
        within = [mark for mark in marks if start < mark[0] < until]
        assert {at_moment(marks, start), *(each for _, each in within)} == {value}


def test_what_is_new_is_never_folded() -> None:
    lane, _ = told([(1.0, number % 2 == 0) for number in range(MOST_IN_LANE + 1)])
    folded = lane.folded(HORIZON, MOST_IN_LANE)
    quarter = MOST_IN_LANE // 4
    assert folded.marks[-quarter:] == lane.marks[-quarter:]
    assert SEVERAL in {value for _, value in folded.marks}


def test_a_lane_that_flaps_for_hours_stays_short_and_a_quiet_past_stays_exact() -> None:
    lane = Lane().turned(0.0, "steady")
    at = 1500.0
    for number in range(5000):
        at += 0.3
        lane = lane.turned(at, f"V{number % 3}").since(at - HORIZON).folded(HORIZON, MOST_IN_LANE)
        assert len(lane.marks) <= MOST_IN_LANE
    assert next(lane.spans(0.0, at)) == (0.0, 1500.3, "steady")
    assert SEVERAL in {value for _, _, value in lane.spans(0.0, at)}


def test_a_value_may_have_begun_before_the_picture_but_not_before_the_one_before_it() -> None:
    lane = Lane().turned(10.0, True)
    assert lane.turned(20.0, False, 17.0).marks == ((10.0, True), (17.0, False))
    assert lane.turned(20.0, False, 9.0).marks == ((10.0, True), (20.0, False))
    assert lane.turned(20.0, False, 23.0).marks == ((10.0, True), (20.0, False))


# --- pictures -------------------------------------------------------------------------------------


def at(seconds: float, *routers: RouterView, peers: tuple[PeerView, ...] | None = None) -> Snapshot:
    seen = replace(snapshot(*(routers or (router(),))), at=AT + seconds)
    return seen if peers is None else replace(seen, peers=peers)


def lanes(history: History) -> dict[Subject, Lane]:
    past = history.past()
    assert past is not None
    return dict(past.lanes)


def spans(history: History, kind: LaneKind, **fields: object) -> list[tuple[float, float, Value]]:
    past = history.past()
    assert past is not None
    (found,) = (
        lane
        for subject, lane in past.lanes
        if subject.kind is kind and all(getattr(subject, name) == value for name, value in fields.items())
    )
    return [
        (round(start - AT, 3), round(end - AT, 3), value) for start, end, value in found.spans(AT, past.at)
    ]


SPLIT = router(verdict(VerdictKind.SPLIT_BRAIN, "both", age=-5.0), held_by=(("lb01", True), ("lb02", True)))


def test_a_night_is_told_lane_by_lane() -> None:
    history = History()
    history.see(at(0.0))
    history.see(at(5.2, SPLIT))
    silent = PeerView(name="lb02", agent="silent", links=(snapshots.DOWN, snapshots.UNKNOWN))
    history.see(at(9.0, SPLIT, peers=(silent,)))
    history.see(at(10.0, SPLIT, peers=(silent,)))
    assert spans(history, LaneKind.VERDICT) == [(0.0, 5.0, "steady"), (5.0, 10.0, "split_brain")]
    assert spans(history, LaneKind.VIP, node="lb02", vip=VIP) == [(0.0, 5.2, False), (5.2, 10.0, True)]
    assert spans(history, LaneKind.VIP, node="lb01", vip=VIP) == [(0.0, 10.0, True)]
    assert spans(history, LaneKind.AGENT, peer="lb02") == [(0.0, 9.0, "up"), (9.0, 10.0, "silent")]
    assert spans(history, LaneKind.LINK, link="serial") == [(0.0, 9.0, None), (9.0, 10.0, "down")]
    assert spans(history, LaneKind.LINK, link="lan") == [(0.0, 9.0, "up"), (9.0, 10.0, None)]


def test_who_falls_silent_has_been_silent_since_the_last_advertisement() -> None:
    def speaks(seconds: float, heard: bool | None, last: float) -> Snapshot:
        view = AdvertiserView(node="lb02", heard=heard, last_at=AT + last)
        return at(seconds, replace(router(), advertisers=(view,)))

    history = History()
    history.see(speaks(0.0, True, -0.5))
    history.see(speaks(8.0, True, 7.9))
    history.see(speaks(11.5, False, 8.4))
    history.see(speaks(14.0, None, 8.4))
    history.see(speaks(15.0, True, 14.9))
    assert spans(history, LaneKind.ADVERTISER, node="lb02", vrid=51, family="ipv4") == [
        (0.0, 8.4, True),
        (8.4, 14.0, False),
        (14.0, 15.0, None),
    ]


def test_a_picture_that_says_nothing_new_changes_nothing() -> None:
    history = History()
    history.see(at(0.0))
    before = history.changes
    for number in range(1, 50):
        history.see(at(number / 4))
    assert history.changes == before


def test_what_is_watched_no_longer_is_unknown_from_then_on_and_forgotten_after_an_hour() -> None:
    history = History()
    history.see(at(0.0))
    history.see(at(10.0, router(instance="VI_2"), peers=()))
    history.see(at(20.0, router(instance="VI_2"), peers=()))
    assert spans(history, LaneKind.VERDICT, instance="VI_1") == [(0.0, 10.0, "steady"), (10.0, 20.0, None)]
    assert spans(history, LaneKind.AGENT) == [(0.0, 10.0, "up"), (10.0, 20.0, None)]
    history.see(at(10.0 + HORIZON, router(instance="VI_2"), peers=()))
    assert {subject.instance for subject in lanes(history)} == {"VI_2"}


def test_a_virtual_router_that_comes_back_goes_on_in_its_lane() -> None:
    history = History()
    history.see(at(0.0))
    history.see(replace(at(10.0), routers=()))
    history.see(at(20.0, replace(router(), verdict=verdict(VerdictKind.STEADY, "again", age=0.0))))
    history.see(at(30.0))
    assert [value for _, _, value in spans(history, LaneKind.VERDICT)] == ["steady", None, "steady"]


def test_strangers_cannot_fill_the_memory() -> None:
    history = History()
    for number in range(300):
        strangers = tuple(
            PeerView(name=f"10.0.{number}.{each}", agent="none", links=(), hearsay=True) for each in range(50)
        )
        held = tuple((each.name, True) for each in strangers)
        history.see(at(float(number), router(held_by=(("lb01", True), *held)), peers=strangers))
        assert len(lanes(history)) <= MOST_LANES


def test_255_virtual_routers_that_all_flap_stay_within_bounds() -> None:
    history = History()
    seen = History()
    for number in range(60):
        kinds = (VerdictKind.STEADY, VerdictKind.SPLIT_BRAIN)[number % 2]
        routers = [
            replace(router(verdict(kinds, "x", age=-float(number)), instance=f"VI_{vrid}"), vrid=vrid)
            for vrid in range(1, 256)
        ]
        history.see(at(float(number), *routers))
        seen.see(at(0.0, *routers))
    held = lanes(history)
    assert len(held) == 255 * 3 + 2
    assert sum(len(lane.marks) for lane in held.values()) <= MOST_LANES * FEWEST


# --- from one run to the next ---------------------------------------------------------------------


def test_after_a_restart_the_past_is_there_with_a_gap_of_which_nothing_is_known() -> None:
    first = History()
    first.see(at(0.0))
    first.see(at(5.2, SPLIT))
    first.see(at(10.0, SPLIT))
    past = first.past()
    assert past is not None
    # Another boot: the monotonic clock began anew, 30 s of wall time later.
    boot = past.wall_minus_monotonic + AT - 100.0
    second = History()
    second.recall(from_text(to_text(past), boot), at=140.0)
    began = replace(at(0.0), at=141.0, wall_minus_monotonic=boot)
    second.see(replace(began, routers=(router(verdict(VerdictKind.STEADY, "x", age=AT - 140.5)),)))
    second.see(replace(began, at=150.0))
    again = second.past()
    assert again is not None
    (lane,) = (lane for subject, lane in again.lanes if subject.kind is LaneKind.VERDICT)
    assert [
        (round(start - 100, 3), round(end - 100, 3), value) for start, end, value in lane.spans(100.0, 150.0)
    ] == [
        (0.0, 5.0, "steady"),
        (5.0, 10.0, "split_brain"),
        (10.0, 40.5, None),
        (40.5, 50.0, "steady"),
    ]


def test_a_past_that_lies_ahead_because_the_clock_was_set_back_ends_now() -> None:
    lane = Lane().turned(10.0, True).turned(90.0, False)
    history = History()
    subject = Subject(kind=LaneKind.VIP, instance="VI_1", vip=VIP, node="lb01")
    history.recall(
        Past(node="lb01", pair="web", at=100.0, wall_minus_monotonic=0.0, lanes=((subject, lane),)), at=50.0
    )
    history.see(replace(at(0.0), at=60.0))
    assert list(lanes(history)[subject].spans(0.0, 60.0)) == [
        (0.0, 10.0, None),
        (10.0, 50.0, True),
        (50.0, 60.0, None),
    ]


@given(stories, st.floats(-1e9, 1e9))
def test_the_past_survives_being_written_and_read(story: list[tuple[float, Value]], offset: float) -> None:
    lane, marks = told(story)
    subject = Subject(kind=LaneKind.ADVERTISER, instance="VI_1", vrid=51, family="ipv4", node="lb01")
    past = Past(
        node="lb01", pair="web", at=marks[-1][0] + 1, wall_minus_monotonic=offset, lanes=((subject, lane),)
    )
    again = from_text(to_text(past), offset)
    assert again.at == pytest.approx(past.at, abs=0.01)
    ((found, read),) = again.lanes
    assert found == subject
    assert [value for _, value in read.marks] == [value for _, value in lane.marks]
    assert [when for when, _ in read.marks] == pytest.approx([when for when, _ in lane.marks], abs=0.01)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"form":2}',
        '{"form":1,"node":3}',
        "[" * 100_000,
        '{"form":1}',
        '{"form":1,"node":"a","pair":"p","saved_at":1e999,"lanes":[]}',
    ],
)
def test_what_is_no_past_is_said_to_be_none(text: str) -> None:
    with pytest.raises(DecodeError):
        from_text(text, 0.0)


def test_marks_out_of_order_are_refused() -> None:
    text = (
        '{"form":1,"node":"a","pair":"p","saved_at":9.0,"lanes":[{"subject":{"kind":"agent","peer":"b"},'
        '"marks":[[5.0,"up",null],[4.0,"silent",null]]}]}'
    )
    with pytest.raises(DecodeError, match="out of order"):
        from_text(text, 0.0)


# --- who was heard --------------------------------------------------------------------------------


def heard(story: Story) -> dict[str, bool | None]:
    (seen,) = draw(story.judge, story.now).routers
    return {each.node: each.heard for each in seen.advertisers}


def test_an_advertisement_speaks_for_three_intervals_and_the_last_one_is_remembered() -> None:
    story = Story("lb01")
    story.watches("sniffer")
    assert heard(story) == {"lb01": False, "lb02": False}
    story.advert("lb02")
    last = story.now
    story.wait(2.5)  # one was lost
    assert heard(story) == {"lb01": False, "lb02": True}
    story.wait(2.0)
    assert heard(story) == {"lb01": False, "lb02": False}
    (seen,) = draw(story.judge, story.now).routers
    assert [each.last_at for each in seen.advertisers] == [None, last]


def test_who_resigns_is_silent_at_once_and_who_goes_on_is_heard() -> None:
    story = Story("lb01")
    story.watches("sniffer")
    story.advert("lb02")
    story.advert("lb01")
    assert heard(story) == {"lb01": True, "lb02": True}
    story.advert("lb02", 0)
    assert heard(story) == {"lb01": True, "lb02": False}


def test_nobody_is_called_silent_by_a_capture_that_sees_nothing() -> None:
    story = Story("lb01")
    story.watches("sniffer")
    story.advert("lb02")
    story.watches("sniffer", up=False)
    assert heard(story) == {"lb01": None, "lb02": True}
    story.wait(10.0)
    assert heard(story) == {"lb01": None, "lb02": None}
