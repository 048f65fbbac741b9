"""The metrics of what is around the virtual routers: peers, references, services with their guards, observers."""

from __future__ import annotations

from hawatch.exporter.metric_table.metric import ROUTER, Kind, Metric

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

METRICS = (
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
)
