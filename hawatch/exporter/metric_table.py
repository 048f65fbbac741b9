"""Every metric of hawatch as data: what the collector exports and docs/metrics.md describes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ROUTER = ("pair", "vrrp_instance", "interface", "vrid", "family")


class Kind(StrEnum):
    """Prometheus's metric types, as far as they are used here."""

    GAUGE = "gauge"
    COUNTER = "counter"
    INFO = "info"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric family: `name` is what a query types (a counter's with `_total`, an info's with `_info`).

    `series` says how many of them one agent can have.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    series: str
    help: str
    absent: str = ""


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
OWNER_CHANGES = Metric(
    name="hawatch_owner_changes_total",
    kind=Kind.COUNTER,
    labels=ROUTER,
    series="one for each virtual router",
    help="Changes of the VIPs' owner since the agent's start.",
)
PEER_AGENT = Metric(
    name="hawatch_peer_agent",
    kind=Kind.GAUGE,
    labels=("pair", "peer", "state"),
    series="4 for each peer",
    help="1 for the state of the peer's agent: up, silent (it had one), left (it said goodbye), none (never had one).",
)
PEER_LINK_UP = Metric(
    name="hawatch_peer_link_up",
    kind=Kind.GAUGE,
    labels=("pair", "peer", "link"),
    series="one for each link to a peer",
    help="1 if the path to the peer works, 0 if it does not.",
    absent="while it is unknown",
)
PEER_RTT = Metric(
    name="hawatch_peer_rtt_seconds",
    kind=Kind.GAUGE,
    labels=("pair", "peer", "link"),
    series="one for each link to a peer",
    help="The latest round-trip time to the peer, in seconds.",
    absent="while it is unknown",
)
PEER_LOSS = Metric(
    name="hawatch_peer_loss_ratio",
    kind=Kind.GAUGE,
    labels=("pair", "peer", "link"),
    series="one for each link to a peer",
    help="Share of echoes to the peer that were lost during the last minute, 0 to 1.",
    absent="while it is unknown",
)
REFERENCE_UP = Metric(
    name="hawatch_reference_up",
    kind=Kind.GAUGE,
    labels=("pair", "reference"),
    series="one for each reference",
    help="1 if the reference address answers, 0 if it does not.",
    absent="while it is unknown",
)
SERVICE_UP = Metric(
    name="hawatch_service_up",
    kind=Kind.GAUGE,
    labels=("pair", "service", "node"),
    series="one for each service and node",
    help="1 if the service works on the node, 0 if it does not; where it ought to is told by the finding service_down.",
    absent="while it is unknown",
)
GUARD_STATE = Metric(
    name="hawatch_guard_state",
    kind=Kind.GAUGE,
    labels=("pair", "service", "state"),
    series="8 for each guarded service: one for each state",
    help="1 for the state of the service's guard on this node (docs/guard.md), 0 for each of the others.",
)
GUARD_RESTARTS = Metric(
    name="hawatch_guard_restarts_total",
    kind=Kind.COUNTER,
    labels=("pair", "service"),
    series="one for each guarded service",
    help="Restarts that the guard of the service has begun on this node, also before the agent's start.",
)
GUARD_GIVE_UPS = Metric(
    name="hawatch_guard_give_ups_total",
    kind=Kind.COUNTER,
    labels=("pair", "service"),
    series="one for each guarded service",
    help="How often the guard of the service has given this node's VIPs up, also before the agent's start.",
)
REAL_SERVERS = Metric(
    name="hawatch_virtual_service_real_servers",
    kind=Kind.GAUGE,
    labels=(*ROUTER, "service", "state"),
    series="2 for each virtual service of keepalived.conf, and of one virtual router 128 at the most",
    help="Real servers of a virtual service of IPVS on this node: state is usable (in the kernel with a weight, the"
    " sorry_server not counted) or configured (in keepalived.conf). A service that the kernel lacks has none usable.",
    absent="without virtual_server blocks, and while the kernel's table is not known",
)
OBSERVER_UP = Metric(
    name="hawatch_observer_up",
    kind=Kind.GAUGE,
    labels=("pair", "observer"),
    series="one for each part of the agent that observes, and for some of them one for each interface,"
    " channel or target",
    help="1 while the observer sees, 0 while it is blind.",
)
CAPTURE_DROPPED = Metric(
    name="hawatch_capture_dropped_total",
    kind=Kind.COUNTER,
    labels=("pair",),
    series="1",
    help="Frames that the kernel threw away before the agent read them.",
)
INCIDENTS_OPEN = Metric(
    name="hawatch_incidents_open",
    kind=Kind.GAUGE,
    labels=("pair",),
    series="1",
    help="Incidents that are not resolved.",
)
NOTIFICATIONS = Metric(
    name="hawatch_notifications_total",
    kind=Kind.COUNTER,
    labels=("pair", "channel", "result"),
    series="6 for each channel",
    help="Messages to people, and probes of the reply path, since the agent's start, by channel and by what came of"
    " them: sent (in the gateway's hands), left (gone out), delivered (on the phone), late (not got through within the"
    " channel's receipt_within), retrying (an attempt that failed for now), failed (for good). One message counts under"
    " each result that it comes to.",
)
NOTIFICATION_TIME = Metric(
    name="hawatch_notification_seconds",
    kind=Kind.HISTOGRAM,
    labels=("pair", "channel"),
    series="14 for each channel: 12 buckets, their sum and count",
    help="Seconds from when a message to a person was due (the delay that the policy asks for, or the quiet hour that"
    " held it back, was over) until it was in the gateway's hands; attempts that failed, and what was left to another"
    " node first, are in it. A message that failed for good is not counted.",
)
OUTBOX_WAITING = Metric(
    name="hawatch_outbox_waiting",
    kind=Kind.GAUGE,
    labels=("pair",),
    series="1",
    help="Messages to people that this node has still to hand over.",
)
PUT_ASIDE = Metric(
    name="hawatch_replies_put_aside_total",
    kind=Kind.COUNTER,
    labels=("pair", "channel", "reason"),
    series="one for each channel and reason that there was",
    help="What came to a mailbox since the agent's start and does not count as an answer, by the reason"
    " (docs/mail.md has them all); many of no_proof or foreign_token mean that somebody tries.",
    absent="before the first for this reason",
)
WEBHOOKS = Metric(
    name="hawatch_webhooks_total",
    kind=Kind.COUNTER,
    labels=("pair", "channel", "result"),
    series="4 for each channel with a webhook",
    help="What providers have posted since the agent's start: taken (stored, or known already), nothing (it concerned"
    " nobody here), refused (not believed), failed (it could not be stored, or a secret could not be read; the provider"
    " comes again). Many that are refused mean that somebody tries, or that the secret has changed.",
    absent="without a webhook",
)
REPLY_PATH_UP = Metric(
    name="hawatch_reply_path_up",
    kind=Kind.GAUGE,
    labels=("pair", "channel"),
    series="one for each channel with a probe",
    help="1 if the last probe of the reply path came back (the agent sends itself a message), 0 if it did not: then"
    " what people answer on this channel would not come in.",
    absent="before the first is decided",
)
REPLY_PATH_TIME = Metric(
    name="hawatch_reply_path_seconds",
    kind=Kind.GAUGE,
    labels=("pair", "channel"),
    series="one for each channel with a probe",
    help="Seconds that the last probe that came back took, from when it was written until it was in.",
    absent="before the first came back",
)
REPLY_PATH_SUCCESS = Metric(
    name="hawatch_reply_path_last_success_timestamp_seconds",
    kind=Kind.GAUGE,
    labels=("pair", "channel"),
    series="one for each channel with a probe",
    help="When a probe last came back, in seconds since the epoch.",
    absent="before the first came back",
)
PASSIVE_RESULTS = Metric(
    name="hawatch_passive_results_total",
    kind=Kind.COUNTER,
    labels=("pair", "target", "result"),
    series="2 for each target",
    help="Passive results pushed to a monitoring system since the agent's start, by target and by whether it took"
    " them: accepted or failed.",
    absent="without such a target",
)
PASSIVE_ACCEPTED = Metric(
    name="hawatch_passive_last_accepted_timestamp_seconds",
    kind=Kind.GAUGE,
    labels=("pair", "target"),
    series="one for each target",
    help="When the target last took a passive result, in seconds since the epoch.",
    absent="before the first",
)
MONITOR_REQUESTS = Metric(
    name="hawatch_monitor_requests_total",
    kind=Kind.COUNTER,
    labels=("pair", "monitor", "result"),
    series="3 for each monitoring tool",
    help="How often this node has turned since the agent's start to a monitoring tool in which acknowledgements are"
    " shown: looked (how it stands there), changed (one was made or taken back), failed.",
    absent="without such a tool",
)
DRILL_TIME = Metric(
    name="hawatch_drill_last_timestamp_seconds",
    kind=Kind.GAUGE,
    labels=("pair",),
    series="1",
    help="When the pair's last drill ended that was graded, in seconds since the epoch.",
    absent="before the first",
)
DRILL_SUCCESS = Metric(
    name="hawatch_drill_last_success",
    kind=Kind.GAUGE,
    labels=("pair",),
    series="1",
    help="1 if all passed in the pair's last drill, 0 if something failed or it was broken off.",
    absent="before the first",
)
DRILL_OUTAGE = Metric(
    name="hawatch_drill_client_outage_seconds",
    kind=Kind.GAUGE,
    labels=("pair", "move", "client"),
    series="2 for each client of the last drill",
    help="For how long a client got no answer in the last drill; move is failover or failback.",
    absent="before the first",
)
DRILL_VERDICT = Metric(
    name="hawatch_drill_verdict_seconds",
    kind=Kind.GAUGE,
    labels=("pair", "move", "vrrp_instance"),
    series="2 for each virtual router that moved in the last drill",
    help="How long the verdict took in the last drill, from the former owner's last word (its resignation, or an"
    " advertisement) as the node heard it on which the drill was asked for; move is failover or failback.",
    absent="before the first",
)
SNAPSHOT_TIME = Metric(
    name="hawatch_snapshot_timestamp_seconds",
    kind=Kind.GAUGE,
    labels=("pair",),
    series="1",
    help="When the picture that these metrics show was taken, in seconds since the epoch.",
)
BUILD = Metric(
    name="hawatch_build_info",
    kind=Kind.INFO,
    labels=("pair", "node", "version"),
    series="1; another one after an upgrade",
    help="The agent that answers; the value is always 1.",
)

METRICS: tuple[Metric, ...] = (
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
    PEER_AGENT,
    PEER_LINK_UP,
    PEER_RTT,
    PEER_LOSS,
    REFERENCE_UP,
    SERVICE_UP,
    GUARD_STATE,
    GUARD_RESTARTS,
    GUARD_GIVE_UPS,
    REAL_SERVERS,
    OBSERVER_UP,
    CAPTURE_DROPPED,
    INCIDENTS_OPEN,
    NOTIFICATIONS,
    NOTIFICATION_TIME,
    OUTBOX_WAITING,
    PUT_ASIDE,
    WEBHOOKS,
    REPLY_PATH_UP,
    REPLY_PATH_TIME,
    REPLY_PATH_SUCCESS,
    PASSIVE_RESULTS,
    PASSIVE_ACCEPTED,
    MONITOR_REQUESTS,
    DRILL_TIME,
    DRILL_SUCCESS,
    DRILL_OUTAGE,
    DRILL_VERDICT,
    SNAPSHOT_TIME,
    BUILD,
)
