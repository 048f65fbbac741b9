"""What tests/bench/flood.py sends: as many strangers as asked for, each as often as the others, at that rate."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.bench.flood import portions


@pytest.mark.parametrize("strangers", [20, 200, 1000])
def test_a_flood_has_the_rate_and_the_strangers_that_were_asked_for(strangers: int) -> None:
    each_sends, period = portions(strangers, 20_000)
    sent = [frame for mine in each_sends for frame in mine]
    assert len(sent) / period == pytest.approx(20_000)
    assert len(set(sent)) == strangers
    assert set(Counter(sent).values()) == {len(sent) // strangers}
