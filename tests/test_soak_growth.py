"""What the soak calls growth, and what it does not."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.soak.growth import MOST_THREADS, Sample, faults, growth, table

MOST = 1000


def samples(resident: list[float], descriptors: int = 30) -> list[Sample]:
    return [
        Sample(
            at=10.0 * n, resident=int(each), descriptors=descriptors, threads=4, journal=n, processor=float(n)
        )
        for n, each in enumerate(resident)
    ]


def test_noise_around_one_value_is_no_growth() -> None:
    noise = random.Random(7)
    assert faults([samples([1e8 + noise.uniform(-2e6, 2e6) for _ in range(100)])], MOST) == []


def test_what_fills_at_the_beginning_and_stays_is_no_growth() -> None:
    assert faults([samples([5e7 + 2e6 * min(n, 25) for n in range(100)])], MOST) == []


def test_a_leak_is_found_and_told_as_a_share() -> None:
    leaking = samples([1e8 + 2e5 * n for n in range(100)])
    assert growth(leaking, lambda each: each.resident) == pytest.approx(2e5 * 74 / 1.05e8, rel=1e-6)
    assert faults([leaking], MOST) == ["memory grew by 14.1% in stretch 1 of 1"]


def test_what_the_first_storm_fills_is_no_growth_and_what_the_second_leaves_is() -> None:
    before, after, once_more = (samples([level] * 40) for level in (9e7, 12e7, 15e7))
    assert faults([before, after, after], MOST) == []
    assert faults([before, after, once_more], MOST) == ["storm 2 left 25.0% more memory taken"]


def test_more_threads_than_there_can_be_are_found() -> None:
    found = [replace(each, threads=MOST_THREADS + 1) for each in samples([1e8] * 40)]
    assert faults([found], MOST) == [f"there were {MOST_THREADS + 1} threads, {MOST_THREADS} are the most"]


def test_one_descriptor_that_is_never_closed_again_and_again_is_found() -> None:
    found = [
        Sample(at=float(n), resident=10**8, descriptors=30 + n // 20, threads=4, journal=0, processor=0.0)
        for n in range(100)
    ]
    assert [each.split(" by ")[0] for each in faults([found], MOST)] == ["descriptors grew"]


def test_a_journal_beyond_its_bound_is_found() -> None:
    assert faults([samples([1e8] * 100)], 98) == ["the journal took 99 bytes, 98 are the most"]


def test_too_few_samples_say_nothing() -> None:
    with pytest.raises(ValueError, match="too few"):
        faults([samples([1e8] * 9)], MOST)


def test_the_table_begins_and_ends_with_the_run() -> None:
    lines = table(samples([1e8] * 100)).splitlines()
    assert lines[1].split()[0] == "0.0"
    assert lines[-1].split()[0] == "16.5"
