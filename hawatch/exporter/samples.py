"""The Snapshot as samples: for each metric of the table its label values and values; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hawatch.exporter.bounded import bounded
from hawatch.exporter.metric_table import Metric, agent, desk, parts, routers
from hawatch.guard.record import GuardState
from hawatch.snapshot import DrillView, GuardView, LoopView, PeerView, RouterView, Snapshot
from hawatch.tally import Tally
from hawatch.verdict import Finding, Severity, VerdictKind

Values = tuple[str, ...]

AGENT_STATES = ("up", "silent", "left", "none")
# The overall severity is never `info`: what is only shown counts as ok.
OVERALL = (Severity.OK, Severity.WARNING, Severity.CRITICAL, Severity.UNKNOWN)
NO_ROUTER: Values = ("", "", "", "")


@dataclass(frozen=True, slots=True)
class Sample:
    """One series' value; `labels` are in the order of the metric's label names, a histogram's value is a Tally."""

    metric: Metric
    labels: Values
    value: float | Tally


def samples(snapshot: Snapshot) -> Iterator[Sample]:
    """Every sample of the picture; what is unknown has none, and who is a stranger no name."""
    snapshot = bounded(snapshot)
    yield from _node(snapshot)
    yield from _desk(snapshot)
    yield from _passive(snapshot)
    for router in snapshot.routers:
        yield from _router(router, snapshot)
    for finding in snapshot.node_findings:
        yield _finding((snapshot.pair, *NO_ROUTER), finding)
    for peer in snapshot.peers:
        yield from _peer(peer, snapshot.pair)
    for reference in snapshot.references:
        if reference.state != "unknown":
            yield Sample(parts.REFERENCE_UP, (snapshot.pair, reference.name), float(reference.state == "up"))
    for service in snapshot.services:
        if service.state != "unknown":
            labels = (snapshot.pair, service.name, service.node)
            yield Sample(parts.SERVICE_UP, labels, float(service.state == "up"))
    for guard in snapshot.guards:
        yield from _guard(guard, snapshot.pair)
    for observer in snapshot.observers:
        yield Sample(parts.OBSERVER_UP, (snapshot.pair, observer.name), float(observer.up))


def _guard(guard: GuardView, pair: str) -> Iterator[Sample]:
    for state in GuardState:
        yield Sample(parts.GUARD_STATE, (pair, guard.service, state.value), float(guard.state == state))
    yield Sample(parts.GUARD_RESTARTS, (pair, guard.service), guard.restarts)
    yield Sample(parts.GUARD_GIVE_UPS, (pair, guard.service), guard.gave_up)


def _node(snapshot: Snapshot) -> Iterator[Sample]:
    pair = (snapshot.pair,)
    for severity in OVERALL:
        yield Sample(routers.SEVERITY, (*pair, severity.value), float(snapshot.severity is severity))
    yield Sample(routers.MAINTENANCE, pair, float(snapshot.maintenance is not None))
    yield Sample(parts.CAPTURE_DROPPED, pair, snapshot.captures_dropped)
    yield Sample(routers.DETECTION, pair, snapshot.detection_seconds)
    yield Sample(agent.SNAPSHOT_TIME, pair, snapshot.at + snapshot.wall_minus_monotonic)
    yield Sample(agent.BUILD, (*pair, snapshot.node, snapshot.version), 1)


def _desk(snapshot: Snapshot) -> Iterator[Sample]:
    pair = (snapshot.pair,)
    incidents = {router.incident for router in snapshot.routers if router.incident is not None}
    incidents |= set(snapshot.incidents_open)
    yield Sample(desk.INCIDENTS_OPEN, pair, len(incidents))
    for channel, result, count in snapshot.notifications:
        yield Sample(desk.NOTIFICATIONS, (*pair, channel, result), count)
    for channel, took in snapshot.notification_seconds:
        yield Sample(desk.NOTIFICATION_TIME, (*pair, channel), took)
    yield Sample(desk.OUTBOX_WAITING, pair, snapshot.outbox_waiting)
    for channel, reason, count in snapshot.put_aside:
        yield Sample(desk.PUT_ASIDE, (*pair, channel, reason), count)
    for channel, result, count in snapshot.webhooks:
        yield Sample(desk.WEBHOOKS, (*pair, channel, result), count)
    for loop in snapshot.loops:
        yield from _loop(loop, (*pair, loop.channel))
    if snapshot.drill is not None:
        yield from _drill(snapshot.drill, pair)


