"""Before another node's power is switched: what must be so here, and of that node, each with its own refusal."""

from __future__ import annotations

from collections.abc import Sequence

from hawatch.ability import Power
from hawatch.permit.holding import has, holds_all
from hawatch.refusal import Refusal
from hawatch.snapshot import RouterView, Snapshot
from hawatch.verdict import Cause, VerdictKind
from hawatch.wire.report import DaemonState

_OPEN = frozenset({VerdictKind.SPLIT_BRAIN_SUSPECTED, VerdictKind.INDETERMINATE})
_UP = "up"


def may_fence(snapshot: Snapshot, routers: Sequence[RouterView]) -> Refusal | None:
    """A fence of root's own, of which it is not known whom it takes away: this node must own all of the trouble."""
    ours = all(holds_all(router, snapshot.node) for router in routers)
    return None if routers and ours and snapshot.daemon == DaemonState.RUNNING else Refusal.CHANGED


def may_cut(
    snapshot: Snapshot, routers: Sequence[RouterView], *, target: str, power: Power
) -> Refusal | None:
    """Cut the power of `target`: a proved split, in which nothing is lost with it; the reason that tells the most."""
    if target == snapshot.node:
        return Refusal.ITSELF
    return (
        _unproved(routers)
        or _cut_off(snapshot)
        or _own_lack(snapshot, routers)
        or _not_an_owner(routers, target)
        or _only_owner(snapshot, target)
        or _unpowered(power)
    )


def may_power_on(
    snapshot: Snapshot, routers: Sequence[RouterView], *, target: str, power: Power
) -> Refusal | None:
    """Switch a node on again that was switched off: not one that lives."""
    del routers
    if target == snapshot.node:
        return Refusal.ITSELF
    if any(each.name == target and each.agent == _UP for each in snapshot.peers):
        return Refusal.ALIVE
    if power is Power.ON:
        return Refusal.ALREADY
    return None if power is Power.OFF else Refusal.NO_POWER


def service_down(snapshot: Snapshot, node: str) -> bool:
    """Whether a service is found to be down on a node."""
    found = [*snapshot.node_findings, *(each for router in snapshot.routers for each in router.findings)]
    down = any(each.cause is Cause.SERVICE_DOWN and each.node == node for each in found)
    return down or any(each.node == node and each.state == "down" for each in snapshot.services)


def _unproved(routers: Sequence[RouterView]) -> Refusal | None:
    """Proved of one virtual router at least, and of none open."""
    kinds = {router.verdict.kind for router in routers}
    if VerdictKind.ISOLATED in kinds:
        return Refusal.CUT_OFF
    if VerdictKind.SPLIT_BRAIN in kinds:
        return Refusal.UNPROVED if kinds & _OPEN else None
    return Refusal.UNPROVED if kinds & _OPEN or not kinds else Refusal.HEALED


def _cut_off(snapshot: Snapshot) -> Refusal | None:
    """A proof outlives the wire that it came by: without a reference that answers now, we may be the lost one."""
    states = [each.state for each in snapshot.references]
    return Refusal.CUT_OFF if states and _UP not in states else None


def _own_lack(snapshot: Snapshot, routers: Sequence[RouterView]) -> Refusal | None:
    """What this node lacks to be the healthy owner that is left."""
    node = snapshot.node
    held = [has(view, node) for router in routers for view in router.vips]
    if False in held or any(node not in router.owners for router in routers):
        return Refusal.OWN_VIP
    if snapshot.daemon not in (DaemonState.RUNNING, None):
        return Refusal.OWN_KEEPALIVED
    if service_down(snapshot, node):
        return Refusal.OWN_SERVICE
    services = [each.state for each in snapshot.services if each.node == node]
    # Our own advertisements, seen leaving, show as well that our capture works.
    unseen = any(router.advertising is not True for router in routers)
    unsure = None in held or snapshot.daemon is None or unseen or any(each != _UP for each in services)
    return Refusal.UNKNOWN_OWN if unsure else None


def _not_an_owner(routers: Sequence[RouterView], target: str) -> Refusal | None:
    """It must be one of the two owners, by what is seen now and not by an old proof alone."""
    split = [router for router in routers if router.verdict.kind is VerdictKind.SPLIT_BRAIN]
    owned = [router for router in split if target in router.owners]
    if not owned:
        return Refusal.TARGET_NOT_OWNER
    held = [has(view, target) for router in owned for view in router.vips]
    return None if True in held or not held else Refusal.UNKNOWN_OTHER


def _only_owner(snapshot: Snapshot, target: str) -> Refusal | None:
    """All that goes with it must be here, or surely not there: what the trouble is not about goes, too."""
    for router in snapshot.routers:
        lacking = [view for view in router.vips if has(view, snapshot.node) is not True]
        if any(has(view, target) is not False for view in lacking):
            return Refusal.ONLY_OWNER
        if target in router.owners and snapshot.node not in router.owners:
            return Refusal.ONLY_OWNER
    return None


def _unpowered(power: Power) -> Refusal | None:
    if power is Power.OFF:
        return Refusal.POWER_OFF
    return None if power is Power.ON else Refusal.NO_POWER
