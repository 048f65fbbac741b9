"""The sections of a report datagram: a kind (1 byte), a length (1 or more), and the value.

Durations are whole milliseconds and stamps microseconds. One IPv4 virtual router with one VIP takes about 20 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from hawatch.errors import DecodeError
from hawatch.wire.address import address_text, mac_bytes, mac_text
from hawatch.wire.family import Family
from hawatch.wire.report import (
    DaemonState,
    NodeReport,
    ReportedFinding,
    ReportedRouter,
    ReportedService,
)
from hawatch.wire.report_findings import read_finding, write_findings
from hawatch.wire.report_services import read_services, write_services
from hawatch.wire.report_settings import read_settings, write_settings
from hawatch.wire.report_vips import packed_address, read_vips, write_vips
from hawatch.wire.report_virtual_services import read_virtual_services, write_virtual_services
from hawatch.wire.sections import Cursor, milliseconds, section, text_of, varint

_DAEMON_STATES = (None, DaemonState.RUNNING, DaemonState.FROZEN, DaemonState.DEAD)
_TRISTATES = (None, False, True)


class Kind(IntEnum):
    """What a section holds; a reader skips what it does not know."""

    NODE = 1
    TIMING = 2
    ROUTER = 3
    ADDRESSES = 4
    MACS = 5
    SOFTWARE = 6
    SLICE = 7
    RETURN = 8
    FINDING = 9
    WALL_TIME = 10
    GOING_DOWN = 11
    VIRTUAL_SERVICES = 15
    SERVICES = 12
    VIP_RUNS = 16


@dataclass(slots=True)
class Contents:
    """What a datagram's sections said."""

    node: str = ""
    daemon: DaemonState | None = None
    stamp: int = 0
    echoed_stamp: int | None = None
    held: int = 0
    routers: tuple[ReportedRouter, ...] = ()
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    version: str = ""
    expected_return: float | None = None
    wall_time: float | None = None
    going_down: bool = False
    slice_number: int = 0
    slices: int = 1
    services: tuple[ReportedService, ...] = ()

    def report(self, *, leaving: bool) -> NodeReport:
        """The record; raises DecodeError when no section named the node."""
        if not self.node:
            raise DecodeError("malformed node name")
        return NodeReport(
            node=self.node,
            routers=self.routers,
            addresses=self.addresses,
            macs=self.macs,
            daemon=self.daemon,
            leaving=leaving,
            expected_return=self.expected_return,
            version=self.version,
            wall_time=self.wall_time,
            going_down=self.going_down,
            slice_number=self.slice_number,
            slices=self.slices,
            services=self.services,
        )


def write_timing(stamp: int, echoed_stamp: int | None, held: int) -> bytes:
    """The sender's clock, and what it last heard of the receiver's."""
    value = stamp.to_bytes(6, "big")
    if echoed_stamp is not None:
        value += echoed_stamp.to_bytes(6, "big") + varint(held)
    return section(Kind.TIMING, value)


def write_slice(number: int, slices: int) -> bytes:
    """Which part of a report a datagram is, counted from 0."""
    return section(Kind.SLICE, varint(number) + varint(slices))


def write_node(report: NodeReport) -> bytes:
    """Everything about the node itself."""
    name = report.node.encode()
    encoded = section(Kind.NODE, bytes((_DAEMON_STATES.index(report.daemon),)) + varint(len(name)) + name)
    if report.addresses:
        packed = [packed_address(address) for address in report.addresses]
        encoded += section(Kind.ADDRESSES, b"".join(bytes((len(each),)) + each for each in packed))
    if report.macs:
        encoded += section(Kind.MACS, b"".join(_packed_mac(mac) for mac in report.macs))
    if report.version:
        encoded += section(Kind.SOFTWARE, report.version.encode())
    if report.expected_return is not None:
        encoded += section(Kind.RETURN, milliseconds(report.expected_return))
    if report.wall_time is not None:
        encoded += section(Kind.WALL_TIME, varint(max(0, round(report.wall_time * 1e6))))
    if report.going_down:
        encoded += section(Kind.GOING_DOWN, b"")
    if report.services:
        encoded += section(Kind.SERVICES, write_services(report.services))
    return encoded


def write_router(router: ReportedRouter) -> bytes:
    """One virtual router with its VIPs, and behind it what its node has found about itself."""
    flags = (
        (router.family is Family.IPV6)
        | _TRISTATES.index(router.advertising) << 1
        | _TRISTATES.index(router.ready) << 3
        | (router.advertised_priority is not None) << 5
        | (router.heard_priority is not None) << 6
        | (router.heard_age is not None) << 7
    )
    head = bytes((flags, router.vrid, router.configured_priority))
    head += bytes(each for each in (router.advertised_priority, router.heard_priority) if each is not None)
    if router.heard_age is not None:
        head += milliseconds(router.heard_age)
    head += milliseconds(router.advert_interval)
    body = head + write_vips(router.vips) + _more(router)
    findings = b"".join(section(Kind.FINDING, each) for each in write_findings(router.findings))
    services = b""
    if router.virtual_services is not None:
        services = section(Kind.VIRTUAL_SERVICES, write_virtual_services(router.virtual_services))
    return section(Kind.ROUTER, body) + findings + services