def _drill(drill: DrillView, pair: Values) -> Iterator[Sample]:
    yield Sample(desk.DRILL_TIME, pair, drill.at)
    yield Sample(desk.DRILL_SUCCESS, pair, float(drill.passed))
    for move, client, seconds in drill.outages:
        yield Sample(desk.DRILL_OUTAGE, (*pair, move, client), seconds)
    for move, instance, seconds in drill.verdicts:
        yield Sample(desk.DRILL_VERDICT, (*pair, move, instance), seconds)


def _loop(loop: LoopView, labels: Values) -> Iterator[Sample]:
    if loop.up is not None:
        yield Sample(desk.REPLY_PATH_UP, labels, float(loop.up))
    if loop.seconds is not None:
        yield Sample(desk.REPLY_PATH_TIME, labels, loop.seconds)
    if loop.succeeded_at is not None:
        yield Sample(desk.REPLY_PATH_SUCCESS, labels, loop.succeeded_at)


def _passive(snapshot: Snapshot) -> Iterator[Sample]:
    for target, result, count in snapshot.passive_results:
        yield Sample(desk.PASSIVE_RESULTS, (snapshot.pair, target, result), count)
    for target, at in snapshot.passive_accepted:
        yield Sample(desk.PASSIVE_ACCEPTED, (snapshot.pair, target), at)
    for monitor in snapshot.monitors:
        for result, count in monitor.requests:
            yield Sample(desk.MONITOR_REQUESTS, (snapshot.pair, monitor.name, result), count)


def _router(router: RouterView, snapshot: Snapshot) -> Iterator[Sample]:
    labels = (snapshot.pair, router.instance, router.interface, str(router.vrid), router.family.value)
    offset = snapshot.wall_minus_monotonic
    for kind in VerdictKind:
        yield Sample(routers.VERDICT, (*labels, kind.value), float(router.verdict.kind is kind))
    for finding in router.findings:
        yield _finding(labels, finding)
    for vip in router.vips:
        for node, held in vip.held_by:
            if held is not None:
                yield Sample(routers.VIP_HELD, (*labels, vip.address, node), float(held))
    for service in router.virtual_services or ():
        for state, count in (("usable", service.usable or 0), ("configured", service.configured)):
            yield Sample(parts.REAL_SERVERS, (*labels, service.name, state), count)
    yield Sample(routers.VERDICT_SINCE, labels, router.verdict.since + offset)
    if router.last_move is not None:
        yield Sample(
            routers.LAST_MOVE, (*labels, router.last_move.kind.value.value), router.last_move.at + offset
        )
    yield Sample(routers.VERDICT_CHANGES, labels, router.verdict_changes)
    yield Sample(routers.OWNER_CHANGES, labels, router.owner_changes)
    for adverts in router.adverts:
        valid = "true" if adverts.valid else "false"
        yield Sample(routers.ADVERTS, (*labels, adverts.direction, adverts.source, valid), adverts.count)


def _finding(router_labels: Values, finding: Finding) -> Sample:
    labels = (*router_labels, finding.cause.value, finding.node, finding.severity.value)
    return Sample(routers.FINDING, labels, 1)


def _peer(peer: PeerView, pair: str) -> Iterator[Sample]:
    for state in AGENT_STATES:
        yield Sample(parts.PEER_AGENT, (pair, peer.name, state), float(peer.agent == state))
    for link in peer.links:
        labels = (pair, peer.name, link.name)
        if link.state != "unknown":
            yield Sample(parts.PEER_LINK_UP, labels, float(link.state == "up"))
        if link.rtt_seconds is not None:
            yield Sample(parts.PEER_RTT, labels, link.rtt_seconds)
        if link.loss_ratio is not None:
            yield Sample(parts.PEER_LOSS, labels, link.loss_ratio)
