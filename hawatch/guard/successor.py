"""Before a VIP is given up: whether another node can take it over. Unknown is not yes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hawatch.refusal import Refusal, nearest
from hawatch.snapshot import PeerView, RouterView, Snapshot
from hawatch.verdict import Cause, Severity, VerdictKind
from hawatch.wire.report import DaemonState

_BAD = frozenset({Severity.WARNING, Severity.CRITICAL})
_NOT_IN_THE_WAY = frozenset(
    {
        Cause.HEARTBEAT_LINK_DOWN,
        Cause.CLOCK_SKEW,
        Cause.NOTIFICATION_PATH_DOWN,
        Cause.REFERENCE_DOWN,
        Cause.KEEPALIVED_STARVED,
    }
)
"""What may be wrong with another node that keeps it from nothing here."""
_UP = "up"


def routers_of(snapshot: Snapshot, instances: Collection[str]) -> tuple[RouterView, ...]:
    """The virtual routers that a guard names, all of them if it names none."""
    return tuple(each for each in snapshot.routers if not instances or each.instance in instances)


def is_here(snapshot: Snapshot, instances: Collection[str]) -> bool | None:
    """Whether this node owns one of these virtual routers; None while of one that it may own nothing is decided."""
    routers = routers_of(snapshot, instances)
    if any(snapshot.node in router.owners for router in routers):
        return True
    undecided = any(router.verdict.kind is VerdictKind.INDETERMINATE for router in routers)
    return None if undecided or not routers else False


def nobody_to_take_over(
    snapshot: Snapshot, *, service: str, instances: Collection[str], data: Collection[str]
) -> Refusal | None:
    """Why this node should keep what it owns of these virtual routers; None: another node can take all of it over.

    `data` are those that nothing moves by itself: none of them goes, and none that moves with one of them.
    """
    routers = routers_of(snapshot, instances)
    if any(router.instance in data for router in routers):
        return Refusal.DATA
    owned = [router for router in routers if snapshot.node in router.owners]
    if not owned:
        return Refusal.NOT_OWNER
    unfit = next((reason for router in owned if (reason := _unfit(router))), None)
    if unfit is not None:
        return unfit
    return nearest((_lacks(snapshot, peer, owned, service) for peer in snapshot.peers), _NEARER)


def _unfit(router: RouterView) -> Refusal | None:
    if router.verdict.kind is VerdictKind.DEGRADED:
        return Refusal.NO_STANDBY
    if router.verdict.kind is not VerdictKind.STEADY:
        return Refusal.UNSETTLED
    ready = dict(router.evidence).get("standby_ready")
    if ready is True:
        return None
    return Refusal.UNKNOWN_OTHER if ready is None else Refusal.NO_STANDBY


def _lacks(snapshot: Snapshot, peer: PeerView, routers: Sequence[RouterView], service: str) -> Refusal | None:
    """What this peer lacks to be the owner."""
    if peer.agent != _UP or peer.daemon is None:
        return Refusal.UNKNOWN_OTHER
    if peer.daemon != DaemonState.RUNNING:
        return Refusal.OTHER_KEEPALIVED
    works = dict(peer.services).get(service)
    if works is None:
        return Refusal.UNKNOWN_SERVICE
    found = [*snapshot.node_findings, *(each for router in routers for each in router.findings)]
    bad = {each.cause for each in found if each.node == peer.name and each.severity in _BAD}
    if not works or Cause.SERVICE_DOWN in bad:
        return Refusal.OTHER_SERVICE
    return Refusal.NO_STANDBY if bad - _NOT_IN_THE_WAY else None


_NEARER = (
    Refusal.UNKNOWN_OTHER,
    Refusal.OTHER_KEEPALIVED,
    Refusal.NO_STANDBY,
    Refusal.UNKNOWN_SERVICE,
    Refusal.OTHER_SERVICE,
)
