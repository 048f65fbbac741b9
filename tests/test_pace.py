"""A flood is read at the pace that was configured, however fast it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.observers.sniffer.pace import Pace


def test_a_burst_is_read_at_once_and_what_follows_at_the_pace() -> None:
    pace = Pace(rate=1000, burst=640, portion=64)
    pauses = [pace.spend(64, 5.0) for _ in range(11)]
    assert pauses[:10] == [0.0] * 10
    assert pauses[10] == pytest.approx(0.128)
    assert pace.spend(64, 5.128) == pytest.approx(0.064)
    assert pace.spend(64, 5.128) == pytest.approx(0.128)


def test_in_a_flood_a_reading_that_finds_little_is_no_end_of_it() -> None:
    """Frames that come slightly slower than the pace are told together, and not each alone again."""
    pace, now = Pace(rate=1000, burst=640, portion=64), 5.0
    while not pace.spend(64, now):
        pass
    for _ in range(5):
        now += 0.064
        assert pace.spend(10, now) >= 0.064
    assert pace.spend(0, now + 0.64) == 0.0


def test_after_a_silence_there_is_one_burst_again_and_no_more() -> None:
    pace = Pace(rate=1000, burst=64, portion=64)
    assert pace.spend(128, 0.0) > 0
    assert pace.spend(64, 100.0) == 0.0
    assert pace.spend(64, 100.0) > 0


@given(
    rate=st.integers(100, 20_000),
    portions=st.lists(st.tuples(st.integers(0, 64), st.floats(0, 0.1)), min_size=1, max_size=200),
)
def test_no_more_than_the_pace_is_read_in_any_time(rate: int, portions: list[tuple[int, float]]) -> None:
    pace, now, read = Pace(rate=rate, burst=1024, portion=64), 0.0, 0
    for count, silence in portions:
        read += count
        now += pace.spend(count, now) + silence
        assert read <= 1024 + 64 + rate * now * (1 + 1e-9)
