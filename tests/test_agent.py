"""The agent's own parts: the inbox, the loop that judges, and the crew that is kept at work."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import pytest

from deploy.lab.waiting import wait_until
from hawatch.agent import loop as loop_module
from hawatch.agent.crew import Crew, Order
from hawatch.agent.host_end import host_is_stopping
from hawatch.agent.inbox import Inbox
from hawatch.agent.loop import CHANGED_PICTURE_SHARE, Loop
from hawatch.agent.patient_journal import PatientJournal
from hawatch.clock import monotonic
from hawatch.errors import ObserverError
from hawatch.evidence import AddressAnnounced, ConfigRead, Evidence, ObserverState, Tick, VipHeld
from hawatch.journal import FINDINGS, Journal
from hawatch.judge import Judge
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.observers.gateway import default_gateways
from hawatch.picture import draw
from hawatch.situation.inquiry import Wants
from hawatch.snapshot import Snapshot
from tests.story import standby

GUARD = 30.0


def held(at: float) -> VipHeld:
    return VipHeld(at=at, address="10.0.0.100", held=True)


def test_the_inbox_gives_what_came_together_in_the_order_of_its_times() -> None:
    async def story() -> list[float]:
        inbox = Inbox()
        for at in (3.0, 1.0, 2.0):
            inbox.put(held(at))
        return [evidence.at for evidence in await inbox.take(GUARD)]

    assert asyncio.run(story()) == [1.0, 2.0, 3.0]


def test_an_empty_inbox_wakes_the_loop_all_the_same() -> None:
    assert asyncio.run(Inbox().take(0.01)) == []


def test_an_observer_that_crashes_is_said_to_be_blind_and_started_again() -> None:
    async def story() -> list[ObserverState]:
        told: list[Evidence] = []
        again = asyncio.Event()
        starts = 0

        async def crash_once() -> None:
            nonlocal starts
            starts += 1
            if starts == 1:
                raise ObserverError("eth0: no such device")
            again.set()
            await asyncio.Event().wait()

        crew = Crew(told.append)
        await crew.follow({"sniffer": Order("key", crash_once)})
        async with asyncio.timeout(GUARD):
            await again.wait()
        await crew.dismiss()
        return [each for each in told if isinstance(each, ObserverState)]

    (state,) = asyncio.run(story())
    assert (state.observer, state.up, state.problem) == ("sniffer", False, "eth0: no such device")


def test_an_observer_is_replaced_only_when_its_order_changes() -> None:
    async def story() -> list[str]:
        began: list[str] = []

        def order(key: str) -> Order:
            async def watch() -> None:
                began.append(key)
                await asyncio.Event().wait()

            return Order(key, watch)

        crew = Crew(lambda _: None)
        for key in ("one", "one", "two"):
            await crew.follow({"vip": order(key)})
            await asyncio.sleep(0)
        await crew.follow({})
        await crew.dismiss()
        return began

    assert asyncio.run(story()) == ["one", "two"]


class Remembering(Loop):
    """A loop of which everything that goes in is kept."""

    taken: list[Evidence]

    def take_in(self, evidence: Evidence) -> bool:
        """Keep it, then go on as ever."""
        self.taken.append(evidence)
        return super().take_in(evidence)


class Night:
    """A loop with an inbox, and an event for each picture."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.pictures: list[Snapshot] = []
        self.shown = asyncio.Event()
        self.inbox = Inbox()
        self.loop = Remembering(
            inbox=self.inbox, judge=Judge(), journal=journal, wish=self._ignore, show=self._keep
        )
        self.loop.taken = []

    @property
    def taken(self) -> list[Evidence]:
        """What the loop took in."""
        return self.loop.taken

    def _ignore(self, instance: str, wants: Wants) -> None:
        """Nobody is there to be asked."""

    def _keep(self, snapshot: Snapshot) -> None:
        self.pictures.append(snapshot)
        self.shown.set()


def test_the_loop_draws_a_picture_even_when_nothing_happens() -> None:
    async def story() -> int:
        night = Night()
        running = asyncio.create_task(night.loop.run())
        async with asyncio.timeout(GUARD):
            await night.shown.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return len(night.pictures)

    assert asyncio.run(story()) >= 1


