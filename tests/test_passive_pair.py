"""Two agents with one target: one of them pushes, and another one as soon as that one does not get through.

Desks, letters and lanes are real; the pictures, the clock and the monitoring system are in the test's hands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from hawatch.agent import noticed
from hawatch.agent.oncall import OnCall
from hawatch.agent.passive_pushing import Pushing
from hawatch.causes import find_node_causes
from hawatch.config import Config, Passive, PassiveOf
from hawatch.desk.records import Pusher
from hawatch.errors import DeliveryError
from hawatch.evidence import Evidence, ObserverState
from hawatch.judge import Judge
from hawatch.passive.result import PassiveResult
from hawatch.snapshot import Snapshot
from hawatch.verdict import Cause
from tests import snapshots
from tests.drawn import desk_sees
from tests.hands import Hands
from tests.snapshots import AT, EPOCH
from tests.story import Story

TARGET = Passive(name="nagios", command_file="/nagios.cmd", every=60)
Doing = Callable[["Pair"], Awaitable[None]]


class Gate:
    """The way of one node to the monitoring system."""

    def __init__(self) -> None:
        self.works = True
        self.open = asyncio.Event()
        self.open.set()
        self.came: list[int] = []
        self.refused = 0

    async def deliver(self, result: PassiveResult) -> None:
        await self.open.wait()
        if not self.works:
            self.refused += 1
            raise DeliveryError("/nagios.cmd: nobody reads it", temporary=True)
        self.came.append(result.code)


class Agent:
    """One node's desk and pushing."""

    def __init__(self, pair: Pair, node: str, target: Passive) -> None:
        self.node, self.pair = node, pair
        self.gate = Gate()
        self.told: list[Evidence] = []
        judge = Judge()
        pair.pictures[id(judge)] = snapshots.steady(node)
        self.judge = judge
        self.oncall = OnCall(
            node=node,
            judge=judge,
            path=None,
            put=self.told.append,
            clock=pair.hands,
            config=Config(passive=(target,)),
        )
        self.pushing = Pushing(
            self.oncall,
            targets=(target,),
            node=node,
            clock=pair.hands,
            put=self.told.append,
            way=lambda *_: self.gate,
        )
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.oncall.begin()
        self.sees()
        self.task = asyncio.create_task(self.pushing.run())

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
            await self.oncall.close()

    def sees(self, picture: Snapshot | None = None) -> None:
        """Its picture from now on."""
        seen = picture or self.pair.pictures[id(self.judge)]
        self.pair.pictures[id(self.judge)] = seen = replace(seen, at=self.pair.hands.monotonic())
        self.pushing.show(seen)

    def loses(self, peer: str) -> None:
        """The peer's agent is heard no longer."""
        seen = self.pair.pictures[id(self.judge)]
        self.sees(replace(seen, peers=tuple(replace(each, agent="silent") for each in seen.peers)))
        assert peer != self.node

    @property
    def able(self) -> dict[str, bool]:
        return {each.node: each.able for each in self.oncall.ledger.all(Pusher)}

    def problems(self) -> list[tuple[bool, str | None]]:
        return [
            (each.up, each.problem)
            for each in self.told
            if isinstance(each, ObserverState) and each.observer == "passive nagios"
        ]


