"""Which advertisements were on the wire and reached no socket, however many are told in one."""

from __future__ import annotations

from dataclasses import replace

from hawatch import evidence as ev
from hawatch.situation.delivery import ENOUGH, Runs, note_on_wire
from tests.story import ADDRESSES, master

LB02 = ADDRESSES["lb02"]


def on_the_wire(first_at: float, at: float, count: int) -> ev.AdvertisementHeard:
    """So many advertisements of lb02, told in one."""
    story = master()
    heard: list[ev.AdvertisementHeard] = []
    story.tell = heard.append  # type: ignore[method-assign, assignment]
    story.advert("lb02")
    return replace(heard[0], first_at=first_at, at=at, count=count)


def test_of_several_of_which_none_was_delivered_all_count() -> None:
    runs: Runs = {}
    note_on_wire(runs, on_the_wire(10.0, 13.0, 4), delivered_at=9.0)
    assert (runs[LB02].count, runs[LB02].first_at, runs[LB02].enough_at) == (4, 10.0, 13.0)


def test_of_several_of_which_some_were_delivered_the_last_alone_counts() -> None:
    runs: Runs = {}
    note_on_wire(runs, on_the_wire(10.0, 13.0, 4), delivered_at=12.0)
    assert (runs[LB02].count, runs[LB02].first_at, runs[LB02].enough_at) == (1, 13.0, None)


def test_those_that_come_after_it_undelivered_make_it_a_run() -> None:
    runs: Runs = {}
    note_on_wire(runs, on_the_wire(10.0, 13.0, 4), delivered_at=12.0)
    note_on_wire(runs, on_the_wire(14.0, 14.0, 1), delivered_at=12.0)
    assert runs[LB02].count == ENOUGH
    assert runs[LB02].enough_at == 14.0


def test_the_last_of_several_that_was_delivered_ends_the_run() -> None:
    runs: Runs = {}
    note_on_wire(runs, on_the_wire(10.0, 10.0, 1), delivered_at=None)
    note_on_wire(runs, on_the_wire(11.0, 14.0, 4), delivered_at=14.0)
    assert runs == {}
