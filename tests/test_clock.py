from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch import clock
from hawatch.clock import Clock


def test_monotonic_and_wall_read_the_kernels_clocks() -> None:
    before, wall_before = time.monotonic(), time.time()
    assert before <= clock.monotonic() <= time.monotonic()
    assert wall_before - 1 <= clock.wall() <= time.time() + 1


def test_boottime_never_lags_behind_monotonic() -> None:
    before = time.monotonic()
    assert clock.boottime() >= before - 1


def test_a_fresh_clock_maps_wall_time_to_monotonic_time() -> None:
    relation = Clock.now()
    assert relation.to_monotonic(time.time()) == pytest.approx(time.monotonic(), abs=1)


@given(offset=st.floats(min_value=-1e6, max_value=3e9), at=st.floats(min_value=0, max_value=1e9))
def test_there_and_back_is_the_same_time(offset: float, at: float) -> None:
    relation = Clock(wall_minus_monotonic=offset)
    assert relation.to_monotonic(relation.to_wall(at)) == pytest.approx(at, abs=1e-5)


def test_dates_are_in_utc() -> None:
    relation = Clock(wall_minus_monotonic=1_000_000_000.0)
    moment = relation.to_datetime(5.5)
    assert moment == datetime(2001, 9, 9, 1, 46, 45, 500_000, tzinfo=UTC)
    assert moment.utcoffset() == timedelta(0)