class Pair:
    """lb01 and lb02, whose letters arrive unless the test says otherwise."""

    def __init__(self, target: Passive) -> None:
        self.hands = Hands(EPOCH, AT)
        self.pictures: dict[int, Snapshot] = {}
        self.post = True
        self.lb01, self.lb02 = Agent(self, "lb01", target), Agent(self, "lb02", target)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Until this is so, at the same moment; letters arrive meanwhile."""
        for _ in range(100):
            await self.quiet()
            if holds():
                return
        raise AssertionError("it does not become so")

    async def carry(self) -> None:
        for one, other in ((self.lb01, self.lb02), (self.lb02, self.lb01)):
            for letter in one.oncall.letters.waiting(other.node) if self.post else ():
                await other.oncall.letters.take(one.node, letter)
                one.oncall.letters.delivered(other.node, letter.id, letter.version)

    async def passes(self, seconds: float) -> None:
        """So much time, in which pictures are drawn; every lane has looked at its end."""
        for _ in range(int(seconds)):
            self.hands.now += 1
            for agent in (self.lb01, self.lb02):
                agent.sees()
            await self.quiet()

    async def quiet(self) -> None:
        """Several looks of each lane, and the letters that follow from them."""
        for _ in range(4):
            for agent in (self.lb01, self.lb02):
                agent.pushing.look_soon()
            for _ in range(12):
                await asyncio.sleep(0)
            await self.carry()

    async def settle(self) -> None:
        """Both run for a while, and lb01 pushes."""
        for agent in (self.lb01, self.lb02):
            agent.oncall.ledger.know("lb02" if agent is self.lb01 else "lb01")
            await agent.start()
        await self.until(lambda: self.lb02.able.get("lb01", False))
        await self.passes(10)
        self.lb01.gate.came.clear()
        self.lb02.gate.came.clear()


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs a story of two agents."""

    def run(doing: Doing, target: Passive = TARGET) -> None:
        async def story() -> None:
            pair = Pair(target)
            desk_sees(monkeypatch, lambda judge: pair.pictures[id(judge)])
            try:
                await doing(pair)
            finally:
                for agent in (pair.lb01, pair.lb02):
                    await agent.stop()

        monkeypatch.setattr(noticed, "words_of", lambda _: ())
        asyncio.run(story())

    return run


def test_one_of_two_pushes_at_a_change_and_with_every_heartbeat(tell: Callable[..., None]) -> None:
    async def story(pair: Pair) -> None:
        await pair.settle()
        await pair.passes(121)
        assert (pair.lb01.gate.came, pair.lb02.gate.came) == ([0, 0], [])
        for agent in (pair.lb01, pair.lb02):
            agent.sees(snapshots.split_brain(agent.node))
        await pair.until(lambda: pair.lb01.gate.came[2:] == [2])
        await pair.passes(3)
        assert (pair.lb01.gate.came, pair.lb02.gate.came) == ([0, 0, 2], [])

    tell(story)


def test_another_takes_over_at_once_and_gives_back_when_the_first_gets_through_again(
    tell: Callable[..., None],
) -> None:
    async def story(pair: Pair) -> None:
        await pair.settle()
        pair.lb01.gate.works = False
        for agent in (pair.lb01, pair.lb02):
            agent.sees(snapshots.split_brain(agent.node))
        await pair.until(lambda: pair.lb02.gate.came == [2])
        await pair.passes(61)
        assert pair.lb02.gate.came == [2, 2]
        assert pair.lb01.gate.refused > 3
        pair.lb01.gate.works = True
        await pair.passes(60)
        assert pair.lb01.gate.came
        pair.lb02.gate.came.clear()
        await pair.passes(61)
        assert pair.lb02.gate.came == []

    tell(story)


def test_another_takes_over_when_the_agent_of_the_first_is_silent(tell: Callable[..., None]) -> None:
    async def story(pair: Pair) -> None:
        await pair.settle()
        pair.lb02.loses("lb01")
        await pair.until(lambda: pair.lb02.gate.came == [0])

    tell(story)


def test_two_that_do_not_hear_each_other_both_push(tell: Callable[..., None]) -> None:
    async def story(pair: Pair) -> None:
        await pair.settle()
        pair.post = False
        pair.lb01.loses("lb02")
        pair.lb02.loses("lb01")
        await pair.passes(61)
        assert pair.lb01.gate.came
        assert pair.lb02.gate.came

    tell(story)


