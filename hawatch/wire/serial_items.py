"""A report taken apart into the items of hawatch/wire/serial_datagram.py, and read from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from hawatch.errors import DecodeError
from hawatch.wire import report_sections
from hawatch.wire.family import Family
from hawatch.wire.report import NodeReport, ReportedRouter
from hawatch.wire.sections import Cursor, section, varint
from hawatch.wire.serial_datagram import ItemKind, Key
from hawatch.wire.serial_vips import read_runs, write_runs

MOST_VIPS = 200
"""VIPs of one virtual router beyond this are not told over a serial line."""

_FAMILIES = (Family.IPV4, Family.IPV6)


def is_fresh(age: float | None, router: ReportedRouter) -> bool:
    """Whether an age is that of a stream that goes on: then it is told as it was, and else it grows with time."""
    return age is not None and age <= 2 * router.advert_interval + 0.2


def about(router: ReportedRouter) -> bytes:
    """What the items of one virtual router are about."""
    return bytes((_FAMILIES.index(router.family), router.vrid))


def router_item(router: ReportedRouter) -> ReportedRouter:
    """What a ROUTER item says of it."""
    return joined_router(router, _blank(router))


def details_item(router: ReportedRouter) -> ReportedRouter:
    """What a DETAILS item says of it: all that a ROUTER item does not."""
    return joined_router(_blank(router), router)


def about_item(report: NodeReport) -> NodeReport:
    """What an ABOUT item says of a node: all that no other item does, and that stays as it is."""
    return replace(
        report,
        routers=(),
        daemon=None,
        going_down=False,
        leaving=False,
        expected_return=None,
        wall_time=None,
    )


def _blank(router: ReportedRouter) -> ReportedRouter:
    return ReportedRouter(
        vrid=router.vrid,
        family=router.family,
        configured_priority=0,
        advertised_priority=None,
        vips=(),
        advertising=None,
    )


def joined_router(state: ReportedRouter, details: ReportedRouter) -> ReportedRouter:
    """What a ROUTER item tells of the first, and all else of the second, which is the same virtual router."""
    return replace(
        details,
        configured_priority=state.configured_priority,
        advertised_priority=state.advertised_priority,
        vips=state.vips[:MOST_VIPS],
        advertising=state.advertising,
        heard_priority=state.heard_priority,
        heard_age=state.heard_age,
        ready=state.ready,
        advert_interval=state.advert_interval,
        delivered_age=state.delivered_age,
    )


def keys(report: NodeReport) -> list[Key]:
    """What there is to tell of a report."""
    alone = [(kind.value, b"") for kind in (ItemKind.NODE, ItemKind.ABOUT)]
    which = [about(router) for router in report.routers]
    return [*alone, *((kind.value, each) for kind in (ItemKind.ROUTER, ItemKind.DETAILS) for each in which)]


WriteRouter = Callable[[ReportedRouter], bytes]


def in_runs(router: ReportedRouter) -> bytes:
    """A virtual router for an end that knows runs: its VIPs stand behind it, where they take the least."""
    bare = report_sections.write_router(replace(router, vips=()))
    return bare + section(report_sections.Kind.VIP_RUNS, write_runs(router.vips)) if router.vips else bare


def body(key: Key, report: NodeReport, router: ReportedRouter | None, write_router: WriteRouter) -> bytes:
    """The body of one item as of the report's moment; `router` is the one that it is about."""
    kind, _ = key
    if router is not None:
        return write_router(router_item(router) if kind == ItemKind.ROUTER else details_item(router))
    if kind == ItemKind.ABOUT:
        return report_sections.write_node(about_item(report))
    bare = NodeReport(node=report.node, routers=(), daemon=report.daemon, going_down=report.going_down)
    which = [about(each) for each in report.routers]
    return varint(len(which)) + b"".join(which) + report_sections.write_node(bare)


def routers_of_node(body: bytes) -> list[bytes]:
    """Which virtual routers a NODE item says that there are. Raises DecodeError."""
    cursor = Cursor(body)
    return [cursor.take(2) for _ in range(cursor.varint())]


def joined(parts: Mapping[int, bytes], routers: tuple[ReportedRouter, ...]) -> NodeReport:
    """The report whose NODE and ABOUT items these are; the latter may be missing yet. Raises DecodeError."""
    cursor = Cursor(parts[ItemKind.NODE])
    cursor.take(2 * cursor.varint())
    node = report_sections.read(Cursor(cursor.data[cursor.position :])).report(leaving=False)
    if ItemKind.ABOUT not in parts:
        return replace(node, routers=routers)
    return replace(
        report_sections.read(Cursor(parts[ItemKind.ABOUT])).report(leaving=False),
        node=node.node,
        routers=routers,
        daemon=node.daemon,
        going_down=node.going_down,
    )


def read_router(body: bytes) -> ReportedRouter:
    """The record of a ROUTER or a DETAILS item. Raises DecodeError."""
    routers = report_sections.read(Cursor(body)).routers
    if len(routers) != 1:
        raise DecodeError("malformed item")
    cursor = Cursor(body)
    while not cursor.exhausted:
        kind, encoded = cursor.section()
        if kind == report_sections.Kind.VIP_RUNS:
            return replace(routers[0], vips=read_runs(encoded))
    return routers[0]