def test_those_who_read_have_their_turn_after_each_twentieth_of_a_second_of_judging(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However few inputs that are: on a slow machine a batch of hundreds is judged for seconds."""
    now, turns = [monotonic()], [0]
    monkeypatch.setattr("hawatch.agent.loop.monotonic", lambda: now[0])

    class Slow(Remembering):
        def take_in(self, evidence: Evidence) -> bool:
            now[0] += 0.03
            return super().take_in(evidence)

    async def count_turns() -> None:
        while True:
            turns[0] += 1
            await asyncio.sleep(0)

    async def story() -> int:
        night = Night()
        night.loop.__class__ = Slow
        counting = asyncio.create_task(count_turns())
        await asyncio.sleep(0)
        before = turns[0]
        await night.loop._turn([held(now[0]) for _ in range(20)], None)
        counting.cancel()
        return turns[0] - before

    assert asyncio.run(story()) == 10


def test_frames_that_waited_in_the_kernel_are_read_after_a_tick_that_says_so() -> None:
    waited = AddressAnnounced(
        at=monotonic() - 0.5, interface="eth0", outgoing=False, address="10.0.0.100", mac="02:00:00:00:00:02"
    )

    async def story() -> list[Evidence]:
        night = Night()
        night.inbox.put(waited)
        running = asyncio.create_task(night.loop.run())
        async with asyncio.timeout(GUARD):
            await night.shown.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return night.taken

    tick, frame = asyncio.run(story())[:2]
    assert isinstance(tick, Tick)
    assert tick.late >= 0.5
    assert frame is waited


def test_what_a_capture_left_lying_in_a_flood_makes_no_agent_late_but_a_pause_too_long_does() -> None:
    old = AddressAnnounced(
        at=monotonic() - GUARD,
        interface="eth0",
        outgoing=False,
        address="10.0.0.100",
        mac="02:00:00:00:00:02",
    )

    async def story(late: float) -> list[Evidence]:
        night = Night()
        night.inbox.put_planned(old, monotonic() - late)
        running = asyncio.create_task(night.loop.run())
        async with asyncio.timeout(GUARD):
            await night.shown.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return night.taken

    assert asyncio.run(story(late=-GUARD))[0] is old
    tick, frame = asyncio.run(story(late=0.3))[:2]
    assert isinstance(tick, Tick)
    assert 0.3 <= tick.late < GUARD
    assert frame is old


def test_what_is_to_be_told_waits_for_a_turn_that_reads_what_the_kernel_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop_module, "TURN_EVERY", 2 * GUARD)
    monkeypatch.setattr(loop_module, "FRESH_FOR", 0.05)

    async def story() -> list[object]:
        night = Night()
        running = asyncio.create_task(night.loop.run())
        await asyncio.sleep(2 * loop_module.FRESH_FOR)
        assert night.loop.stalled(monotonic())
        happened: list[object] = night.taken  # type: ignore[assignment]
        told = asyncio.Event()

        def tell() -> None:
            happened.append("told")
            told.set()

        before = len(happened)
        asyncio.get_running_loop().call_soon(
            night.inbox.put, held(monotonic())
        )  # read only after the question
        night.loop.once_read(tell)
        assert not told.is_set()
        async with asyncio.timeout(GUARD):
            await told.wait()
        assert not night.loop.stalled(monotonic())
        night.loop.once_read(lambda: happened.append("told at once"))
        now = happened[before:]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return now

    news, *rest = asyncio.run(story())
    assert isinstance(news, VipHeld)
    assert rest == ["told", "told at once"]


def test_what_waits_for_a_turn_is_told_all_the_same_when_the_loop_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story() -> list[str]:
        night = Night()
        told: list[str] = []
        running = asyncio.create_task(night.loop.run())
        await asyncio.sleep(0)
        monkeypatch.setattr(loop_module, "FRESH_FOR", -GUARD)  # the last turn is always too long ago
        night.loop.once_read(lambda: told.append("at the end"))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        night.loop.once_read(lambda: told.append("after it"))
        return told

    assert asyncio.run(story()) == ["at the end", "after it"]


def test_after_the_end_one_more_turn_takes_what_has_come_since() -> None:
    async def story() -> Evidence:
        night = Night()
        night.inbox.put(held(1.0))
        await night.loop.last_turn()
        return night.taken[0]

    assert asyncio.run(story()) == held(1.0)


def test_a_cause_that_comes_without_a_verdict_is_in_the_journal_at_the_end_of_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "FLUSH_EVERY", inf)
    path = tmp_path / "journal.jsonl"
    journal = PatientJournal(path)

    async def story() -> None:
        night = Night(journal)
        known = standby()
        router = known.judge.situation.routers["VI_1"].config
        read = KeepalivedConfig(virtual_routers=(router,), digest="1")
        for news in (
            ConfigRead(at=monotonic(), config=read),
            ObserverState(at=monotonic(), observer="sniffer:eth0", up=False, problem="no such device"),
        ):
            night.inbox.put(news)
            await night.loop.last_turn()

    def told() -> bool | None:
        lines = path.read_text().splitlines() if path.exists() else []
        last = json.loads(lines[-1]) if lines else {}
        return True if last.get("type") == FINDINGS and "blind" in str(last["findings"]) else None

    asyncio.run(story())
    wait_until(told, what="the cause in the file", timeout=GUARD)
    journal.close()


def test_whoever_asks_for_the_picture_gets_none_older_than_those_who_look_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop_module, "PICTURE_AT_LEAST_EVERY", 2 * GUARD)

    async def story() -> tuple[Snapshot, Snapshot, Snapshot]:
        night = Night()
        running = asyncio.create_task(night.loop.run())
        async with asyncio.timeout(GUARD):
            await night.shown.wait()
        first = night.loop.picture()
        while monotonic() - first.at < loop_module.PICTURE_EVERY:
            assert night.loop.picture() is first or monotonic() - first.at >= loop_module.PICTURE_EVERY
            await asyncio.sleep(0.02)
        second = night.loop.picture()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return first, second, night.loop.picture()

    first, second, after_the_end = asyncio.run(story())
    assert second.at - first.at >= loop_module.PICTURE_EVERY
    assert after_the_end is second


def test_default_gateways_are_read_from_the_kernel_s_tables(tmp_path: Path) -> None:
    ipv4, ipv6 = tmp_path / "route", tmp_path / "ipv6_route"
    ipv4.write_text(
        "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
        "eth0 00000000 0100000A 0003 0 0 0 00000000 0 0 0\n"
        "eth0 0000000A 00000000 0001 0 0 0 00FFFFFF 0 0 0\n"
    )
    zero = "0" * 32
    link_local = "fe80" + "0" * 27 + "1"
    ipv6.write_text(f"{zero} 00 {zero} 00 {link_local} 00000400 00000001 00000000 00000003 eth0\n")
    assert default_gateways(ipv4, ipv6) == ("10.0.0.1", "fe80::1%eth0")
    assert default_gateways(tmp_path / "none", tmp_path / "none") == ()


def test_a_journal_that_cannot_be_written_is_told_until_it_can_be(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("in the way")
    told: list[ObserverState] = []

    async def story() -> None:
        journal = Journal(state / "journal.jsonl")
        night = Night(journal)
        running = asyncio.create_task(night.loop.run())
        async with asyncio.timeout(GUARD):
            while len(told) < 2:
                night.inbox.put(held(monotonic()))
                night.shown.clear()
                await night.shown.wait()
                told[:] = [each for each in night.taken if isinstance(each, ObserverState)]
                if told and state.is_file():
                    state.unlink()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        journal.close()

    asyncio.run(story())
    assert [(each.observer, each.up) for each in told] == [("journal", False), ("journal", True)]
    assert str(state) in (told[0].problem or "")


def systemctl(directory: Path, script: str) -> dict[str, str]:
    """A PATH on which systemctl is this script."""
    path = directory / "systemctl"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    path.chmod(0o755)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


@pytest.mark.parametrize(
    ("script", "stopping"),
    [
        ("[ $1 = is-system-running ] && echo stopping; exit 1", True),
        ("echo running", False),
        ("echo degraded; exit 1", False),
        ("exit 1", None),
        ("exec sleep 60", None),
    ],
)
def test_whether_the_host_goes_down_is_what_systemd_says(
    script: str, stopping: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in systemctl(tmp_path, script).items():
        monkeypatch.setenv(name, value)
    assert asyncio.run(host_is_stopping()) is stopping


def test_without_systemd_nobody_knows_whether_the_host_goes_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert asyncio.run(host_is_stopping()) is None


def test_while_an_observer_still_reads_what_waited_in_the_kernel_the_loop_says_that_it_is_late() -> None:
    """What is not told yet may be that a VIP has gone: proofs wait, and the own report is unsure."""

    async def story() -> tuple[list[Evidence], bool, bool]:
        night = Night()
        night.inbox.note_reading(monotonic() - 0.3)
        unsure = night.loop.stalled(monotonic())
        running = asyncio.create_task(night.loop.run())
        async with asyncio.timeout(GUARD):
            while not night.taken:
                await night.shown.wait()
                night.shown.clear()
        night.inbox.note_reading(inf)
        sure = not night.loop.stalled(monotonic())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return night.taken, unsure, sure

    taken, unsure, sure = asyncio.run(story())
    assert isinstance(taken[0], Tick)
    assert taken[0].late >= 0.3
    assert (unsure, sure) == (True, True)


class Restless(Remembering):
    """A loop of which every input changes a verdict, and that is given one more at each turn."""

    def take_in(self, evidence: Evidence) -> bool:
        """Everything changes."""
        super().take_in(evidence)
        asyncio.get_running_loop().call_soon(self._inbox.put, held(monotonic()))
        return True


def test_while_verdicts_go_on_changing_a_picture_that_takes_long_leaves_most_of_the_time_for_judging(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pictures are drawn all the while, and each rest is several times what the drawing took."""
    spent: list[tuple[float, float]] = []

    def slow(*given: Any) -> Snapshot:
        began = monotonic()
        while monotonic() < began + 0.02:
            pass
        spent.append((began, monotonic()))
        return draw(*given)

    monkeypatch.setattr("hawatch.agent.loop.draw", slow)

    async def story() -> None:
        night = Night()
        night.loop = Restless(
            inbox=night.inbox, judge=Judge(), journal=None, wish=night._ignore, show=night._keep
        )
        night.loop.taken = []
        night.inbox.put(held(monotonic()))
        running = asyncio.create_task(night.loop.run())
        async with asyncio.timeout(GUARD):
            while len(spent) < 8:
                await night.shown.wait()
                night.shown.clear()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())
    drawn = spent[2:]  # before the first came from a change, nobody knew what it takes
    for (began, ended), (again, _) in pairwise(drawn):
        assert again - began >= CHANGED_PICTURE_SHARE * (ended - began)


class Changeable(Remembering):
    """A loop of which every input changes a verdict."""

    def take_in(self, evidence: Evidence) -> bool:
        """Everything changes."""
        super().take_in(evidence)
        return True


def test_the_picture_of_a_change_that_had_to_wait_is_drawn_in_its_time_though_nothing_else_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop_module, "TURN_EVERY", 2 * GUARD)
    monkeypatch.setattr(loop_module, "SOON_DRAWN", 0.0)
    monkeypatch.setattr(loop_module, "CHANGED_PICTURE_SHARE", 1000)

    async def story() -> None:
        night = Night()
        night.loop = Changeable(
            inbox=night.inbox, judge=Judge(), journal=None, wish=night._ignore, show=night._keep
        )
        night.loop.taken = []
        running = asyncio.create_task(night.loop.run())
        for _ in range(2):
            night.shown.clear()
            night.inbox.put(held(monotonic()))
            async with asyncio.timeout(GUARD):
                await night.shown.wait()
        assert len(night.loop.taken) == 2
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())