def _more(router: ReportedRouter) -> bytes:
    """What minor version 1 adds behind the VIPs."""
    flags = (router.delivered_age is not None) | (router.settings is not None) << 1
    encoded = bytes((flags,))
    if router.delivered_age is not None:
        encoded += milliseconds(router.delivered_age)
    if router.settings is not None:
        encoded += write_settings(router.settings)
    return encoded


def _packed_mac(mac: str) -> bytes:
    packed = mac_bytes(mac)
    if len(packed) != 6:
        raise ValueError(f"{mac!r} is not an Ethernet address")
    return packed


def read(cursor: Cursor) -> Contents:
    """All sections up to the end; raises DecodeError for what cannot be understood."""
    contents = Contents()
    routers: list[ReportedRouter] = []
    while not cursor.exhausted:
        kind, value = cursor.section()
        if kind == Kind.ROUTER:
            routers.append(_read_router(Cursor(value)))
        elif kind == Kind.FINDING:
            _attach(routers, read_finding(Cursor(value)))
        elif kind == Kind.VIRTUAL_SERVICES:
            _attach_services(routers, Cursor(value))
        else:
            _read_into(contents, kind, Cursor(value))
    contents.routers = tuple(routers)
    return contents


def _attach(routers: list[ReportedRouter], finding: ReportedFinding) -> None:
    """A finding belongs to the router before it."""
    if not routers:
        raise DecodeError("malformed finding")
    routers[-1] = replace(routers[-1], findings=(*routers[-1].findings, finding))


def _attach_services(routers: list[ReportedRouter], value: Cursor) -> None:
    """The virtual services belong to the router before them, too."""
    if not routers:
        raise DecodeError("malformed virtual services")
    services, complete = read_virtual_services(value)
    routers[-1] = replace(routers[-1], virtual_services=services, all_virtual_services=complete)


def _read_into(contents: Contents, kind: int, value: Cursor) -> None:
    match kind:
        case Kind.NODE:
            state = value.byte()
            contents.daemon = _DAEMON_STATES[state] if state < len(_DAEMON_STATES) else None
            contents.node = text_of(value.take(value.varint()))
        case Kind.TIMING:
            contents.stamp = value.number(6)
            if not value.exhausted:
                contents.echoed_stamp, contents.held = value.number(6), value.varint()
        case Kind.ADDRESSES:
            contents.addresses = _read_addresses(value)
        case Kind.MACS:
            contents.macs = tuple(mac_text(value.take(6)) for _ in range(len(value.data) // 6))
        case Kind.SOFTWARE:
            contents.version = text_of(value.data)
        case Kind.SLICE:
            contents.slice_number, contents.slices = value.varint(), value.varint()
        case Kind.RETURN:
            contents.expected_return = value.varint() / 1000
        case Kind.WALL_TIME:
            contents.wall_time = value.varint() / 1e6
        case Kind.GOING_DOWN:
            contents.going_down = True
        case Kind.SERVICES:
            contents.services = tuple(read_services(value))
        case _:
            pass  # of a newer minor version


def _read_router(value: Cursor) -> ReportedRouter:
    flags, vrid, configured = value.byte(), value.byte(), value.byte()
    advertised = value.byte() if flags & 1 << 5 else None
    heard_priority = value.byte() if flags & 1 << 6 else None
    heard_age = value.varint() / 1000 if flags & 1 << 7 else None
    interval = value.varint() / 1000
    vips = read_vips(value)
    more = 0 if value.exhausted else value.byte()
    delivered_age = value.varint() / 1000 if more & 1 else None
    settings = read_settings(value) if more & 2 else None
    return ReportedRouter(
        vrid=vrid,
        family=Family.IPV6 if flags & 1 else Family.IPV4,
        configured_priority=configured,
        advertised_priority=advertised,
        vips=vips,
        advertising=_tristate(flags >> 1),
        heard_priority=heard_priority,
        heard_age=heard_age,
        ready=_tristate(flags >> 3),
        advert_interval=interval,
        delivered_age=delivered_age,
        settings=settings,
    )


def _read_addresses(value: Cursor) -> tuple[str, ...]:
    addresses = []
    while not value.exhausted:
        length = value.byte()
        if length not in (4, 16):
            raise DecodeError("malformed address")
        addresses.append(address_text(value.take(length)))
    return tuple(addresses)


def _tristate(bits: int) -> bool | None:
    return _TRISTATES[bits & 3] if bits & 3 < len(_TRISTATES) else None
