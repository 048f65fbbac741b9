"""One virtual router in the picture: its verdict, its VIPs, who advertises, and what the verdict rests on."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.verdict import Finding, Move, Verdict
from hawatch.wire.family import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class VipView:
    """Who holds one VIP; None in `held_by` means unknown, and is neither yes nor no.

    `answered_by_another` is what the last probe round found, asked at `probed_at`.
    """

    address: str
    held_by: tuple[tuple[str, bool | None], ...]
    probed_at: float | None = None
    answered_by_another: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertCount:
    """Advertisements counted since the agent's start: direction `in` or `out`, source `self`, `peer` or `foreign`."""

    direction: str
    source: str
    valid: bool
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertiserView:
    """Whether a node was heard advertising for a virtual router, within the time that its last word is good for.

    `heard` is None while this node cannot tell. `last_at`: its last advertisement, one of priority 0 included.
    """

    node: str
    heard: bool | None
    last_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountersView:
    """This node's keepalived's own counters for one virtual router, by keepalived's names, as it gave them at `at`."""

    at: float
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidView:
    """What this node's keepalived said at `at`, and so often since, give or take `within` seconds; `mouth`: by its
    journal, log or FIFO."""

    at: float
    within: float
    text: str
    mouth: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServiceView:
    """A virtual service of IPVS in this node's kernel: how many real servers get connections, of how many configured.

    `usable` is None where the kernel has no such service.
    """

    name: str
    usable: int | None
    configured: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterView:
    """One virtual router with its verdict, and what the verdict rests on (`evidence`: fact name to value).

    `last_departure` is the last switchover or failover, which a failback does not hide. `keepalived_counters` are
    there while they are fresh: they are only read in trouble. `advertising`: this node's advertisements leave.
    `silent` has the seconds since each member's last advertisement with a priority, None for one that was never heard;
    `down_interval` is the longest Master_Down_Interval of the pair. `advertisers`: who was heard advertising, this node
    and its members. `virtual_services` are those of its VIPs by IPVS, None where that is not known. `said`: the last
    words of this node's keepalived about it.
    """

    instance: str
    interface: str
    family: Family
    vrid: int
    verdict: Verdict
    findings: tuple[Finding, ...]
    owners: tuple[str, ...]
    preferred_owner: str | None
    vips: tuple[VipView, ...]
    last_move: Move | None
    last_departure: Move | None = None
    evidence: tuple[tuple[str, str | float | bool | None], ...]
    adverts: tuple[AdvertCount, ...] = ()
    verdict_changes: int = 0
    owner_changes: int = 0
    incident: str | None = None
    keepalived_counters: CountersView | None = None
    advertising: bool | None = None
    silent: tuple[tuple[str, float | None], ...] = ()
    down_interval: float = 0.0
    advertisers: tuple[AdvertiserView, ...] = ()
    virtual_services: tuple[VirtualServiceView, ...] | None = None
    said: tuple[SaidView, ...] = ()
