"""Common moments: what is done every second is done at one waking, and a wait ends without an exception."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from hawatch.moments import set_within, until_moment

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
