"""The observer of virtual services: what it asks, what it tells, and when it is silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hawatch import clock
from hawatch.errors import HawatchError
from hawatch.evidence import Evidence, ObserverState, VirtualServicesSeen
from hawatch.kernel.ipvs import RealServer, SyncDaemon, Table, VirtualService
from hawatch.observers.ipvs import IpvsObserver
from hawatch.observers.ipvs import observer as module
from hawatch.plain import codec

HANG_GUARD = 30.0
TABLE = Table(
    services=(
        VirtualService(
            name="tcp 10.0.0.100:80",
            scheduler="wlc",
            servers=(RealServer(address="10.0.0.11", port=80, weight=1),),
        ),
    ),
    daemons=(SyncDaemon(state="master", interface="eth1", sync_id=51),),
)
Answer = dict[str, Any] | Exception


def plain(table: Table | None) -> dict[str, Any]:
    return {"ok": True, "table": None if table is None else codec(Table).encode(table)}


class Helper:
    """Gives one answer after another, then the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.exhausted = asyncio.Event()

    async def read(self) -> dict[str, Any]:
        self.asked += 1
        answer = self.answers[0]
        if len(self.answers) > 1:
            self.answers.pop(0)
        elif self.asked > 1:
            self.exhausted.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


async def told(
    helper: Helper, elsewhere: str | None = None, then: Callable[[IpvsObserver], None] = lambda _: None
) -> list[Evidence]:
    found: list[Evidence] = []
    observer = IpvsObserver(read=helper.read, put=found.append, clock=clock, elsewhere=elsewhere)
    running = asyncio.create_task(observer.run())
    try:
        async with asyncio.timeout(HANG_GUARD):
            while not helper.exhausted.is_set() and (elsewhere is None or len(found) < 2):
                then(observer)
                await asyncio.sleep(0)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert isinstance(found[0], ObserverState)
    return found[1:]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)
    monkeypatch.setattr(module, "SHORTEST_PAUSE", 0.001)


async def seen(helper: Helper, elsewhere: str | None = None) -> list[tuple[Any, str | None]]:
    evidence = await told(helper, elsewhere)
    assert all(isinstance(each, VirtualServicesSeen) for each in evidence)
    return [(each.services, each.problem) for each in evidence if isinstance(each, VirtualServicesSeen)]


def test_a_table_is_told_once_and_again_when_it_changes() -> None:
    async def story() -> None:
        helper = Helper(plain(TABLE), plain(TABLE), plain(Table()), plain(TABLE))
        assert await seen(helper) == [(TABLE.services, None), ((), None), (TABLE.services, None)]

    asyncio.run(story())


def test_who_has_no_answer_does_not_know_and_says_why() -> None:
    async def story() -> None:
        helper = Helper(
            plain(TABLE),
            HawatchError("hawatch-helper does not run"),
            plain(None),
            {"table": {"services": "many"}},
            {"table": {"services": [], "newer": 1}},
            plain(TABLE),
        )
        looks = await seen(helper)
        assert [services is None for services, _ in looks] == [False, True, True, True, True, False]
        assert looks[1][1] == "hawatch-helper does not run"
        assert looks[2][1] == "the kernel has no ip_vs"
        assert "does not understand" in (looks[3][1] or "")

    asyncio.run(story())


def test_another_network_namespace_is_not_looked_into_and_is_named() -> None:
    async def story() -> None:
        helper = Helper(plain(TABLE))
        assert await seen(helper, "lvs") == [(None, "keepalived runs IPVS in the network namespace lvs")]
        assert helper.asked == 0

    asyncio.run(story())


def test_who_is_asked_looks_soon_whatever_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 3600.0)

    async def story() -> None:
        helper = Helper(plain(TABLE), plain(Table()))
        evidence = await told(helper, then=IpvsObserver.ask)
        assert len(evidence) == 2

    asyncio.run(story())
