"""What one agent tells another: the records. Their datagram form is in hawatch/wire/report_datagram.py."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from hawatch.plain import COLUMNS
from hawatch.wire.family import Family


class DaemonState(StrEnum):
    """What /proc says of keepalived's VRRP process."""

    RUNNING = "running"
    FROZEN = "frozen"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedVip:
    """What a node says of one VIP: held (None: it does not know) and for how many seconds without a break."""

    address: str
    held: bool | None
    for_seconds: float = 0.0


@lru_cache(maxsize=8192)
def not_held(address: str, held: bool | None) -> ReportedVip:  # noqa: FBT001 - a word, not a flag
    """The word on a VIP that is not held, or of which that is not known: a standby says it of thousands each second."""
    return ReportedVip(address=address, held=held)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedSettings:
    """What a node's keepalived is configured to send and to take, for comparison; never a password.

    `auth_fingerprint` is keyed with what the agents share. `destination` is the multicast group, or `unicast`;
    `source` and `unicast_peers` are None and empty where keepalived chooses them, or speaks to a group.
    """

    version: int
    auth_type: str
    auth_fingerprint: str | None
    destination: str
    source: str | None = None
    unicast_peers: tuple[str, ...] = ()
    checksum_as_v2: bool = False
    nopreempt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFinding:
    """What a node has found about itself: the cause's name, and what people are to read of it."""

    cause: str
    severity: str
    summary: str
    remedy: str = ""
    evidence: tuple[tuple[str, str], ...] = ()
    tell_apart: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedVirtualService:
    """What a node's kernel has of one virtual service of IPVS: its name (hawatch/wire/virtual_service.py), digests (8
    hexadecimal digits) of how it balances and of the real servers that get connections, and their number."""

    name: str
    make: str
    servers: str
    usable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRouter:
    """What a node says of one of its virtual routers; times in seconds.

    `advertising`: its own advertisements leave. `heard_priority` and `heard_age`: the last foreign advertisement on
    its wire. `ready`: could it take over now. `delivered_age`: the last foreign advertisement that reached its own
    sockets for protocol 112; None when that is not watched, or never happened. `findings` are about itself.
    `virtual_services` are those of its VIPs in its kernel, None when it has none configured or does not know; there
    may be more of them unless `all_virtual_services`.
    """

    vrid: int
    family: Family
    configured_priority: int
    advertised_priority: int | None
    vips: Annotated[tuple[ReportedVip, ...], COLUMNS]
    advertising: bool | None
    heard_priority: int | None = None
    heard_age: float | None = None
    ready: bool | None = None
    advert_interval: float = 1.0
    delivered_age: float | None = None
    settings: ReportedSettings | None = None
    findings: tuple[ReportedFinding, ...] = ()
    virtual_services: tuple[ReportedVirtualService, ...] | None = None
    all_virtual_services: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedService:
    """What a node says of one of its services, by the name that its configuration gives it; None: it does not know."""

    name: str
    up: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReport:
    """All that a node says of itself in one datagram; `expected_return` (seconds) belongs to a goodbye, and
    `going_down` says that the whole host ends. `wall_time` is its wall clock in epoch seconds at the sending.

    A report too large for one datagram comes in `slices` datagrams, each with all that is about the node and a part
    of the routers: a router that is missing from a slice may be in another one.
    """

    node: str
    routers: tuple[ReportedRouter, ...]
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    daemon: DaemonState | None = None
    leaving: bool = False
    expected_return: float | None = None
    version: str = ""
    wall_time: float | None = None
    going_down: bool = False
    slice_number: int = 0
    slices: int = 1
    services: tuple[ReportedService, ...] = ()
