"""The metrics of the virtual routers: verdicts, findings, who holds what, and how the pair stands as a whole."""

from __future__ import annotations

from hawatch.exporter.metric_table.metric import ROUTER, Kind, Metric

VERDICT = Metric(
    name="hawatch_verdict",
    kind=Kind.GAUGE,
    labels=(*ROUTER, "verdict"),
    series="12 for each virtual router: one for each verdict",
    help="1 for the verdict that holds for the virtual router, 0 for each of the others.",
)
FINDING = Metric(
    name="hawatch_finding",
    kind=Kind.GAUGE,
    labels=(*ROUTER, "cause", "node", "severity"),
    series="one for each finding that stands: of a cause at most one for each node and severity, where all"
    " strangers together are one node",
    help="1 for each finding; node is the node it lies on, or foreign of one outside the pair."
    " A finding about a node as a whole has empty router labels.",
    absent="while there is no such finding",
)
SEVERITY = Metric(
    name="hawatch_severity",
    kind=Kind.GAUGE,
    labels=("pair", "severity"),
    series="4",
    help="1 for the worst severity of all verdicts and findings on this node, 0 for each of the others.",
)
VIP_HELD = Metric(
    name="hawatch_vip_held",
    kind=Kind.GAUGE,
    labels=(*ROUTER, "vip", "node"),
    series="one for each VIP and node, where all strangers together are one node",
    help="1 if the node holds the VIP, 0 if it does not.",
    absent="while it is unknown",
)
VERDICT_SINCE = Metric(
    name="hawatch_verdict_since_timestamp_seconds",
    kind=Kind.GAUGE,
    labels=ROUTER,
    series="one for each virtual router",
    help="When the present verdict began, in seconds since the epoch.",
)
LAST_MOVE = Metric(
    name="hawatch_last_move_timestamp_seconds",
    kind=Kind.GAUGE,
    labels=(*ROUTER, "kind"),
    series="at most one for each virtual router at a time; 3 over time",
    help="When the VIP last changed its owner, in seconds since the epoch; kind is switchover, failover or failback.",
    absent="before the first move that this agent saw",
)
MAINTENANCE = Metric(
    name="hawatch_maintenance",
    kind=Kind.GAUGE,
    labels=("pair",),
    series="1",
    help="1 while the pair is in maintenance: less is told to people.",
)
VERDICT_CHANGES = Metric(
    name="hawatch_verdict_changes_total",
    kind=Kind.COUNTER,
    labels=ROUTER,
    series="one for each virtual router",
    help="Changes of the verdict since the agent's start.",
)
ADVERTS = Metric(
    name="hawatch_adverts_total",
    kind=Kind.COUNTER,
    labels=(*ROUTER, "direction", "source", "valid"),
    series="at most 6 for each virtual router",
    help="VRRP advertisements seen on the wire: direction in or out, source self, peer or foreign,"
    " valid true if a conforming receiver takes them.",
)
OWNER_CHANGES = Metric(
    name="hawatch_owner_changes_total",
    kind=Kind.COUNTER,
    labels=ROUTER,
    series="one for each virtual router",
    help="Changes of the VIPs' owner since the agent's start.",
)
DETECTION = Metric(
    name="hawatch_detection_seconds",
    kind=Kind.HISTOGRAM,
    labels=("pair",),
    series="16: 14 buckets, their sum and count",
    help="Seconds from the first sign of trouble until the verdict, for each virtual router at every change to a"
    " verdict that is neither OK nor indeterminate. The first sign is the earliest that this agent knows: the second"
    " owner's first hold, advertisement or answer; a stranger's first packet; the former owner's last advertisement (so"
    " that a failover includes the Master_Down_Interval) or its resignation; the last sign of life of what fell silent."
    " Nothing is counted where none is known (why a standby cannot take over has no date), nor where it is older than"
    " the agent.",
)

METRICS = (
    VERDICT,
    FINDING,
    SEVERITY,
    VIP_HELD,
    VERDICT_SINCE,
    LAST_MOVE,
    MAINTENANCE,
    VERDICT_CHANGES,
    ADVERTS,
    OWNER_CHANGES,
    DETECTION,
)
