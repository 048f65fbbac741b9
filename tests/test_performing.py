"""Deeds on the node that runs them: what a helper that is away or an agent that was killed leaves open, or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.ability import Ability, Danger
from hawatch.actions.runner import HelperActions, Outcome, OutcomeState
from hawatch.agent import performing
from hawatch.agent.performing import Performer
from hawatch.desk.deed import Deed, DeedState
from hawatch.desk.records import NodeAbilities
from hawatch.errors import HelperError, HelperFault
from hawatch.refusal import Refusal
from tests.test_incident import THREE
from tests.test_oncall import Shift

ABILITY = Ability(name="own", danger=Danger.RESTART)
DEED = Deed(
    id="own-1",
    incidents=("i",),
    instances=(),
    action="own",
    node="lb01",
    person="anna",
    asked_by="lb01",
    asked_at=THREE,
    until=THREE + 30.0,
)


class Helper(HelperActions):
    """Gives these outcomes one after the other, the last for ever; a second passes with each."""

    def __init__(self, shift: Shift, *outcomes: OutcomeState, ability: Ability = ABILITY) -> None:
        self.there = True
        self.ability = ability
        self.asked: list[tuple[str, float | None]] = []
        self._shift = shift
        self._outcomes = list(outcomes)

    async def abilities(self) -> tuple[Ability, ...]:
        if not self.there:
            raise HelperError("away", HelperFault.ABSENT)
        return (self.ability,)

    async def run(
        self,
        ability: str,
        vip: str | None,
        id: str,  # noqa: A002 - as its base has it
        until: float | None = None,
    ) -> Outcome:
        del ability, vip
        self.asked.append((id, until))
        self._shift.clock.now += 1.0
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        return Outcome(state=outcome)


@pytest.fixture
def shift(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shift:
    monkeypatch.setattr(performing, "BUSY_PAUSE", 0.0)
    monkeypatch.setattr(performing, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(performing, "refusal", lambda *_, **__: None)
    return Shift(monkeypatch, tmp_path / "incidents.db")


def perform(shift: Shift, helper: Helper, until: Callable[[], bool], deed: Deed | None = None) -> None:
    """Run the performer until something is so."""

    async def so() -> None:
        while not until():  # noqa: ASYNC110 - a condition of the test's own
            await asyncio.sleep(0)

    async def story() -> None:
        await shift.desk.begin()
        if deed is not None:
            await shift.desk.change(lambda _: shift.desk.ledger.put(deed))
        performer = Performer(shift.desk, actions=helper, node="lb01", clock=shift.clock)
        running = asyncio.create_task(performer.run())
        async with asyncio.timeout(30.0):
            await so()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await shift.desk.close()

    asyncio.run(story())


def ended(shift: Shift, helper: Helper, deed: Deed) -> Deed:
    """What became of a deed."""

    def look() -> Deed:
        found = shift.desk.ledger.get(Deed, deed.id)
        return deed if found is None else found

    perform(shift, helper, lambda: look().final, deed)
    return look()


def begun(deed: Deed) -> Deed:
    return deed.moved_to(DeedState.BEGUN, THREE)


def test_a_new_deed_waits_a_little_for_a_helper_that_is_being_started(shift: Shift) -> None:
    helper = Helper(shift, OutcomeState.ABSENT, OutcomeState.ABSENT, OutcomeState.DONE)
    assert ended(shift, helper, DEED).state is DeedState.DONE
    assert helper.asked == [("own-1", THREE + 30.0)] * 3


def test_a_new_deed_without_any_helper_is_not_done_and_that_is_said(shift: Shift) -> None:
    after = ended(shift, Helper(shift, OutcomeState.ABSENT), DEED)
    assert (after.state, after.refusal) == (DeedState.REFUSED, Refusal.NO_HELPER)


def test_what_an_agent_before_this_one_began_is_unclear_without_a_helper_and_never_called_not_done(
    shift: Shift,
) -> None:
    assert ended(shift, Helper(shift, OutcomeState.ABSENT), begun(DEED)).state is DeedState.UNKNOWN


def test_what_an_agent_before_this_one_began_is_learned_from_a_helper_that_comes_back(shift: Shift) -> None:
    helper = Helper(shift, *[OutcomeState.ABSENT] * 20, OutcomeState.DONE)
    assert ended(shift, helper, begun(DEED)).state is DeedState.DONE


def test_what_was_begun_and_comes_too_late_for_the_helper_is_called_too_late(shift: Shift) -> None:
    shift.clock.now = 3600.0
    after = ended(shift, Helper(shift, OutcomeState.REFUSED), begun(DEED))
    assert (after.state, after.refusal) == (DeedState.REFUSED, Refusal.EXPIRED)


def test_a_demotion_is_held_for_a_second_so_that_two_nodes_hear_of_each_other_s(shift: Shift) -> None:
    helper = Helper(shift, OutcomeState.DONE, ability=Ability(name="own", danger=Danger.DEMOTE))
    held_until = 0.0

    def look() -> bool:
        nonlocal held_until
        if not helper.asked:
            held_until = shift.clock.now
            shift.clock.now += 0.01
        return helper.asked != []

    perform(shift, helper, look, DEED)
    assert held_until >= performing.HOLD - 0.02


def test_what_the_asker_has_given_up_meanwhile_is_not_begun(shift: Shift) -> None:
    helper = Helper(shift, OutcomeState.DONE, ability=Ability(name="own", danger=Danger.DEMOTE))
    expired = DEED.moved_to(DeedState.EXPIRED, THREE)
    looks = 0

    def look() -> bool:
        nonlocal looks
        looks += 1
        if looks == 20:
            shift.desk.ledger.merge(expired)
            shift.clock.now += performing.HOLD
        return looks > 60

    perform(shift, helper, look, DEED)
    assert helper.asked == []
    assert shift.desk.ledger.get(Deed, DEED.id) == expired


def test_what_takes_back_a_stop_waits_until_keepalived_has_stopped(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [Refusal.ALREADY, Refusal.ALREADY, None]
    monkeypatch.setattr(
        performing, "refusal", lambda *_, **__: answers.pop(0) if len(answers) > 1 else answers[0]
    )
    helper = Helper(shift, OutcomeState.DONE)
    stopped = replace(DEED, id="stop-1", action="stop").moved_to(DeedState.DONE, THREE)
    stop = Ability(name="stop", danger=Danger.DEMOTE, undo="own")

    async def both() -> tuple[Ability, ...]:
        return (ABILITY, stop)

    monkeypatch.setattr(helper, "abilities", both)
    shift.desk.ledger.restore(stopped)
    assert ended(shift, helper, DEED).state is DeedState.DONE
    assert answers == [None]


def test_what_is_so_already_and_takes_nothing_back_is_refused(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performing, "refusal", lambda *_, **__: Refusal.ALREADY)
    after = ended(shift, Helper(shift, OutcomeState.DONE), DEED)
    assert (after.state, after.refusal) == (DeedState.REFUSED, Refusal.ALREADY)


def test_what_root_allows_outlives_a_helper_that_is_started_again_but_not_one_that_stays_away(
    shift: Shift,
) -> None:
    helper = Helper(shift, OutcomeState.DONE)

    def known() -> tuple[Ability, ...] | None:
        found = shift.desk.ledger.get(NodeAbilities, "lb01")
        return None if found is None else found.abilities

    seen: list[tuple[Ability, ...] | None] = []

    def look() -> bool:
        if known() == (ABILITY,):
            helper.there = False
            shift.clock.now += 1.0
        if known() not in seen:
            seen.append(known())
        return known() == ()

    perform(shift, helper, look)
    assert seen[-2:] == [(ABILITY,), ()]
    assert shift.clock.now > performing.HELPER_PATIENCE
