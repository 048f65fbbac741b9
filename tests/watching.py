"""Pictures for `hawatch watch` by hand, and the lines that a terminal shows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from hawatch.cli.watching.frame import frame
from hawatch.cli.watching.look import Look, Moment, Size
from hawatch.cli.watching.terminal import look_of
from hawatch.cli.watching.view import Picture, View
from hawatch.exporter.status import status
from hawatch.snapshot import RouterView, Snapshot
from hawatch.verdict import VerdictKind
from tests import snapshots
from tests.snapshots import AT, EPOCH

SMALL = Size(columns=80, lines=24)
LARGE = Size(columns=200, lines=60)
NOW = Moment(wall=EPOCH + 0.5, at=AT + 0.5)
INCIDENT = "260601-lb01-1"
UTF8 = {"TERM": "xterm-256color"}

Json = Mapping[str, Any]


def look(language: str = "en", encoding: str = "utf-8", *, ascii_only: bool = False) -> Look:
    """Signs and words."""
    return look_of(language, encoding, UTF8, ascii_only=ascii_only)


def view(snapshot: Snapshot, *, incidents: Json | None = None, history: Json | None = None) -> View:
    """What a person sees first."""
    picture = Picture(status=status(snapshot), at=AT, incidents=incidents or {}, history=history)
    return View(picture=picture)


def lines(seen: View, size: Size = SMALL, now: Moment = NOW, looks: Look | None = None) -> list[str]:
    """The picture as plain lines; it has exactly the terminal's lines, and none is too wide."""
    drawn: list[Text] = frame(seen, size, now, looks or look())
    assert len(drawn) == size.lines
    assert max(cell_len(line.plain) for line in drawn) <= size.columns
    return [line.plain.rstrip() for line in drawn]


def split_of_two() -> Snapshot:
    """VI_1 split since twelve seconds, with an open incident; VI_2 steady; a serial link down."""
    judged = snapshots.verdict(
        VerdictKind.SPLIT_BRAIN, "lb01 and lb02 both hold 192.168.136.100", rule="SB1", age=12
    )
    both: tuple[tuple[str, bool | None], ...] = (("lb01", True), ("lb02", True))
    split = snapshots.router(judged, held_by=both, findings=(snapshots.BLOCKED_INBOUND,))
    calm = snapshots.router(instance="VI_2", vip="192.168.136.101")
    return snapshots.snapshot(calm, replace(split, incident=INCIDENT), links=(snapshots.UP, snapshots.DOWN))


def case(state: str = "open", who: str | None = None) -> dict[str, Json]:
    """The incident of `split_of_two`, as the socket tells it."""
    entry = {"time": "2026-06-01T00:00:00.000Z", "kind": "opened", "who": "lb01", "text": "split_brain"}
    code = {"person": "anna", "code": "47", "given": "2026-06-01T00:00:00.000Z", "retired": None}
    return {INCIDENT: {"state": state, "acknowledged_by": who, "codes": [code], "timeline": [entry]}}


def many(count: int) -> list[RouterView]:
    """So many virtual routers, all steady."""
    return [
        replace(snapshots.router(instance=f"VI_{number}", vip=f"10.1.0.{number}"), vrid=number)
        for number in range(1, count + 1)
    ]


def last_hour() -> Json:
    """A failover a quarter of an hour ago and back, and the split that stands now."""
    router = {"instance": "VI_1", "vrid": 51, "family": "ipv4"}
    vip = {"kind": "vip", "instance": "VI_1", "vip": snapshots.VIP}
    verdicts: list[tuple[float, float, object]] = [
        (-3600, -3000, None),
        (-3000, -1000, "steady"),
        (-1000, -998, "failover"),
        (-998, -600, "degraded"),
        (-600, -12, "steady"),
        (-12, 0, "split_brain"),
    ]
    first: list[tuple[float, float, object]] = [(-3600, -1000, True), (-1000, -600, False), (-600, 0, True)]
    second: list[tuple[float, float, object]] = [
        (-3600, -1000, False),
        (-1000, -600, True),
        (-600, -12, False),
        (-12, 0, True),
    ]
    made: list[tuple[dict[str, Any], Sequence[tuple[float, float, object]]]] = [
        ({"kind": "verdict", **router}, verdicts),
        ({"kind": "advertiser", **router, "node": "lb01"}, first),
        ({"kind": "advertiser", **router, "node": "lb02"}, second),
        ({**vip, "node": "lb01"}, first),
        ({**vip, "node": "lb02"}, second),
        ({"kind": "link", "peer": "lb02", "link": "lan"}, [(-3600, 0, "up")]),
        ({"kind": "link", "peer": "lb02", "link": "serial"}, [(-3600, -1800, "up"), (-1800, 0, "down")]),
        ({"kind": "agent", "peer": "lb02"}, [(-3600, 0, "up")]),
    ]
    lanes = [
        {**subject, "spans": [[start + EPOCH, end + EPOCH, value] for start, end, value in spans]}
        for subject, spans in made
    ]
    return {"node": "lb01", "pair": "web", "from": EPOCH - 3600, "to": EPOCH, "lanes": lanes}
