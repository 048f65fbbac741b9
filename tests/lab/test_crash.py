"""Live: agents are killed at every step of a night on call. 200 kills are for `make test-crash` (docs/crash.md)."""

from __future__ import annotations

import pytest

from tests.crash.dialogue import run

pytestmark = pytest.mark.lab

KILLS = 7


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_agents_that_are_killed_lose_no_message_do_nothing_twice_and_end_in_peace(seed: str) -> None:
    result = run(f"make test/{seed}", KILLS, each_night=10)
    assert not result.violations, "\n".join([f"seed {result.seed}", *result.violations, result.account])
    assert result.kills >= KILLS
