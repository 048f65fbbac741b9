"""No task of the agent hangs silently: a whole agent whose tasks never come back, while its loop goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Collection, Coroutine, Generator
from contextlib import asynccontextmanager, suppress
from math import inf
from pathlib import Path
from typing import Any

import pytest

from hawatch.agent import composition, crew, history_keeper, threads
from hawatch.agent.crew import Crew, Order, QuietOrder
from hawatch.clock import monotonic
from hawatch.evidence import Evidence, ObserverState
from hawatch.exporter import app as exporter_app
from hawatch.heartbeat import Heart, at_work, beat, live_by
from hawatch.observers.firewall import observer as firewall
from hawatch.observers.peer_link import resolver
from hawatch.observers.peer_link.path import Path as LinkPath
from tests.test_task_deaths import Watched, hurry, name_of, needs_root, run, watching

RHYTHMS = {
    "arp_probe": False,
    "deeds": True,
    "delivery": True,
    "firewall": True,
    "guard": True,
    "history": True,
    "host": True,
    "http": False,
    "icmp": True,
    "keepalived_config": True,
    "keepalived_counters": False,
    "keepalived_daemon": True,
    "keepalived_log": True,
    "oncall": True,
    "passive": False,
    "peer_link": True,
    "plan": True,
    "service": True,
    "shadow": False,
    "sniffer": False,
    "socket": False,
    "threads": True,
    "vip": False,
}
"""Every part of this agent, and whether it has a rhythm. The others wait for events, or for a question, alone."""


class Freezable(Coroutine[Any, Any, Any]):
    """A coroutine that goes on until it is frozen, and then never again."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self.__qualname__ = getattr(coroutine, "__qualname__", "")
        self.__name__ = getattr(coroutine, "__name__", "")
        self.frozen = False

    def send(self, value: Any) -> Any:
        """Go on, or wait for what never comes."""
        if self.frozen:
            return asyncio.get_running_loop().create_future().__await__().send(None)
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """Whoever is frozen is not woken by a time-out either."""
        return self.send(None) if self.frozen else self._coroutine.throw(*error)

    def close(self) -> None:
        """End it."""
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()


def make_freezable(loop: asyncio.AbstractEventLoop, coroutine: Any, **about: Any) -> asyncio.Task[Any]:
    return asyncio.Task(Freezable(coroutine), loop=loop, **about)


def set_frozen(frozen: bool, *, spared: Collection[str] = ()) -> set[str]:
    """Every task but the one that runs this and the spared; the names of those that it concerns."""
    names = set()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        coroutine = task.get_coro()
        if isinstance(coroutine, Freezable) and name_of(task) not in spared:
            coroutine.frozen = frozen
            names.add(name_of(task))
    return names


async def nobody_asked() -> None:
    """No process is begun at the end, whose pipes nobody closes who is ended while he begins it."""


@asynccontextmanager
async def agent_with_short_rhythms(
    directory: Path, monkeypatch: pytest.MonkeyPatch, hung_after: float
) -> AsyncIterator[tuple[Watched, asyncio.Task[None]]]:
    monkeypatch.setattr(crew, "HUNG_AFTER", hung_after)
    monkeypatch.setattr(crew, "LONGEST_LOOK", hung_after / 8)
    monkeypatch.setattr(composition, "host_is_stopping", nobody_asked)
    hurry(monkeypatch)
    monkeypatch.setattr(firewall, "PAUSE", 0.5)
    monkeypatch.setattr(history_keeper, "CHANGES_KEPT_AFTER", 0.5)
    monkeypatch.setattr(threads, "TRY_EVERY", 0.5)
    asyncio.get_running_loop().set_task_factory(make_freezable)
    async with watching(directory) as (watched, running):
        try:
            yield watched, running
        finally:
            set_frozen(False)
            # Who was frozen within a time-out takes the first end for that.
            while others := asyncio.all_tasks() - {asyncio.current_task()}:
                for task in others:
                    task.cancel()
                await asyncio.wait(others, timeout=0.05)


def hung(watched: Watched) -> set[str]:
    return {name for name, problem in watched.down.items() if problem.startswith("hangs")}


# What was frozen is thrown away in the middle of what it did.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@needs_root
def test_every_part_of_an_agent_that_has_a_rhythm_is_told_by_name_when_it_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with agent_with_short_rhythms(tmp_path, monkeypatch, 1.0) as (watched, running):
            await watched.at_work()
            frozen = set_frozen(True, spared={name_of(running), "Loop.run"})
            assert {"host Crew._supervise", "Agent._keep_planned"} <= frozen
            expected = {name for name, has_rhythm in RHYTHMS.items() if has_rhythm}
            await watched.until(lambda: hung(watched) >= expected, "all are told")
            assert hung(watched) == expected
            assert all(watched.metrics()[name] == 0.0 for name in expected)
            assert not running.done()

    run(story)


@needs_root
def test_of_an_agent_that_merely_has_nothing_to_see_nobody_is_said_to_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with agent_with_short_rhythms(tmp_path, monkeypatch, 2.0) as (watched, _):
            seen = watched.pictures
            await watched.until(
                lambda: watched.pictures >= seen + 24, "some seconds in which nothing happens"
            )
            assert hung(watched) == set()

    run(story)


@needs_root
def test_an_answer_whose_thread_never_comes_back_is_told_and_the_listener_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "FIRST_PAUSE", 0.05)
    back = threading.Event()
    monkeypatch.setattr(exporter_app, "exposition", lambda *_: back.wait())

    async def story() -> None:
        async with agent_with_short_rhythms(tmp_path, monkeypatch, 1.0) as (watched, _):
            reader, writer = await asyncio.open_unix_connection(tmp_path / "hawatch.sock")
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            await watched.until(lambda: "socket" in hung(watched), "it is told")
            await watched.until(lambda: watched.sees({"socket"}), "it listens again")
            assert hung(watched) == {"socket"}
            back.set()
            writer.close()
            del reader

    try:
        run(story)
    finally:
        back.set()


