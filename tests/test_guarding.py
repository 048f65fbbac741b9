"""The guards in the agent: stored before anything is done, each action run once, also by the agent after a kill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.ability import Ability, Danger
from hawatch.actions.runner import Outcome, OutcomeState
from hawatch.agent import guarding
from hawatch.agent.guarding import Guarding
from hawatch.config import Service, ServicePlace
from hawatch.config.guard import ServiceGuard
from hawatch.desk.around import Around
from hawatch.desk.records import NodeAbilities
from hawatch.evidence import VipGivenUp
from hawatch.guard.record import Guard, GuardNote, GuardState
from hawatch.refusal import Refusal
from hawatch.snapshot import ServiceView, Snapshot
from hawatch.store import NAME
from hawatch.verdict import VerdictKind
from tests.test_guard_successor import ready, seen
from tests.test_oncall import Shift

GIVE = Ability(name="give-up-web", danger=Danger.DEMOTE, undo="take-back-web")
BACK = Ability(name="take-back-web", danger=Danger.RESTART)
OPTIONS = ServiceGuard(restart="restart-nginx", attempts=1, backoff=10.0, give_up="give-up-web", hold=30.0)
NGINX = Service(name="nginx", process="nginx", on=ServicePlace.BOTH, guard=OPTIONS)


class Helper:
    """Runs nothing twice, as hawatch-helper; a gate holds what it is told to hold."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.asked: list[str] = []
        self.known: dict[str, str] = {}
        self.outcome = OutcomeState.DONE
        self.gate: asyncio.Event | None = None

    async def run(self, ability: str, vip: str | None, id: str, until: float | None = None) -> Outcome:  # noqa: A002
        del vip, until
        self.asked.append(id)
        if id not in self.known:
            self.known[id] = ability
            self.ran.append(ability)
        if self.gate is not None:
            await self.gate.wait()
        return Outcome(state=self.outcome)