def test_a_node_that_begins_anew_and_knows_nothing_yet_leaves_the_telling_to_the_other(
    tell: Callable[..., None],
) -> None:
    async def story(pair: Pair) -> None:
        await pair.settle()
        await pair.lb01.stop()
        pair.lb02.loses("lb01")
        await pair.until(lambda: pair.lb02.gate.came == [0])
        kept = list(pair.lb01.oncall.ledger.all(Pusher))
        pair.lb01 = Agent(pair, "lb01", TARGET)
        pair.lb01.oncall.ledger.know("lb02")
        for each in kept:
            pair.lb01.oncall.ledger.restore(each)
        pair.lb01.sees(replace(snapshots.indeterminate(), peers=snapshots.steady().peers))
        await pair.lb01.start()
        pair.lb02.sees(snapshots.steady("lb02"))
        await pair.until(lambda: pair.lb02.able == {"lb01": False, "lb02": True})
        await pair.passes(61)
        assert pair.lb01.gate.came == []
        assert 3 not in pair.lb02.gate.came
        pair.lb01.sees(snapshots.steady())
        await pair.until(lambda: pair.lb01.gate.came == [0])

    tell(story)


def test_a_target_that_takes_nothing_is_a_finding_after_three_heartbeats_until_it_does(
    tell: Callable[..., None],
) -> None:
    async def story(pair: Pair) -> None:
        await pair.settle()
        pair.lb01.gate.works = pair.lb02.gate.works = False
        await pair.passes(120)
        assert pair.lb01.problems() == []
        await pair.passes(120)
        problem = "/nagios.cmd: nobody reads it"
        assert (pair.lb01.problems(), pair.lb02.problems()) == ([(False, problem)], [(False, problem)])
        pair.lb01.gate.works = pair.lb02.gate.works = True
        await pair.passes(61)
        assert pair.lb01.problems() == pair.lb02.problems() == [(False, problem), (True, None)]
        view = pair.lb01.oncall.view()
        counts = {(target, result): count for target, result, count in view.passive_results}
        assert counts["nagios", "failed"] == pair.lb01.gate.refused
        assert counts["nagios", "accepted"] > 0
        assert [name for name, _ in view.passive_accepted] == ["nagios"]

    tell(story, replace(TARGET, every=60))


def test_while_one_attempt_hangs_no_other_begins_and_then_the_newest_result_goes(
    tell: Callable[..., None],
) -> None:
    async def story(pair: Pair) -> None:
        await pair.settle()
        pair.lb01.gate.open.clear()
        for seen in (snapshots.failover("lb01"), snapshots.isolated("lb01"), snapshots.split_brain("lb01")):
            pair.lb01.sees(seen)
            await pair.passes(2)
        pair.lb01.gate.open.set()
        await pair.passes(3)
        assert pair.lb01.gate.came == [1, 2]

    tell(story)


def test_where_each_node_reports_itself_both_push_and_owe_the_other_no_word(
    tell: Callable[..., None],
) -> None:
    async def story(pair: Pair) -> None:
        for agent in (pair.lb01, pair.lb02):
            await agent.start()
        await pair.until(lambda: pair.lb01.gate.came == [0] and pair.lb02.gate.came == [0])
        await pair.passes(61)
        assert pair.lb01.gate.came == pair.lb02.gate.came == [0, 0]
        assert pair.lb01.able == {}

    tell(story, replace(TARGET, of=PassiveOf.NODE))


def test_a_picture_that_has_stopped_is_told_to_nobody(tell: Callable[..., None]) -> None:
    async def story(pair: Pair) -> None:
        await pair.settle()
        pair.hands.now += 61
        await pair.quiet()
        assert pair.lb01.gate.came == []
        pair.lb01.sees()
        await pair.until(lambda: pair.lb01.gate.came == [0])

    tell(story)


def test_a_target_in_trouble_is_a_finding_that_names_it_and_no_blindness() -> None:
    story = Story("lb01")
    story.tell(
        ObserverState(at=story.now, observer="passive nagios", up=False, problem="/x: nobody reads it")
    )
    story.wait(1)
    (finding,) = find_node_causes(story.judge.situation.node, story.now)
    assert (finding.cause, finding.node) == (Cause.NOTIFICATION_PATH_DOWN, "lb01")
    assert finding.summary == "results for nagios from lb01 do not get through: /x: nobody reads it"
    assert finding in story.judge.standing["VI_1"].findings or any(
        each.summary == finding.summary for each in story.judge.standing["VI_1"].findings
    )
    story.tell(ObserverState(at=story.now, observer="passive nagios", up=True))
    assert find_node_causes(story.judge.situation.node, story.now) == ()
