"""A drill of VI_1, as tests of plans, grades and reports want it: lb01 steps aside for lb02 and takes it back."""

from __future__ import annotations

from collections.abc import Sequence

from hawatch.drill.lanes import Lanes, Span, read_lanes
from hawatch.drill.losses import Sample
from hawatch.drill.plan import Leg, Moving, Plan, Window
from hawatch.drill.report import Move

BEGAN = 1_795_316_400.0  # 2026-11-22 03:00:00 UTC


def at(seconds: float) -> float:
    return BEGAN + seconds


def plan(**more: object) -> Plan:
    moving = Moving(
        instance="VI_1",
        router="51/ipv4",
        vips=("10.0.0.100",),
        owner="lb01",
        to="lb02",
        interval=1.0,
        down_interval=3.6,
        comes_back=True,
    )
    fields: dict[str, object] = {
        "pair": "web",
        "asked_on": "lb02",
        "moving": (moving,),
        "legs": (Leg(node="lb01", to="lb02"),),
        "away": 60.0,
        "longest": 95.0,
        "window": Window(until=at(155), own=True),
        **more,
    }
    return Plan(**fields)  # type: ignore[arg-type]


def moves() -> tuple[Move, Move]:
    there = Move(
        move="failover",
        node="lb01",
        to="lb02",
        expects="switchover",
        ordered=at(0),
        ended=at(6),
        instances=("VI_1",),
    )
    back = Move(
        move="failback",
        node="lb02",
        to="lb01",
        expects="failback",
        ordered=at(6),
        ended=at(18),
        instances=("VI_1",),
    )
    return there, back


VERDICTS: tuple[tuple[float, str], ...] = (
    (-3600, "steady"),
    (1.6, "switchover"),
    (3.7, "degraded"),
    (8.0, "steady"),
    (10.3, "failback"),
    (13.3, "steady"),
)


def spans(marks: Sequence[tuple[float, object]], end: float = 20.0) -> list[list[object]]:
    ends = [*(moment for moment, _ in marks[1:]), end]
    return [[at(begin), at(until), value] for (begin, value), until in zip(marks, ends, strict=True)]


def lanes(
    verdicts: Sequence[tuple[float, str]] = VERDICTS, *, resigned: float = 1.1, outranked: float = 10.0
) -> Lanes:
    vrid = {"vrid": 51, "family": "ipv4", "instance": "VI_1"}
    lb01 = [(-3600, True), (resigned, False), (10.1, True)]
    lb02 = [(-3600, False), (1.5, True), (outranked, False)]
    return read_lanes(
        {
            "lanes": [
                {"kind": "verdict", **vrid, "spans": spans(verdicts)},
                {"kind": "advertiser", "node": "lb01", **vrid, "spans": spans(lb01)},
                {"kind": "advertiser", "node": "lb02", **vrid, "spans": spans(lb02)},
                {"kind": "link", "peer": "lb02", "link": "lan", "spans": []},
            ]
        }
    )


def asked(*lost: tuple[float, float], until: float = 18.0, every: float = 0.05) -> list[Sample]:
    """Requests from the beginning on, those between two moments lost."""
    count = round(until / every)
    moments = [number * every for number in range(count)]
    return [
        Sample(at=at(each), answered=not any(begin <= each < end for begin, end in lost)) for each in moments
    ]


def words(found: Sequence[Span]) -> list[object]:
    return [value for _, _, value in found]
