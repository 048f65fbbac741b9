"""The budget of a serial line, in computed times: nothing here waits."""

from __future__ import annotations

import random

import pytest

from hawatch.wire.serial_pacing import SHARE, Pacing


def drained(
    pacing: Pacing, sizes: list[int], *, until: float, urgent: bool = False
) -> list[tuple[float, int]]:
    """Everything sent as early as the line lets it, as (time, size), over and over."""
    sent: list[tuple[float, int]] = []
    now, turn = 0.0, 0
    while True:
        size = sizes[turn % len(sizes)]
        at = pacing.urgent_at(size, now) if urgent else pacing.rest_at(size, now)
        if at > until:
            return sent
        now = max(now, at)
        pacing.sent(size, now)
        sent.append((now, size))
        turn += 1


@pytest.mark.parametrize("baud", [1200, 9600, 115200])
@pytest.mark.parametrize("urgent", [False, True])
def test_however_much_there_is_to_tell_it_fills_half_the_line_and_no_more(baud: int, urgent: bool) -> None:
    pacing = Pacing(baud)
    sent = drained(pacing, [90, 40, 120], until=600, urgent=urgent)
    total = sum(size for _, size in sent)
    assert total <= baud / 10 * SHARE * 600 + 2 * pacing.saved_at_most
    assert total >= baud / 10 * SHARE * 600 * 0.98


@pytest.mark.parametrize("baud", [1200, 9600, 115200])
def test_in_no_stretch_of_time_more_goes_than_the_share_and_what_was_saved(baud: int) -> None:
    rng = random.Random(7)
    pacing, now = Pacing(baud), 0.0
    sent: list[tuple[float, int]] = []
    while now < 300:
        size, urgent = rng.randint(20, 90), rng.random() < 0.3
        now = max(now, (pacing.urgent_at if urgent else pacing.rest_at)(size, now))
        pacing.sent(size, now)
        sent.append((now, size))
        if rng.random() < 0.05:
            now += rng.uniform(0, 5)
    for _ in range(200):
        first = rng.randrange(len(sent))
        last = rng.randrange(first, len(sent))
        stretch = sent[last][0] - sent[first][0]
        total = sum(size for _, size in sent[first : last + 1])
        assert total <= stretch * baud / 10 * SHARE + 2 * pacing.saved_at_most + 90


def test_at_9600_baud_a_change_waits_for_one_piece_at_the_most() -> None:
    pacing = Pacing(9600)
    sent = drained(pacing, [pacing.piece_room + 10], until=60)
    began, size = sent[-1]
    assert pacing.urgent_at(90, began) - began == pytest.approx(size / 960)
    assert size / 960 < 0.1


def test_what_is_urgent_borrows_when_the_share_is_used_up() -> None:
    pacing = Pacing(9600)
    drained(pacing, [90], until=60)
    assert pacing.rest_at(90, 60.2) > 60.2 or pacing.urgent_at(90, 60.2) <= 60.2
    assert pacing.urgent_at(90, 60.2) == 60.2


def test_an_idle_line_is_free_at_once() -> None:
    pacing = Pacing(9600)
    assert pacing.rest_at(90, 5.0) == 5.0
    pacing.sent(90, 5.0)
    assert pacing.urgent_at(90, 5.0) == pytest.approx(5.0 + 90 / 960)
