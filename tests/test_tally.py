from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.tally import DETECTION_BOUNDS, NO_DETECTIONS, NOTIFICATION_BOUNDS, empty


def test_what_took_exactly_a_bound_counts_under_it() -> None:
    tally = empty((0.5, 1.0)).with_one(0.5).with_one(1.0).with_one(1.001)
    assert (tally.counts, tally.cumulative, tally.count) == ((1, 1, 1), (1, 2, 3), 3)
    assert tally.seconds == pytest.approx(2.501)


def test_a_clock_that_was_set_back_adds_no_negative_time() -> None:
    tally = NO_DETECTIONS.with_one(-3.0)
    assert (tally.counts[0], tally.count, tally.seconds) == (1, 1, 0.0)


def test_the_bounds_ascend() -> None:
    for bounds in (DETECTION_BOUNDS, NOTIFICATION_BOUNDS):
        assert list(bounds) == sorted(set(bounds))


@given(st.lists(st.floats(min_value=0.0, max_value=100.0)))
def test_every_bucket_counts_what_took_at_most_its_bound(times: list[float]) -> None:
    tally = NO_DETECTIONS
    for each in times:
        tally = tally.with_one(each)
    told = dict(zip((*DETECTION_BOUNDS, float("inf")), tally.cumulative, strict=True))
    assert told == {bound: sum(each <= bound for each in times) for bound in told}
    assert tally.seconds == pytest.approx(sum(times))
