"""What comes in a burst goes out as two: the first at once, all the others together."""

from __future__ import annotations

import asyncio

from hawatch.agent.burst import REST_SHARE, Burst
from tests.lab.witness import awaited

GAP = 0.02


@awaited
async def test_the_first_goes_out_at_once_and_fifty_more_together() -> None:
    sent: list[bool] = []
    over = asyncio.Event()

    def send(answer: bool) -> None:
        sent.append(answer)
        if len(sent) == 2:
            over.set()

    burst = Burst(send, GAP)
    burst.ask(answer=False)
    assert sent == [False]
    for number in range(50):
        burst.ask(answer=number == 7)
    assert sent == [False], "the others wait"
    await asyncio.wait_for(over.wait(), 30)
    assert sent == [False, True], "one of them asked for an answer"
    burst.end()


@awaited
async def test_what_was_not_asked_again_is_not_sent_again_and_the_next_goes_out_at_once() -> None:
    sent: list[bool] = []
    burst = Burst(sent.append, GAP)
    burst.ask(answer=True)
    await asyncio.sleep(5 * GAP)
    assert sent == [True]
    burst.ask(answer=False)
    assert sent == [True, False]
    burst.end()


@awaited
async def test_nothing_is_sent_after_the_end() -> None:
    sent: list[bool] = []
    burst = Burst(sent.append, GAP)
    burst.ask(answer=True)
    burst.ask(answer=True)
    burst.end()
    await asyncio.sleep(5 * GAP)
    assert sent == [True]


@awaited
async def test_what_takes_long_to_send_is_sent_more_seldom_than_the_gap() -> None:
    """A report of hundreds of virtual routers must not take all the time there is, here and where it is read."""
    sent: list[float] = []
    loop = asyncio.get_running_loop()
    over = asyncio.Event()

    def send(_answer: bool) -> None:
        began = loop.time()
        while loop.time() < began + GAP:
            pass
        sent.append(began)
        if len(sent) == 2:
            over.set()

    burst = Burst(send, GAP)
    burst.ask(answer=False)
    burst.ask(answer=False)
    await asyncio.wait_for(over.wait(), 30)
    assert sent[1] - sent[0] >= REST_SHARE * GAP
    burst.end()
