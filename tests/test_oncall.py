"""The on-call side: stored first, then shown; found again after a restart; in memory when the store fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from hawatch.agent import bookkeeping, disk, noticed, surroundings
from hawatch.agent import oncall as oncall_module
from hawatch.agent.oncall import OnCall
from hawatch.errors import HawatchError
from hawatch.evidence import Evidence, ObserverState
from hawatch.incident import Incident, State, Word
from hawatch.judge import Judge
from hawatch.picture import draw
from hawatch.snapshot import Snapshot
from hawatch.store import NAME, Page, Store, StoreError
from hawatch.verdict import VerdictKind
from tests.hands import Hands
from tests.story import Story, master
from tests.test_incident import BLOCKED, THREE

GUARD = 10.0


class Shift:
    """One run of the on-call side, with words that a test puts into the judge's mouth."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path | None) -> None:
        self.clock = Hands(THREE)
        self.told: list[Evidence] = []
        self.words: tuple[Word, ...] = ()
        monkeypatch.setattr(noticed, "words_of", lambda _: self.words)
        self.desk = OnCall(node="lb01", judge=Judge(), path=path, put=self.told.append, clock=self.clock)

    async def say(self, verdict: VerdictKind) -> None:
        """A verdict of VI_1, stepped through."""
        findings = (BLOCKED,) if verdict is VerdictKind.SPLIT_BRAIN else ()
        self.words = (
            Word(instance="VI_1", verdict=verdict, summary=f"it is {verdict.value}", findings=findings),
        )
        self.desk.notice()
        await self.desk.turn()

    @property
    def only(self) -> Incident:
        (incident,) = self.desk.open
        return incident

    @property
    def problems(self) -> list[tuple[bool, str | None]]:
        """What was told of the store."""
        return [(each.up, each.problem) for each in self.told if isinstance(each, ObserverState)]


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await story()

    asyncio.run(whole())


def test_an_incident_is_stored_before_anybody_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Incident, ...]] = []

    async def story() -> None:
        shift = Shift(monkeypatch, tmp_path / NAME)
        save = Store.save

        def spying(store: Store, incidents: tuple[Incident, ...], page: Page) -> None:
            seen.append(shift.desk.open)
            save(store, incidents, page)

        monkeypatch.setattr(Store, "save", spying)
        await shift.desk.begin()
        await shift.say(VerdictKind.SPLIT_BRAIN)
        assert seen == [()]
        assert shift.only.verdict is VerdictKind.SPLIT_BRAIN
        await shift.desk.close()

    run(story)
    store = Store(tmp_path / NAME)
    assert len(store.unresolved()) == 1
    store.close()


def test_an_agent_that_was_killed_in_the_middle_finds_its_incident_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        first = Shift(monkeypatch, tmp_path / NAME)
        await first.desk.begin()
        await first.say(VerdictKind.SPLIT_BRAIN)
        acknowledged = await first.desk.acknowledge(first.only.id, "anna")
        # Killed: nothing is closed, nothing is said.
        second = Shift(monkeypatch, tmp_path / NAME)
        await second.desk.begin()
        assert second.only == acknowledged
        await second.desk.turn()
        await second.say(VerdictKind.INDETERMINATE)
        await second.say(VerdictKind.SPLIT_BRAIN)
        assert (second.only.id, second.only.state) == (acknowledged.id, State.ACKNOWLEDGED)
        await second.say(VerdictKind.STEADY)
        second.clock.now += 10
        await second.desk.turn()
        assert second.desk.open == ()
        (over,) = second.desk.all()
        assert (over.id, over.state, over.acknowledged_by) == (acknowledged.id, State.RESOLVED, "anna")
        await second.say(VerdictKind.NO_OWNER)
        assert second.only.id == "261122-lb01-2"
        await first.desk.close()
        await second.desk.close()

    run(story)


