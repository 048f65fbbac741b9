"""What the other end of a serial line has still to be told: changes first, then all again and again in rotation.

The NODE item is always news at first: without it nothing that is told can be read.
Nothing is queued: an item is written with what is true when its turn comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hawatch.wire.report import NodeReport, ReportedRouter
from hawatch.wire.report_sections import write_router
from hawatch.wire.serial_datagram import URGENT_KINDS, Digests, Item, ItemKind, Key
from hawatch.wire.serial_items import (
    WriteRouter,
    about,
    about_item,
    body,
    details_item,
    in_runs,
    is_fresh,
    keys,
    router_item,
)
from hawatch.wire.serial_vips import SINCE_MINOR

REPEATS = 3
"""An item is told so many times before it counts as told, since nobody says what arrived."""
_SAME = 0.005
"""Seconds by which two readings of the same moment may differ."""

_Moments = tuple[float | None, ...]


@dataclass(slots=True)
class _Standing:
    """One item: what of it is compared, how often this edition was told, and in which turn last."""

    edition: int
    content: object
    moments: _Moments = ()
    times: int = 0
    turn: int = 0
    is_news: bool = False


class Telling:
    """One end's side of one line, for one run of the agent on the other end."""

    def __init__(self) -> None:
        self._standing: dict[Key, _Standing] = {}
        self._report = NodeReport(node="", routers=())
        self._routers: dict[bytes, ReportedRouter] = {}
        self._edition = 0
        self._turn = 0
        self._write_router: WriteRouter = write_router

    def listener_is(self, minor: int) -> None:
        """The other end's minor version, by which it is known what it can read; until then the oldest is spoken."""
        self._write_router = in_runs if minor >= SINCE_MINOR else write_router

    def start_over(self) -> None:
        """Another run listens: it knows nothing."""
        for key, standing in self._standing.items():
            standing.times = 0
            standing.is_news = standing.is_news or key[0] == ItemKind.NODE

    def refresh(self, report: NodeReport, now: float) -> None:
        """What is true as of now (monotonic seconds); what differs from what was told is news."""
        self._report = report
        self._routers = {about(router): router for router in report.routers}
        known, self._standing = self._standing, {}
        for key in keys(report):
            content, moments = _compared(key, report, self._routers.get(key[1]), now)
            before = known.get(key)
            if before is None or before.content != content or not _same(before.moments, moments):
                self._edition += 1
                is_news = key[0] == ItemKind.NODE or (before is not None and key[0] in URGENT_KINDS)
                before = _Standing(edition=self._edition, content=content, moments=moments, is_news=is_news)
            self._standing[key] = before

    def digests(self) -> Digests:
        """Of all items as of the last refresh."""
        return Digests.of({key: standing.edition for key, standing in self._standing.items()})

    @property
    def has_news(self) -> bool:
        """Whether something that makes verdicts has changed and was not told yet."""
        return any(standing.is_news for standing in self._standing.values())

    @property
    def is_behind(self) -> bool:
        """Whether something was not told often enough yet."""
        return any(standing.times < REPEATS for standing in self._standing.values())

    def news(self, room: int) -> tuple[Item, ...]:
        """The changes that make verdicts, as many as fit, one at the least."""
        due = (key for key, standing in self._standing.items() if standing.is_news)
        return self._take(due, room)

    def others(self, room: int) -> tuple[Item, ...]:
        """Those not told often enough, without those just taken: told least first, as many as fit, one if there is."""
        due = [
            key
            for key, each in self._standing.items()
            if each.times < REPEATS and not (each.times and each.turn == self._turn)
        ]
        return self._take(sorted(due, key=lambda key: (self._standing[key].times, *key)), room)

    def rest(self, room: int) -> tuple[Item, ...]:
        """Those told least, then those told longest ago, as many as fit, one at the least."""

        def order(key: Key) -> tuple[int, int, int]:
            each = self._standing[key]
            return min(each.times, REPEATS), each.turn if each.times >= REPEATS else 0, key[0]

        return self._take(sorted(self._standing, key=order), room)

    def _take(self, keys: Iterable[Key], room: int) -> tuple[Item, ...]:
        self._turn += 1
        items: list[Item] = []
        for key in keys:
            standing = self._standing[key]
            said = body(key, self._report, self._routers.get(key[1]), self._write_router)
            item = Item(kind=key[0], about=key[1], edition=standing.edition, body=said)
            room -= item.size
            if items and room < 0:
                break
            items.append(item)
            standing.is_news = False
            standing.times += 1
            standing.turn = self._turn
        return tuple(items)


def _compared(
    key: Key, report: NodeReport, told: ReportedRouter | None, now: float
) -> tuple[object, _Moments]:
    """What makes another edition: of durations the moment they began, of findings their causes, of the rest all."""
    kind, _ = key
    if told is None:
        return _compared_of_node(kind, report), ()
    if kind == ItemKind.DETAILS:
        causes = tuple((each.cause, each.severity) for each in told.findings)
        return (replace(details_item(told), findings=()), causes), ()
    router = router_item(told)
    ages = (router.heard_age, router.delivered_age)
    fresh = tuple(is_fresh(age, router) for age in ages)
    vips = tuple(replace(vip, for_seconds=0.0) for vip in router.vips)
    content = replace(router, vips=vips, heard_age=None, delivered_age=None)
    stale = [None if lively or age is None else now - age for age, lively in zip(ages, fresh, strict=True)]
    holds = [now - vip.for_seconds if vip.held else None for vip in router.vips]
    return (content, fresh), (*stale, *holds)


def _compared_of_node(kind: int, report: NodeReport) -> object:
    if kind == ItemKind.NODE:
        return (report.node, report.daemon, report.going_down, tuple(map(about, report.routers)))
    return about_item(report)


def _same(before: _Moments, after: _Moments) -> bool:
    return len(before) == len(after) and all(
        one is other if one is None or other is None else abs(one - other) <= _SAME
        for one, other in zip(before, after, strict=True)
    )
