"""What a node tells its peers of many virtual routers, and in which order."""

from __future__ import annotations

from hawatch import evidence as ev
from hawatch.situation.own_report import NEWS, own_report
from tests.bench.population import Population


def live(pair: Population, seconds: float) -> None:
    for _ in range(int(seconds)):
        for evidence in pair.second():
            pair.judge.step(evidence)


def told(pair: Population) -> list[int]:
    situation = pair.judge.situation
    return [
        router.vrid for router in own_report(situation.node, situation.routers.values(), pair.now).routers
    ]


def test_a_virtual_router_whose_owner_has_changed_is_told_of_first_for_a_while() -> None:
    pair = Population(20, owns=False)
    live(pair, 2 * NEWS)
    assert told(pair) == list(range(1, 21))
    vip = pair.configs[11].vips[0].address
    pair.judge.step(ev.VipHeld(at=pair.now, address=vip, held=True, interface="eth0"))
    assert told(pair) == [12, *range(1, 12), *range(13, 21)]
    live(pair, 2 * NEWS)
    assert told(pair) == list(range(1, 21))