def test_every_change_is_an_entry_even_when_several_come_before_a_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        shift = Shift(monkeypatch, tmp_path / NAME)
        await shift.desk.begin()
        for verdict in (VerdictKind.FAILOVER, VerdictKind.DEGRADED, VerdictKind.NO_OWNER):
            shift.words = (Word(instance="VI_1", verdict=verdict, summary="so it is"),)
            shift.desk.notice()
        await shift.desk.turn()
        texts = [entry.text for entry in shift.only.timeline]
        assert texts == ["VI_1 failover: so it is", "VI_1 degraded: so it is", "VI_1 no_owner: so it is"]
        await shift.desk.close()

    run(story)


def test_a_store_that_cannot_be_opened_is_told_in_one_line_and_the_agent_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).mkdir()

    async def story() -> None:
        shift = Shift(monkeypatch, tmp_path / NAME)
        await shift.desk.begin()
        line = f"{tmp_path / NAME}: is a directory; incidents are kept in memory until it can be opened"
        assert shift.problems == [(False, line)]
        await shift.say(VerdictKind.SPLIT_BRAIN)
        assert (await shift.desk.acknowledge(shift.only.id, "anna")).state is State.ACKNOWLEDGED
        await shift.desk.close()

    run(story)


def test_a_store_that_could_not_be_opened_at_the_start_is_tried_again_while_the_agent_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / NAME

    async def story() -> None:
        before = Shift(monkeypatch, path)
        await before.desk.begin()
        await before.say(VerdictKind.SPLIT_BRAIN)
        earlier = await before.desk.acknowledge(before.only.id, "anna")
        await before.desk.close()
        path.rename(tmp_path / "elsewhere")
        path.mkdir()

        shift = Shift(monkeypatch, path)
        shift.clock.now += 86400
        await shift.desk.begin()
        await shift.say(VerdictKind.NO_OWNER)
        shift.clock.now += bookkeeping.RETRY_AFTER - 1
        path.rmdir()
        (tmp_path / "elsewhere").rename(path)
        await shift.desk.turn()
        assert [up for up, _ in shift.problems] == [False]
        shift.clock.now += 1
        while len(shift.problems) == 1:
            await shift.desk.turn()
        assert shift.problems[1:] == [(True, None)]
        kept = shift.desk.open
        await shift.desk.close()
        with closing(Store(path)) as store:
            assert store.unresolved() == kept
        assert [each.verdict for each in kept] == [VerdictKind.SPLIT_BRAIN, VerdictKind.NO_OWNER]
        assert (kept[0].id, kept[0].acknowledged_by) == (earlier.id, "anna")

    run(story)


def test_a_store_that_cannot_be_opened_for_long_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).mkdir()

    async def story() -> None:
        shift = Shift(monkeypatch, tmp_path / NAME)
        await shift.desk.begin()
        for _ in range(5):
            shift.clock.now += bookkeeping.RETRY_AFTER
            await shift.desk.turn()
        assert len(shift.problems) == 1
        await shift.say(VerdictKind.SPLIT_BRAIN)
        assert shift.only.verdict is VerdictKind.SPLIT_BRAIN
        await shift.desk.close()

    run(story)


def test_a_disk_that_never_answers_is_told_and_keeps_nobody_from_being_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "ANSWERS_WITHIN", 0.2)
    answers = threading.Event()
    asked: list[int] = []
    save = Store.save

    def hang(store: Store, incidents: tuple[Incident, ...], page: Page) -> None:
        asked.append(len(incidents))
        answers.wait()
        save(store, incidents, page)

    async def story() -> None:
        shift = Shift(monkeypatch, tmp_path / NAME)
        await shift.desk.begin()
        monkeypatch.setattr(Store, "save", hang)
        async with asyncio.timeout(GUARD):
            await shift.say(VerdictKind.SPLIT_BRAIN)
            assert shift.only.verdict is VerdictKind.SPLIT_BRAIN
            assert shift.problems == [(False, f"{tmp_path / NAME}: the disk does not answer")]
            for _ in range(5):
                shift.clock.now += bookkeeping.RETRY_AFTER
                await shift.say(VerdictKind.NO_OWNER)
        assert asked == [1], "one that hangs is not asked for more"
        answers.set()
        while not shift.problems[-1][0]:
            await asyncio.sleep(0.01)
            shift.clock.now += bookkeeping.RETRY_AFTER
            await shift.desk.turn()
        kept = shift.only
        await shift.desk.close()
        store = Store(tmp_path / NAME)
        assert store.unresolved() == (kept,)
        store.close()

    try:
        run(story)
    finally:
        answers.set()