# --- the crew alone, by a clock that is handed in --------------------------------------------------


class Bench:
    """A crew with one part, and what it says."""

    def __init__(self, order: Order) -> None:
        self.said: list[tuple[bool, str | None]] = []
        self.crew = Crew(self._put)
        self._orders = {"part": order}
        self._now = monotonic()
        self.crew.look(self._now)

    def _put(self, evidence: Evidence) -> None:
        assert isinstance(evidence, ObserverState)
        assert evidence.observer == "part"
        self.said.append((evidence.up, evidence.problem))

    async def follow(self) -> None:
        await self.crew.follow(self._orders)
        await settle()

    async def pass_time(self, seconds: int) -> None:
        """So many looks, a second apart."""
        for _ in range(seconds):
            self._now += 1.0
            self.crew.look(self._now)
            await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


HANGS = (False, "hangs: no sign of life for more than 60 s")


def test_a_part_that_hangs_is_told_and_begun_anew_and_after_three_times_left_until_it_comes_back() -> None:
    async def story() -> None:
        begun = 0
        back = asyncio.Event()

        async def part() -> None:
            nonlocal begun
            begun += 1
            beat()
            if begun > 3:
                await back.wait()
                beat()
            await asyncio.Event().wait()

        bench = Bench(Order(None, part))
        for time in (1, 2, 3):
            await bench.follow()
            assert begun == time
            await bench.pass_time(60)
            assert bench.said == [HANGS] * (time - 1)
            await bench.pass_time(1)
            assert bench.said == [HANGS] * time
            await bench.follow()  # the dead one is found, and has a successor with the next
        await bench.follow()
        await bench.pass_time(300)
        await bench.follow()
        assert (begun, bench.said) == (4, [HANGS] * 4)
        back.set()
        await settle()
        await bench.pass_time(1)
        await bench.follow()
        await bench.follow()
        assert begun == 5, "what it said was unknown meanwhile: a new one says all of it"
        await bench.crew.dismiss()

    asyncio.run(story())


def test_a_part_that_says_nothing_of_itself_is_up_again_when_its_successor_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crew, "GOES_WELL_AFTER", 0.0)

    async def story() -> None:
        async def part() -> None:
            beat()
            await asyncio.Event().wait()

        bench = Bench(QuietOrder(None, part))
        await bench.follow()
        await bench.pass_time(61)
        await bench.follow()
        await bench.follow()
        await settle()
        assert bench.said == [HANGS, (True, None)]
        await bench.crew.dismiss()

    asyncio.run(story())


def test_one_that_cannot_be_ended_gets_no_second_beside_it() -> None:
    async def story() -> None:
        begun = 0
        over = asyncio.Event()

        async def part() -> None:
            nonlocal begun
            begun += 1
            beat()
            while not over.is_set():
                with suppress(asyncio.CancelledError):
                    await over.wait()

        bench = Bench(Order(None, part))
        await bench.follow()
        await bench.pass_time(61)
        for _ in range(3):
            await bench.follow()
        assert (begun, bench.said) == (1, [HANGS])
        over.set()
        await settle()
        await bench.crew.dismiss()

    asyncio.run(story())


def test_an_agent_that_was_stopped_as_a_whole_misses_nobody_for_it() -> None:
    async def story() -> None:
        async def part() -> None:
            beat()
            await asyncio.Event().wait()

        bench = Bench(Order(None, part))
        await bench.follow()
        bench.crew.look(monotonic() + 3600.0)
        assert bench.said == []
        await bench.crew.dismiss()

    asyncio.run(story())


def test_a_path_that_could_be_opened_at_the_second_try_has_nothing_more_to_resolve() -> None:
    class Moves:
        def monotonic(self) -> float:
            return 0.0

    async def story() -> None:
        tries = 0

        def found(path: LinkPath, address: object) -> None:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise OSError("there is no such device yet")

        heart = Heart()
        live_by(heart)
        path = LinkPath(peer="lb02", link="lan", remote="127.0.0.2")
        with pytest.MonkeyPatch.context() as hurry:
            hurry.setattr(resolver, "_PAUSE_UNKNOWN", 0.0)
            await resolver.keep_resolved(path, 1, Moves(), found=found, failed=lambda *_: None)
        assert tries == 2
        assert heart.age(1e6) <= 0.0

    asyncio.run(story())


# --- the heart -------------------------------------------------------------------------------------


def test_a_part_that_waits_for_events_is_never_silent() -> None:
    heart = Heart()
    assert heart.age(1e6) == 0.0
    heart.beat(inf)
    assert heart.age(1e6) < 0.0


def test_of_several_rhythms_in_one_part_none_hides_the_other() -> None:
    heart = Heart()
    heart.beat(of="one")
    heart.beat(of="other")
    heart.age(50.0)
    heart.beat(of="one")
    assert heart.age(20.0) == 70.0


def test_what_is_meant_to_take_long_is_missed_so_much_later() -> None:
    heart = Heart()
    with heart.at_work(600.0):
        assert heart.age(630.0) == 30.0
    assert heart.age(1000.0) == 0.0
    heart.beat(rest=10.0)
    assert heart.age(15.0) == 5.0


def test_outside_of_a_part_signs_go_nowhere() -> None:
    beat()
    with at_work():
        pass
