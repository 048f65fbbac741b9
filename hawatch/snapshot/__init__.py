"""The frozen picture that every reader sees: metrics, status, page, plugin. Swapped whole, never changed.

Times are monotonic seconds of this node; `wall_minus_monotonic` turns them into epoch seconds for people.
"""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.notification.mute import Mute
from hawatch.snapshot.desk import DeskView, DrillView, GuardView, LoopView, MonitorView
from hawatch.snapshot.parts import (
    LinkView,
    ObserverView,
    OutageView,
    PeerView,
    ReferenceView,
    ServiceView,
    WitnessView,
)
from hawatch.snapshot.router import (
    AdvertCount,
    AdvertiserView,
    CountersView,
    RouterView,
    SaidView,
    VipView,
    VirtualServiceView,
)
from hawatch.tally import NO_DETECTIONS, Tally
from hawatch.verdict import Finding, Severity

__all__ = [
    "AdvertCount",
    "AdvertiserView",
    "AgentView",
    "CountersView",
    "DeskView",
    "DrillView",
    "GuardView",
    "HttpView",
    "LinkView",
    "LoopView",
    "MonitorView",
    "ObserverView",
    "OutageView",
    "PeerView",
    "ReferenceView",
    "RouterView",
    "SaidView",
    "ServiceView",
    "Snapshot",
    "VipView",
    "VirtualServiceView",
    "WitnessView",
    "overall_severity",
]


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
