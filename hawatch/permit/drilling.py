"""Before a node steps aside for a drill: all must be well, and another node able to take over; unknown is not yes."""

from __future__ import annotations

from hawatch.permit.fencing import service_down
from hawatch.refusal import Refusal
from hawatch.snapshot import PeerView, Snapshot
from hawatch.verdict import Finding, Severity, VerdictKind
from hawatch.wire.report import DaemonState

_UP = "up"
_BAD = frozenset({Severity.WARNING, Severity.CRITICAL})


def may_step_aside(snapshot: Snapshot) -> Refusal | None:
    """Why this node is not to stop its keepalived for a drill now; None: it may."""
    if snapshot.daemon != DaemonState.RUNNING:
        return Refusal.ALREADY if snapshot.daemon == DaemonState.DEAD else Refusal.OWN_KEEPALIVED
    if not snapshot.routers or any(each.verdict.kind is not VerdictKind.STEADY for each in snapshot.routers):
        return Refusal.CHANGED
    if bad_findings(snapshot):
        return Refusal.CHANGED
    lacks = [_lacks(snapshot, each) for each in snapshot.peers if not each.hearsay]
    return None if None in lacks else next(iter(lacks), Refusal.UNKNOWN_OTHER)


def bad_findings(snapshot: Snapshot) -> tuple[Finding, ...]:
    """What somebody should do something about, of this node's whole picture."""
    found = [*snapshot.node_findings, *(each for router in snapshot.routers for each in router.findings)]
    return tuple(each for each in found if each.severity in _BAD)


def _lacks(snapshot: Snapshot, peer: PeerView) -> Refusal | None:
    """What a peer lacks to be the one that takes over."""
    if peer.agent != _UP or peer.daemon is None:
        return Refusal.UNKNOWN_OTHER
    if peer.daemon != DaemonState.RUNNING:
        return Refusal.OTHER_KEEPALIVED
    return Refusal.OTHER_SERVICE if service_down(snapshot, peer.name) else None
