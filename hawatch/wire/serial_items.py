"""A report taken apart into the items of hawatch/wire/serial_datagram.py, and read from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hawatch.errors import DecodeError
from hawatch.wire import report_sections
from hawatch.wire.family import Family
from hawatch.wire.report import NodeReport, ReportedRouter
from hawatch.wire.sections import Cursor, varint
from hawatch.wire.serial_datagram import ItemKind, Key

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
    return replace(router, vips=router.vips[:MOST_VIPS], settings=None, findings=(), virtual_services=None)


def details_item(router: ReportedRouter) -> ReportedRouter:
    """What a DETAILS item says of it; the rest is left out or empty."""
    return ReportedRouter(
        vrid=router.vrid,
        family=router.family,
        configured_priority=0,
        advertised_priority=None,
        vips=(),
        advertising=None,
        settings=router.settings,
        findings=router.findings,
        virtual_services=router.virtual_services,
        all_virtual_services=router.all_virtual_services,
    )


def keys(report: NodeReport) -> list[Key]:
    """What there is to tell of a report."""
    alone = [(kind.value, b"") for kind in (ItemKind.NODE, ItemKind.ABOUT, ItemKind.SERVICES)]
    which = [about(router) for router in report.routers]
    return [*alone, *((kind.value, each) for kind in (ItemKind.ROUTER, ItemKind.DETAILS) for each in which)]


def body(key: Key, report: NodeReport, router: ReportedRouter | None) -> bytes:
    """The body of one item as of the report's moment; `router` is the one that it is about."""
    kind, _ = key
    bare = NodeReport(node=report.node, routers=(), daemon=report.daemon, going_down=report.going_down)
    if router is not None:
        said = router_item(router) if kind == ItemKind.ROUTER else details_item(router)
        return report_sections.write_router(said)
    if kind == ItemKind.NODE:
        which = [about(each) for each in report.routers]
        return varint(len(which)) + b"".join(which) + report_sections.write_node(bare)
    if kind == ItemKind.ABOUT:
        bare = replace(bare, addresses=report.addresses, macs=report.macs, version=report.version)
    else:
        bare = replace(bare, services=report.services)
    return report_sections.write_node(bare)


def routers_of_node(body: bytes) -> list[bytes]:
    """Which virtual routers a NODE item says that there are. Raises DecodeError."""
    cursor = Cursor(body)
    return [cursor.take(2) for _ in range(cursor.varint())]


def joined(parts: Mapping[int, bytes], routers: tuple[ReportedRouter, ...]) -> NodeReport:
    """The report whose NODE, ABOUT and SERVICES items these are (the last may be missing). Raises DecodeError."""
    cursor = Cursor(parts[ItemKind.NODE])
    cursor.take(2 * cursor.varint())
    node = report_sections.read(Cursor(cursor.data[cursor.position :])).report(leaving=False)
    known = report_sections.read(Cursor(parts[ItemKind.ABOUT]))
    services = report_sections.read(Cursor(parts.get(ItemKind.SERVICES, b""))).services
    return replace(
        node,
        routers=routers,
        addresses=known.addresses,
        macs=known.macs,
        version=known.version,
        services=services,
    )


def read_router(body: bytes) -> ReportedRouter:
    """The record of a ROUTER or a DETAILS item. Raises DecodeError."""
    routers = report_sections.read(Cursor(body)).routers
    if len(routers) != 1:
        raise DecodeError("malformed item")
    return routers[0]
