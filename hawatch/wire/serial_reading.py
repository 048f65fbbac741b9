"""What a serial line has told of the other end, put together to the report that would have come by UDP.

A digest that fits says that everything stands as it was told; durations have grown by the time that has passed on the
sender's clock. Until it fits, only what a datagram itself says is reported, as a slice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hawatch.wire.report import NodeReport, ReportedRouter
from hawatch.wire.report_datagram import STAMP_BITS
from hawatch.wire.serial_datagram import Digests, Item, ItemKind, Key, SlowReport
from hawatch.wire.serial_items import is_fresh, joined, joined_router, read_router, routers_of_node

MOST_ITEMS = 2048
_PART = 2
"""A report of more slices than one: what is missing in it may be in another."""


@dataclass(frozen=True, slots=True)
class _Known:
    item: Item
    stamp: int
    router: ReportedRouter | None


@dataclass(frozen=True, slots=True)
class Word:
    """What a datagram makes known; `exact`: settings and findings, too, are as of its sending."""

    report: NodeReport
    exact: bool


class Reading:
    """One end's side of one line, for one run of the agent on the other end."""

    def __init__(self) -> None:
        self._known: dict[Key, _Known] = {}
        self._sequence = -1

    def take(self, told: SlowReport) -> Word | None:
        """The report as of this datagram's sending; None while too little is known, or a later one came before.

        Raises DecodeError when an item is not understood.
        """
        for item in told.items:
            self._learn(item, told.envelope.stamp)
        if told.envelope.sequence < self._sequence:
            return None
        self._sequence = told.envelope.sequence
        parts = {kind: known.item.body for (kind, about), known in self._known.items() if not about}
        if not self._says_enough(parts):
            return None
        ours = Digests.of({key: known.item.edition for key, known in self._known.items()})
        stands = ours.urgent == told.digests.urgent
        named = None if stands else {item.about for item in told.items if item.kind == ItemKind.ROUTER}
        report = replace(
            joined(parts, self._routers(named, told.envelope.stamp)),
            leaving=told.leaving,
            expected_return=told.expected_return,
            wall_time=told.wall_time,
            slices=1 if stands else _PART,
        )
        return Word(report, exact=ours == told.digests)

    def _says_enough(self, parts: Mapping[int, bytes]) -> bool:
        """Whether the node and, if it has any, one virtual router is known; what is ABOUT it may come later."""
        node = parts.get(ItemKind.NODE)
        if node is None:
            return False
        return not routers_of_node(node) or any(kind == ItemKind.ROUTER for kind, _ in self._known)

    def _learn(self, item: Item, stamp: int) -> None:
        """Of an item that was told in another edition before, the later edition counts; of the same, the later word."""
        before = self._known.get(item.key)
        if before is not None and (before.item.edition, _since(stamp, before.stamp) < 0) > (
            item.edition,
            False,
        ):
            return
        if before is None and len(self._known) >= MOST_ITEMS:
            return
        is_router = item.kind in {ItemKind.ROUTER, ItemKind.DETAILS}
        self._known[item.key] = _Known(item, stamp, read_router(item.body) if is_router else None)
        if item.kind == ItemKind.NODE:
            there = set(routers_of_node(item.body))
            self._known = {key: known for key, known in self._known.items() if not key[1] or key[1] in there}

    def _routers(self, named: set[bytes] | None, stamp: int) -> tuple[ReportedRouter, ...]:
        """Those that are named, or (None) all."""
        return tuple(
            self._router(known.router, passed=max(0.0, _since(stamp, known.stamp)), about=about)
            for (kind, about), known in sorted(self._known.items(), key=lambda each: each[0])
            if known.router and kind == ItemKind.ROUTER and (named is None or about in named)
        )

    def _router(self, router: ReportedRouter, *, passed: float, about: bytes) -> ReportedRouter:
        """What lasts has lasted longer by the seconds that have passed since it was told."""
        details = self._known.get((ItemKind.DETAILS.value, about))
        more = details.router if details else None

        def grown(age: float | None) -> float | None:
            return age if age is None or is_fresh(age, router) else age + passed

        grown_router = replace(
            router,
            vips=tuple(
                replace(vip, for_seconds=vip.for_seconds + passed) if vip.held else vip for vip in router.vips
            ),
            heard_age=grown(router.heard_age),
            delivered_age=grown(router.delivered_age),
        )
        return grown_router if more is None else joined_router(grown_router, more)


def _since(stamp: int, before: int) -> float:
    """Seconds from one stamp to another, which wrap around; negative when the other was later."""
    half = 1 << STAMP_BITS - 1
    return ((stamp - before + half) % (1 << STAMP_BITS) - half) / 1e6
