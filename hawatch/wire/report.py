"""What one agent tells another: the records. Their datagram form is in hawatch/wire/report_datagram.py."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRouter:
    """What a node says of one of its virtual routers; times in seconds.

    `advertising`: its own advertisements leave. `heard_priority` and `heard_age`: the last foreign advertisement on
    its wire. `ready`: could it take over now.
    """

    vrid: int
    family: Family
    configured_priority: int
    advertised_priority: int | None
    vips: tuple[ReportedVip, ...]
    advertising: bool | None
    heard_priority: int | None = None
    heard_age: float | None = None
    ready: bool | None = None
    advert_interval: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReport:
    """All that a node says of itself in one datagram; `expected_return` (seconds) belongs to a goodbye.

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
    slice_number: int = 0
    slices: int = 1
