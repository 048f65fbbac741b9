"""The look at the live situation before a deed, on the node where it would run: unknown is not yes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hawatch.ability import ANNOUNCE_VIP, START_KEEPALIVED, STOP_KEEPALIVED, Ability, Danger, Power
from hawatch.permit.fencing import may_cut, may_fence, may_power_on, service_down
from hawatch.permit.holding import has, place_of, surely_idle
from hawatch.refusal import Refusal, nearest
from hawatch.snapshot import PeerView, RouterView, Snapshot, VipView
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.report import DaemonState


def permit(
    snapshot: Snapshot,
    *,
    node: str,
    ability: Ability,
    instances: Sequence[str],
    vip: str | None,
    power: Power = Power.UNKNOWN,
) -> Refusal | None:
    """Why the ability is not to be run now on `node`, whose snapshot this is; None: it may be.

    `instances` are the virtual routers of the incident for which somebody wants it. `power` is what the fence device
    of the ability's target has just said.
    """
    if node != snapshot.node or vip not in (ability.vips or (None,)):
        return Refusal.NOT_ALLOWED
    routers = _routers(snapshot, instances)
    if len(routers) < len(set(instances)):
        return Refusal.CHANGED
    if ability.target is not None:
        decide = may_cut if ability.cuts_power else may_power_on
        return decide(snapshot, routers, target=ability.target, power=power)
    if ability.offer and not offered(snapshot, node=node, ability=ability, instances=instances):
        return _no_longer_offered(routers)
    return _decide(snapshot, routers, ability, vip)


def _decide(
    snapshot: Snapshot, routers: Sequence[RouterView], ability: Ability, vip: str | None
) -> Refusal | None:
    if ability.name == START_KEEPALIVED:
        return _may_start(snapshot)
    if ability.name == ANNOUNCE_VIP:
        return _may_announce(routers, snapshot.node, vip)
    match ability.danger:
        case Danger.RESTART:
            return None
        case Danger.FENCE:
            return may_fence(snapshot, routers)
        case Danger.DEMOTE:
            return _may_release(snapshot, routers, vip) if ability.vips else _may_demote(snapshot, ability)


def offered(snapshot: Snapshot, *, node: str, ability: Ability, instances: Iterable[str]) -> bool:
    """Whether a verdict or a cause holds on which the ability of `node` is offered; a cause must lie on that node."""
    routers = _routers(snapshot, instances)
    if any(router.verdict.kind.value in ability.offer for router in routers):
        return True
    found = [finding for router in routers for finding in router.findings]
    return any(_calls_for(ability, finding) for finding in found if finding.node == node)


def _calls_for(ability: Ability, finding: Finding) -> bool:
    if finding.cause.value not in ability.offer:
        return False
    if finding.cause is Cause.SERVICE_DOWN and ability.service is not None:
        return dict(finding.evidence).get("check") == ability.service
    return True


def _routers(snapshot: Snapshot, instances: Iterable[str]) -> list[RouterView]:
    wanted = set(instances)
    return [router for router in snapshot.routers if router.instance in wanted]


def _no_longer_offered(routers: Sequence[RouterView]) -> Refusal:
    """Over, if that is known; it may also have become something else."""
    severities = {router.verdict.severity for router in routers}
    if Severity.UNKNOWN in severities:
        return Refusal.UNKNOWN_OTHER
    return Refusal.CHANGED if Severity.CRITICAL in severities else Refusal.HEALED


# --- one check for each kind of deed --------------------------------------------------------------


def _may_start(snapshot: Snapshot) -> Refusal | None:
    if snapshot.daemon == DaemonState.DEAD:
        return None
    return Refusal.CHANGED if snapshot.daemon is None else Refusal.ALREADY


def _may_announce(routers: Sequence[RouterView], node: str, vip: str | None) -> Refusal | None:
    """Only the one owner may tell the neighbours so: of two, either would draw the clients away from the other."""
    place = place_of(routers, vip)
    if place is None:
        return Refusal.NOT_ALLOWED
    router, view = place
    others = [held for name, held in view.held_by if name != node]
    alone = router.owners == (node,) and True not in others
    return None if has(view, node) and alone else Refusal.CHANGED


def _may_release(snapshot: Snapshot, routers: Sequence[RouterView], vip: str | None) -> Refusal | None:
    """Take one VIP away from this node: another must have it."""
    place = place_of(routers, vip)
    if place is None:
        return Refusal.NOT_ALLOWED
    _, view = place
    if has(view, snapshot.node) is False:
        return Refusal.ALREADY
    left_behind = snapshot.daemon == DaemonState.DEAD
    return nearest(
        (_lacks(snapshot, peer, [view], left_behind=left_behind) for peer in snapshot.peers), _NEARER
    )


def _may_demote(snapshot: Snapshot, ability: Ability) -> Refusal | None:
    """All that this node has or claims goes, not only what the trouble is about: another must have all of it."""
    if ability.name == STOP_KEEPALIVED and snapshot.daemon == DaemonState.DEAD:
        return Refusal.ALREADY
    for router in snapshot.routers:
        if not surely_idle(router, snapshot.node):
            refusal = nearest((_cannot_carry(snapshot, peer, router) for peer in snapshot.peers), _NEARER)
            if refusal is not None:
                return refusal
    return None


# --- what another node must be --------------------------------------------------------------------


def _cannot_carry(snapshot: Snapshot, peer: PeerView, router: RouterView) -> Refusal | None:
    """What keeps this peer from being the one that a virtual router is left to."""
    if not router.vips and peer.name not in router.owners:
        return Refusal.OTHER_NOT_OWNER
    return _lacks(snapshot, peer, router.vips, left_behind=False)


def _lacks(
    snapshot: Snapshot, peer: PeerView, vips: Sequence[VipView], *, left_behind: bool
) -> Refusal | None:
    """What this peer lacks to be the owner of these VIPs.

    `left_behind`: no keepalived has them here, so it need not be known that one runs there.
    """
    held = [has(view, peer.name) for view in vips]
    if False in held:
        return Refusal.OTHER_NOT_OWNER
    if None in held:
        return Refusal.UNKNOWN_OTHER
    if peer.daemon is None and not left_behind:
        return Refusal.UNKNOWN_OTHER
    if peer.daemon not in (DaemonState.RUNNING, None):
        return Refusal.OTHER_KEEPALIVED
    return Refusal.OTHER_SERVICE if service_down(snapshot, peer.name) else None


_NEARER = (
    Refusal.OTHER_NOT_OWNER,
    Refusal.UNKNOWN_OTHER,
    Refusal.OTHER_KEEPALIVED,
    Refusal.OTHER_SERVICE,
)