def test_a_disk_that_does_not_answer_at_the_start_is_told_and_what_is_on_it_is_found_when_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookkeeping, "OPENS_AT_START_WITHIN", 0.2)
    answers = threading.Event()
    check = Store.unresolved

    def hang(store: Store) -> tuple[Incident, ...]:
        answers.wait()
        return check(store)

    async def before() -> None:
        shift = Shift(monkeypatch, tmp_path / NAME)
        await shift.desk.begin()
        await shift.say(VerdictKind.SPLIT_BRAIN)
        await shift.desk.close()

    async def story() -> None:
        monkeypatch.setattr(Store, "unresolved", hang)
        shift = Shift(monkeypatch, tmp_path / NAME)
        async with asyncio.timeout(GUARD):
            await shift.desk.begin()
            assert [*shift.desk.open] == []
            ((up, problem),) = shift.problems
            assert not up
            assert "the disk does not answer" in str(problem)
            answers.set()
            while not shift.problems[-1][0]:
                await asyncio.sleep(0.01)
                await shift.desk.turn()
        assert len(shift.desk.open) == 1
        await shift.desk.close()

    run(before)
    try:
        run(story)
    finally:
        answers.set()


def test_what_a_full_disk_kept_from_being_stored_is_stored_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        shift = Shift(monkeypatch, tmp_path / NAME)
        await shift.desk.begin()

        def full(store: Store, incidents: tuple[Incident, ...], page: Page) -> None:
            raise StoreError(f"{store.path}: database or disk is full")

        with monkeypatch.context() as crowded:
            crowded.setattr(Store, "save", full)
            await shift.say(VerdictKind.SPLIT_BRAIN)
            await shift.desk.acknowledge(shift.only.id, "anna")
        shift.clock.now += 5
        await shift.desk.turn()
        assert len(shift.problems) == 1
        shift.clock.now += 10
        await shift.desk.turn()
        assert shift.problems == [(False, f"{tmp_path / NAME}: database or disk is full"), (True, None)]
        kept = shift.only
        await shift.desk.close()
        store = Store(tmp_path / NAME)
        assert store.unresolved() == (kept,)
        store.close()

    run(story)


def test_without_a_state_directory_incidents_live_as_long_as_the_agent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story() -> None:
        shift = Shift(monkeypatch, None)
        await shift.desk.begin()
        await shift.say(VerdictKind.SPLIT_BRAIN)
        assert shift.only.id == "261122-lb01-1"
        assert shift.problems == []
        await shift.desk.close()

    run(story)


def test_who_asks_for_what_is_not_there_or_is_over_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        shift = Shift(monkeypatch, tmp_path / NAME)
        await shift.desk.begin()
        with pytest.raises(HawatchError, match="no such incident: 47"):
            await shift.desk.acknowledge("47", "anna")
        await shift.say(VerdictKind.NO_OWNER)
        name = shift.only.id
        with pytest.raises(HawatchError, match="nobody has acknowledged it"):
            await shift.desk.release(name, "anna")
        snoozed = await shift.desk.snooze(name, "anna", 1800)
        assert snoozed.snoozed_until == shift.clock.wall() + 1800
        assert snoozed.timeline[-1].text == "for 1800 s"
        await shift.say(VerdictKind.STEADY)
        shift.clock.now += 10
        await shift.desk.turn()
        with pytest.raises(HawatchError, match=f"{name}: is resolved already"):
            await shift.desk.acknowledge(name, "anna")
        await shift.desk.close()

    run(story)


