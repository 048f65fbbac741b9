"""Common moments: what is done every second is done at one waking, and a wait ends without an exception."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch import moments
from hawatch.agent.rhythm import follow_advertisements
from hawatch.moments import CLOSELY_AFTER, STEP, Phase, set_within, until_moment
from hawatch.picture import draw
from tests.story import Story, master, standby

GUARD = 30.0


def test_those_who_sleep_for_the_same_period_wake_at_the_same_moment() -> None:
    async def story() -> list[float]:
        loop = asyncio.get_running_loop()

        async def sleeper(after: float) -> float:
            await asyncio.sleep(after)
            await asyncio.sleep(until_moment(0.2))
            return loop.time()

        return await asyncio.gather(*(sleeper(number * 0.01) for number in range(6)))

    woke = asyncio.run(story())
    # Who came in the second half of a period sleeps through the first moment: there are two at the most.
    assert len({round(at / 0.2, 1) % 1 for at in woke}) == 1


@given(st.floats(min_value=0.01, max_value=3600.0))
def test_the_next_common_moment_is_half_a_period_away_at_least_and_one_and_a_half_at_most(
    every: float,
) -> None:
    async def story() -> float:
        return until_moment(every)

    assert 0.49 * every <= asyncio.run(story()) <= 1.51 * every


def rounds(phase: Phase, *, interval: float, seconds: float) -> tuple[list[float], list[float]]:
    """When somebody who works once a second does so, and what came in that rhythm; all of it is followed."""
    came = [100.0 + 0.37 + number * interval for number in range(int(seconds / interval))]
    worked, waiting = [100.0 + phase.until(1.0, 100.0)], list(came)
    while waiting:
        at = waiting.pop(0)
        while worked[-1] < at:
            worked.append(worked[-1] + phase.until(1.0, worked[-1] + 1e-4) + 1e-4)
        phase.follow(at)
    return worked, came


@given(st.floats(min_value=0.0, max_value=1.0), st.sampled_from([0.1, 0.25, 0.5, 1.0, 1.0003, 2.0, 3.0]))
def test_moments_draw_near_to_what_comes_in_a_rhythm_and_stay_closely_after_it(
    begin: float, interval: float
) -> None:
    worked, came = rounds(Phase(begin), interval=interval, seconds=60.0)
    last = worked[-4]
    late = [last - CLOSELY_AFTER - at for at in came if abs(last - at) <= max(1.0, interval)]
    assert min(abs(each - round(each)) for each in late) < 0.001


@given(
    st.floats(min_value=0.0, max_value=1.0),
    st.floats(min_value=0.05, max_value=5.0),
)
def test_who_works_once_a_second_does_so_however_the_moments_move(begin: float, interval: float) -> None:
    worked, _ = rounds(Phase(begin), interval=interval, seconds=30.0)
    apart = [after - before for before, after in itertools.pairwise(worked)]
    assert all(1.0 - 2 * STEP - 1e-3 <= each <= 1.0 + 2 * STEP + 1e-3 for each in apart)


@pytest.mark.parametrize(("begin", "owner"), [(master, "lb01"), (standby, "lb01")])
def test_owner_and_standby_follow_the_owner_s_advertisements(
    begin: Callable[[], Story], owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    phase = Phase(0.5)
    monkeypatch.setattr(moments, "_PHASE", phase)
    story = begin()
    for _ in range(12):
        story.wait(1)
        story.advert(owner)
        follow_advertisements(draw(story.judge, story.now + 0.3))
    heard_at = story.now
    assert phase.until(1.0, heard_at - 0.9) == pytest.approx(0.9 + CLOSELY_AFTER)


def test_a_wait_ends_when_the_event_is_set_or_the_time_is_over() -> None:
    async def story() -> bool:
        event = asyncio.Event()
        await set_within(event, 0.001)
        assert event.is_set()
        event.clear()
        asyncio.get_running_loop().call_soon(event.set)
        async with asyncio.timeout(GUARD):
            await set_within(event, 2 * GUARD)
        return event.is_set()

    assert asyncio.run(story())