class Post:
    """One run of an agent with a guard, whose picture the test draws."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path, helper: Helper) -> None:
        monkeypatch.setattr(guarding, "LOOK_EVERY", 0.0)
        self.shift = Shift(monkeypatch, path)
        self.helper = helper
        self.works = "down"
        self.picture: Snapshot = seen()
        self.allowed: tuple[Ability, ...] = (GIVE, BACK)
        now = self.shift.desk.surroundings.now

        def drawn() -> Around:
            service = ServiceView(name="nginx", node="lb01", state=self.works)
            return replace(now(), picture=lambda: replace(self.picture, services=(service,)))

        monkeypatch.setattr(self.shift.desk.surroundings, "now", drawn)
        self.guarding = Guarding(
            self.shift.desk,
            services=(NGINX,),
            actions=helper,
            config=lambda: None,
            clock=self.shift.clock,
            put=self.shift.told.append,
        )

    @property
    def guard(self) -> Guard:
        return self.shift.desk.ledger.get(Guard, "nginx") or Guard(id="nginx")

    @property
    def notes(self) -> list[str]:
        return [each.text for each in self.shift.desk.ledger.all(GuardNote)]

    async def go_on(self, until: Callable[[], bool]) -> None:
        """Be at the post until something is so; a tenth of a second passes with every look."""
        await self.shift.desk.begin()
        abilities = NodeAbilities(id="lb01", abilities=self.allowed, at=self.shift.clock.wall())
        await self.shift.desk.change(lambda _: self.shift.desk.ledger.put(abilities))
        running = asyncio.create_task(self.guarding.run())
        async with asyncio.timeout(60.0):
            while not until():
                self.shift.clock.now += 0.1
                await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def end(self) -> None:
        await self.shift.desk.close()


def state(post: Post, wanted: GuardState) -> Callable[[], bool]:
    return lambda: post.guard.state is wanted


def test_a_service_that_stays_down_is_restarted_and_given_up_and_every_step_is_noted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def story() -> None:
        post = Post(monkeypatch, tmp_path / NAME, Helper())
        await post.go_on(lambda: any(isinstance(each, VipGivenUp) for each in post.shift.told))
        assert post.helper.ran == ["restart-nginx", "give-up-web"]
        assert post.notes == [
            "restart 1 of 1 begins (restart-nginx)",
            "restart-nginx: done",
            "the service still fails, 1 restart in vain",
            "the VIP is given up (give-up-web)",
            "give-up-web: done",
        ]
        given = next(each for each in post.shift.told if isinstance(each, VipGivenUp))
        assert (given.service, given.given, given.hold) == ("nginx", True, 30.0)
        await post.end()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("held", "after"),
    [(GuardState.RESTARTING, GuardState.EXHAUSTED), (GuardState.GIVING_UP, GuardState.GIVEN_UP)],
)
def test_an_agent_that_was_killed_over_an_action_learns_its_end_and_never_runs_it_again(
    held: GuardState, after: GuardState, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def story() -> None:
        helper = Helper()
        first = Post(monkeypatch, tmp_path / NAME, helper)
        if held is GuardState.RESTARTING:
            helper.gate = asyncio.Event()
            first.picture = second_picture = seen(agent="silent")
        else:
            second_picture = seen()
        await first.go_on(
            state(first, held) if held is GuardState.RESTARTING else lambda: len(helper.ran) == 2
        )
        began = first.shift.clock.now
        await first.end()
        helper.gate = None
        second = Post(monkeypatch, tmp_path / NAME, helper)
        second.shift.clock.now = began + 1.0
        second.picture = second_picture
        await second.go_on(state(second, after))
        wanted = ["restart-nginx"] if held is GuardState.RESTARTING else ["restart-nginx", "give-up-web"]
        assert helper.ran == wanted
        assert second.guard.restarts == 1
        await second.end()

    asyncio.run(story())


def test_what_was_given_up_before_a_kill_is_held_and_taken_back_after_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def story() -> None:
        helper = Helper()
        first = Post(monkeypatch, tmp_path / NAME, helper)
        await first.go_on(state(first, GuardState.GIVEN_UP))
        began = first.shift.clock.now
        await first.end()
        second = Post(monkeypatch, tmp_path / NAME, helper)
        second.shift.clock.now = began + 5.0
        second.works, second.picture = "up", seen(ready(owner="lb02"))
        await second.go_on(state(second, GuardState.WATCHING))
        assert helper.ran == ["restart-nginx", "give-up-web", "take-back-web"]
        assert second.shift.clock.now - began >= OPTIONS.hold
        told = [each.given for each in second.shift.told if isinstance(each, VipGivenUp)]
        assert told[:1] == [True], "the judge of the new agent is told at once"
        await second.end()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("picture", "allowed", "refusal"),
    [
        (seen(agent="silent"), (GIVE, BACK), Refusal.UNKNOWN_OTHER),
        (seen(services=(("nginx", False),)), (GIVE, BACK), Refusal.OTHER_SERVICE),
        (seen(ready(VerdictKind.DEGRADED)), (GIVE, BACK), Refusal.NO_STANDBY),
        (seen(), (), Refusal.NOT_ALLOWED),
        (seen(), (GIVE,), Refusal.NO_WAY_BACK),
        (seen(), (replace(GIVE, danger=Danger.FENCE), BACK), Refusal.NOT_ALLOWED),
        (seen(), (replace(GIVE, vips=("10.0.0.100",)), BACK), Refusal.NOT_ALLOWED),
    ],
)
def test_what_may_not_be_given_up_stays_and_is_noted_with_its_reason(
    picture: Snapshot,
    allowed: tuple[Ability, ...],
    refusal: Refusal,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    async def story() -> None:
        post = Post(monkeypatch, tmp_path / NAME, Helper())
        post.picture, post.allowed = picture, allowed
        await post.go_on(lambda: any(text.startswith("the VIP stays") for text in post.notes))
        assert (post.helper.ran, post.guard.refusal) == (["restart-nginx"], refusal)
        assert post.notes[-1] == f"the VIP stays: {refusal.value}"
        await post.end()

    asyncio.run(story())


def test_a_helper_that_refuses_a_restart_has_cost_an_attempt_and_the_timeline_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def story() -> None:
        helper = Helper()
        helper.outcome = OutcomeState.REFUSED
        post = Post(monkeypatch, tmp_path / NAME, helper)
        post.picture = seen(agent="silent")
        await post.go_on(state(post, GuardState.EXHAUSTED))
        assert "restart-nginx: failed" in post.notes
        await post.end()

    asyncio.run(story())