def test_the_run_steps_at_once_when_something_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oncall_module, "TURN_EVERY", 3600.0)

    async def story() -> None:
        shift = Shift(monkeypatch, tmp_path / NAME)
        await shift.desk.begin()
        running = asyncio.create_task(shift.desk.run())
        await asyncio.sleep(0.05)
        shift.words = (Word(instance="VI_1", verdict=VerdictKind.NO_OWNER, summary="nobody"),)
        stored = asyncio.Event()
        loop, save = asyncio.get_running_loop(), Store.save

        def saying(store: Store, incidents: tuple[Incident, ...], page: Page) -> None:
            save(store, incidents, page)
            loop.call_soon_threadsafe(stored.set)

        monkeypatch.setattr(Store, "save", saying)
        shift.desk.notice()
        async with asyncio.timeout(30):
            await stored.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await shift.desk.close()
        assert len(shift.desk.open) == 1

    run(story)


def test_an_on_call_side_that_is_run_again_after_a_crash_says_that_it_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story() -> None:
        shift = Shift(monkeypatch, None)

        def broken(_: Judge) -> tuple[Word, ...]:
            raise ValueError("a fault of ours")

        with monkeypatch.context() as fault:
            fault.setattr(noticed, "words_of", broken)
            with pytest.raises(ValueError, match="a fault of ours"):
                await shift.desk.run()
        assert shift.told == []
        running = asyncio.create_task(shift.desk.run())
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert [(e.observer, e.up) for e in shift.told if isinstance(e, ObserverState)] == [("oncall", True)]
        await shift.desk.close()

    run(story)


def test_a_judge_s_split_is_an_incident_that_the_picture_names() -> None:
    async def story() -> None:
        night = Story("lb02")
        night.adverts("lb01", 4)
        night.report("lb01", True)
        desk = OnCall(node="lb02", judge=night.judge, path=None, put=lambda _: None, clock=Hands(THREE))
        await desk.turn()
        before = desk.open
        night.holds(True)
        night.report("lb01", True)
        night.wait(2)
        night.report("lb01", True)
        desk.notice()
        await desk.turn()
        assert before == ()
        (incident,) = desk.open
        assert incident.instances == ("VI_1",)
        picture = draw(night.judge, night.now, desk.view())
        assert picture.routers[0].incident == incident.id
        assert picture.incidents_open == (incident.id,)
        await desk.close()

    run(story)


def test_a_desk_with_nothing_to_do_has_no_picture_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []

    def drawing(judge: Judge, now: float) -> Snapshot:
        drawn.append(now)
        return draw(judge, now)

    async def story() -> None:
        shift = Shift(monkeypatch, None)
        monkeypatch.setattr(surroundings, "draw", drawing)
        await shift.desk.begin()
        await shift.say(VerdictKind.STEADY)
        assert drawn == []
        await shift.say(VerdictKind.SPLIT_BRAIN)
        assert drawn

    run(story)


def test_a_moment_has_one_picture_of_when_somebody_first_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    shift = Shift(monkeypatch, None)
    around = shift.desk.surroundings.now()
    shift.clock.now = 2.0
    first = around.snapshot
    shift.clock.now = 4.0
    assert first.at == 1002.0
    assert around.snapshot is first
    assert (around.pair, around.talking) == (first.pair, frozenset())


def test_who_talks_is_whose_agent_the_picture_has_as_up(monkeypatch: pytest.MonkeyPatch) -> None:
    story = master()
    shift = Shift(monkeypatch, None)
    desk = OnCall(node="lb01", judge=story.judge, path=None, put=shift.told.append, clock=shift.clock)
    for past, expected in ((0.0, {"lb02"}), (60.0, set())):
        shift.clock.now = story.now - 1000.0 + past
        around = desk.surroundings.now()
        assert (
            around.talking == {each.name for each in around.snapshot.peers if each.agent == "up"} == expected
        )
        assert around.pair == around.snapshot.pair == "web"
