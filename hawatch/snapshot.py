"""The frozen picture that every reader sees: metrics, status, page, plugin. Swapped whole, never changed.

Times are monotonic seconds of this node; `wall_minus_monotonic` turns them into epoch seconds for people.
"""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.incident import Incident
from hawatch.notification.mute import Mute
from hawatch.tally import NO_DETECTIONS, Tally
from hawatch.verdict import Finding, Move, Severity, Verdict
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """One path to a peer: state `up`, `down` or `unknown`; loss over the last minute, 0 to 1."""

    name: str
    state: str
    rtt_seconds: float | None
    loss_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerView:
    """A peer: its agent is `up`, `silent` (had one), `left` (said goodbye) or `none` (never had one).

    Its wall clock is `clock_offset_seconds` ahead of ours, None while that is not known. `daemon` is its keepalived as
    its agent says now: `running`, `frozen`, `dead`, or None while that is not known. `address` is where its agent
    ought to be reached, None while that is not known, or nobody but the wire says that there is such a peer
    (`hearsay`): whoever can speak on the LAN can invent that one. `services` are those that its agent looks at, by
    name: whether they work there, None while it does not know.
    """

    name: str
    agent: str
    links: tuple[LinkView, ...]
    clock_offset_seconds: float | None = None
    daemon: str | None = None
    address: str | None = None
    hearsay: bool = False
    services: tuple[tuple[str, bool | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceView:
    """A reference address: state `up`, `down` or `unknown`."""

    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageView:
    """A time in which clients were without service, as a witness measured it: `began_at` in monotonic seconds.

    `seconds` is None while it goes on; `lost` requests failed, and either end may be wrong by `within` seconds.
    """

    service: str
    began_at: float
    seconds: float | None
    lost: int
    within: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessView:
    """A witness: it, and each service through a VIP as it says, is `up`, `down` or `unknown`."""

    name: str
    state: str
    services: tuple[tuple[str, str], ...] = ()
    last_outage: OutageView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service on a node: state `up`, `down` or `unknown`."""

    name: str
    node: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardView:
    """The guard of a service on this node: its state (hawatch/guard/record.py), since when (epoch seconds), how many of
    its restarts it has made in this trouble, why the VIP stays here all the same, and what it has done in all."""

    service: str
    state: str
    since: float
    attempts: int = 0
    refusal: str | None = None
    restarts: int = 0
    gave_up: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserverView:
    """Whether one observer sees, and if not, why."""

    name: str
    up: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorView:
    """A monitoring tool in which acknowledgements are shown: `requests` counts what came of turning to it, by result.

    `looked_at` is when this node did last, in epoch seconds (None: never); `problem` is why it cannot.
    """

    name: str
    requests: tuple[tuple[str, int], ...]
    looked_at: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopView:
    """The reply path of a channel: whether the last probe came back, how long the last that did took, and when that
    was (epoch seconds). None: not known yet."""

    channel: str
    up: bool | None = None
    seconds: float | None = None
    succeeded_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillView:
    """The pair's latest drill that was graded, at `at` (epoch seconds).

    `outages` are by move and client the seconds without an answer, `verdicts` by move and virtual router those until
    the verdict.
    """

    at: float
    passed: bool
    outages: tuple[tuple[str, str, float], ...] = ()
    verdicts: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """What the on-call desk adds to the picture: the incidents that are open, and what is muted, now or later.

    `notifications` counts what came of messages since the agent's start, by channel and result; `waiting` are the
    messages that this node has still to hand over. `notification_seconds` tells by channel how long messages that were
    due took into the gateway's hands. `put_aside` counts what came in and was not taken, by channel and reason, where
    that is kept apart (mail); `webhooks` what providers have posted, by channel and result. `loops` are of the channels
    that are probed. `passive_results` and `passive_accepted` are
    as in Snapshot.
    """

    open: tuple[Incident, ...] = ()
    mutes: tuple[Mute, ...] = ()
    notifications: tuple[tuple[str, str, int], ...] = ()
    waiting: int = 0
    put_aside: tuple[tuple[str, str, int], ...] = ()
    webhooks: tuple[tuple[str, str, int], ...] = ()
    loops: tuple[LoopView, ...] = ()
    notification_seconds: tuple[tuple[str, Tally], ...] = ()
    passive_results: tuple[tuple[str, str, int], ...] = ()
    passive_accepted: tuple[tuple[str, float], ...] = ()
    monitors: tuple[MonitorView, ...] = ()
    drill: DrillView | None = None
    guards: tuple[GuardView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpView:
    """Where this agent's HTTP side is reached; `address` is None while it is not known by which others do."""

    address: str | None
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """What the agent adds to the picture of itself; both are as in Snapshot."""

    http: HttpView | None = None
    detection_seconds: Tally = NO_DETECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """This node's whole picture at one moment `at`; `daemon` is its keepalived, in the words of PeerView.

    `maintenance` and `silences` are in force; `notifications`, `notification_seconds`, `put_aside`, `webhooks`,
    `loops` and `outbox_waiting` are as in DeskView. `detection_seconds`: how long verdicts took from the first sign of
    trouble.
    `passive_results` counts what came of passive results by target and result (`accepted`, `failed`);
    `passive_accepted` says by target when one was accepted last, in epoch seconds. `http` is None where nothing is
    served. `incidents_open` are their names, and `incident_versions` one more with every change of each. `said` is
    what this node's keepalived said last that is about no virtual router in particular.
    """

    at: float
    wall_minus_monotonic: float
    node: str
    pair: str
    version: str
    severity: Severity
    routers: tuple[RouterView, ...]
    peers: tuple[PeerView, ...] = ()
    references: tuple[ReferenceView, ...] = ()
    services: tuple[ServiceView, ...] = ()
    witnesses: tuple[WitnessView, ...] = ()
    observers: tuple[ObserverView, ...] = ()
    node_findings: tuple[Finding, ...] = ()
    captures_dropped: int = 0
    maintenance: Mute | None = None
    silences: tuple[Mute, ...] = ()
    incidents_open: tuple[str, ...] = ()
    incident_versions: tuple[int, ...] = ()
    notifications: tuple[tuple[str, str, int], ...] = ()
    outbox_waiting: int = 0
    put_aside: tuple[tuple[str, str, int], ...] = ()
    webhooks: tuple[tuple[str, str, int], ...] = ()
    loops: tuple[LoopView, ...] = ()
    notification_seconds: tuple[tuple[str, Tally], ...] = ()
    detection_seconds: Tally = NO_DETECTIONS
    passive_results: tuple[tuple[str, str, int], ...] = ()
    passive_accepted: tuple[tuple[str, float], ...] = ()
    monitors: tuple[MonitorView, ...] = ()
    drill: DrillView | None = None
    guards: tuple[GuardView, ...] = ()
    http: HttpView | None = None
    daemon: str | None = None
    said: tuple[SaidView, ...] = ()


def overall_severity(routers: tuple[RouterView, ...], node_findings: tuple[Finding, ...]) -> Severity:
    """The worst of all verdicts and findings; info counts as ok."""
    found = [router.verdict.severity for router in routers]
    found += [finding.severity for router in routers for finding in router.findings]
    found += [finding.severity for finding in node_findings]
    worst = max(found, key=lambda severity: severity.badness, default=Severity.UNKNOWN)
    return Severity.OK if worst is Severity.INFO else worst
