"""The observer of packet filters: what it asks, what it tells, and when it is silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hawatch import clock
from hawatch.errors import ObserverError
from hawatch.evidence import Evidence, FirewallJudged, ObserverState
from hawatch.keepalived.model import VirtualRouter
from hawatch.observers.firewall import FirewallObserver
from hawatch.observers.firewall import observer as module
from hawatch.observers.firewall.link_kind import link_kind

HANG_GUARD = 30.0
MULTICAST = VirtualRouter(instance="VI_1", interface="eth0", vrid=51)
UNICAST = VirtualRouter(
    instance="VI_2", interface="eth0", vrid=52, source="10.0.0.1", unicast_peers=("10.0.0.2", "10.0.0.3")
)


def nft(*hooks: str, rules: Sequence[dict[str, Any]] = (), policy: str = "drop") -> dict[str, Any]:
    place = {"family": "inet", "table": "filter"}
    items: list[dict[str, Any]] = [
        {"chain": {**place, "name": hook, "hook": hook, "type": "filter", "prio": 0, "policy": policy}}
        for hook in hooks
    ]
    items += [{"rule": {**place, "handle": 7, **rule}} for rule in rules]
    return {"ok": True, "nft": {"nftables": items}, "iptables": None, "ip6tables": None, "problems": {}}


FREE = nft()


class Stage:
    """A helper that answers one listing after another, and what the observer tells of them."""

    def __init__(
        self, *listings: dict[str, Any] | Exception, routers: tuple[VirtualRouter, ...] = (MULTICAST,)
    ) -> None:
        self.listings = list(listings)
        self.told: list[Evidence] = []
        self.exhausted = asyncio.Event()
        self.observer = FirewallObserver(
            routers=routers,
            list_rules=self.list_rules,
            put=self.told.append,
            clock=clock,
            own_address=lambda router: router.source or "10.0.0.1",
            kind_of=lambda _name: "",
        )

    async def list_rules(self) -> dict[str, Any]:
        if not self.listings:
            self.exhausted.set()
            await asyncio.Event().wait()
        answer = self.listings.pop(0)
        self.observer.ask()  # so that the next one comes at once
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def play(self) -> list[FirewallJudged]:
        """Run until the last listing has been judged; what was told of them."""
        async with asyncio.timeout(HANG_GUARD), asyncio.TaskGroup() as group:
            task = group.create_task(self.observer.run())
            await self.exhausted.wait()
            task.cancel()
        first, *judged = self.told
        assert isinstance(first, ObserverState)
        return [each for each in judged if isinstance(each, FirewallJudged)]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[FirewallJudged]]:
    """Give the observer these listings, without the pause between them; what it tells."""
    monkeypatch.setattr(module, "SHORTEST_PAUSE", 0.0)

    def run(*listings: dict[str, Any] | Exception, routers: tuple[VirtualRouter, ...] = (MULTICAST,)) -> Any:
        async def stage() -> list[FirewallJudged]:
            return await Stage(*listings, routers=routers).play()

        return asyncio.run(stage())

    return run


Play = Callable[..., list[FirewallJudged]]


def test_a_free_way_is_told_as_no_hits(play: Play) -> None:
    (judged,) = play(FREE)
    assert (judged.hits, judged.problem) == ((), None)


def test_a_conclusion_is_told_once_while_it_stands(play: Play) -> None:
    changes = play(FREE, FREE, nft("input"), nft("input"), FREE)
    assert [len(each.hits or ()) for each in changes] == [0, 1, 0]


def test_a_hit_says_what_stands_where_and_what_to_paste(play: Play) -> None:
    vrrp = {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": 112}}
    rule = {"chain": "output", "expr": [vrrp, {"drop": None}]}
    (judged,) = play(nft("output", rules=[rule], policy="accept"))
    assert judged.hits is not None
    (hit,) = judged.hits
    assert (hit.instance, hit.direction, hit.verdict, hit.tool) == ("VI_1", "out", "dropped", "nft")
    assert (hit.rule, hit.place) == ("meta l4proto 112 drop", "inet filter output handle 7")
    assert hit.remedy.startswith("nft 'delete rule inet filter output handle 7'")


def test_each_peer_of_a_unicast_router_is_judged(play: Play) -> None:
    source = {
        "match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "10.0.0.3"}
    }
    rule = {"chain": "input", "expr": [source, {"accept": None}]}
    (judged,) = play(nft("input", rules=[rule]), routers=(UNICAST,))
    assert judged.hits is not None
    (hit,) = judged.hits
    assert (hit.instance, hit.direction) == ("VI_2", "in")
    assert "ip saddr 10.0.0.2" in hit.remedy


def test_without_the_helper_nothing_is_known_and_that_is_told_once(play: Play) -> None:
    gone = ObserverError("hawatch-helper does not run")
    first, second, third = play(gone, gone, FREE, gone)
    assert (first.hits, first.problem) == (None, "hawatch-helper does not run")
    assert (second.hits, second.problem) == ((), None)
    assert third.hits is None


def test_what_is_no_listing_is_a_problem_and_no_crash(play: Play) -> None:
    broken, free = play({**FREE, "nft": [1]}, FREE)
    assert (broken.hits, broken.problem) == (None, "nft: no listing")
    assert free.hits == ()


def test_what_could_not_be_listed_is_unknown_unless_a_rule_was_found(play: Play) -> None:
    unlisted = {**FREE, "nft": None, "problems": {"nft": "nft gave 1"}}
    iptables = "*filter\n:INPUT DROP [0:0]\nCOMMIT\n"
    unknown, found = play(unlisted, {**unlisted, "iptables": iptables})
    assert unknown.hits is None
    assert unknown.problem == "the rules of nft could not be listed: nft gave 1"
    assert found.hits is not None
    assert [hit.rule for hit in found.hits] == ["-P INPUT DROP"]


def test_the_kind_of_a_device_is_what_the_kernel_says_of_it(tmp_path: Path) -> None:
    for name, uevent in (("br0", "DEVTYPE=bridge\nINTERFACE=br0\n"), ("eth0", "INTERFACE=eth0\nIFINDEX=2\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "uevent").write_text(uevent)
    assert [link_kind(name, tmp_path) for name in ("br0", "eth0", "gone")] == ["bridge", "", None]
