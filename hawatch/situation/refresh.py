"""Bring one virtual router's derived state up to a moment: owner, proofs, settled owner, moves."""

from __future__ import annotations

from hawatch.situation.holds import settle_removal
from hawatch.situation.moves import advance, member_priority, settle, unsettle
from hawatch.situation.node import Node
from hawatch.situation.outlook import outlook
from hawatch.situation.outsiders import note_claims
from hawatch.situation.ownership import decide, talkers_of
from hawatch.situation.pending import pending_until
from hawatch.situation.proofs import disprove, prove_by_persistence, prove_by_probes
from hawatch.situation.router import Owner, Ownership, RouterState
from hawatch.situation.usurper import look_for_usurper


def refresh(router: RouterState, node: Node, now: float) -> None:
    """Recompute all that follows from evidence and time; the order is the order of the argument."""
    before, router.longest_down = router.ownership, longest_down_interval(router, node)
    prove_by_probes(router, node, now)
    prove_by_persistence(router, node, now)
    disprove(router, node, now)
    note_claims(router, node, now)
    settle_removal(router, node, now)
    router.ownership = decide(router, node, now)
    _remember_holder(router, node, now, before)
    if cut_off(router, node, now):
        unsettle(router)
        router.cut_off_at, router.returning = router.cut_off_at or now, True
    else:
        _come_back(router, node, now)
        if router.returning:
            unsettle(router)
            router.returning = not _has_caught_up(router, node, now)
        settle(router, node, now)
        advance(router, node, now)
        look_for_usurper(router, node, now)
    router.resolved = router.resolved or _resolves(router, node, now)
    if (before.owner, before.names) != (router.ownership.owner, router.ownership.names):
        router.inquiry.probe_now = True
        if router.ownership.owner is Owner.BOTH:
            router.inquiry.ask_twice(now, router.release())
    router.open_until = pending_until(router, node, now)


def _come_back(router: RouterState, node: Node, now: float) -> None:
    """The others are heard again: what was missed meanwhile is no silence of theirs."""
    if router.cut_off_at is None:
        return
    for member in node.members.members:
        member.excuse(router.cut_off_at, now)
    node.outlook = None
    router.cut_off_at, router.back_at = None, now


def _has_caught_up(router: RouterState, node: Node, now: float) -> bool:
    """Whether enough was heard since this node is back: from then on, what moves is watched again."""
    if router.ownership.owner is not Owner.US:
        return True
    over = now > router.back_at + longest_down_interval(router, node) + router.jitter()
    return over or _all_have_spoken(router, node, now, since=router.back_at)


def _all_have_spoken(router: RouterState, node: Node, now: float, since: float) -> bool:
    said = [router.word_of(m, now) for m in node.members.members]
    return bool(said) and all(word is not None and word.at >= since for word in said)


def _remember_holder(router: RouterState, node: Node, now: float, before: Ownership) -> None:
    owner = router.ownership.owner
    if owner in _OURS or before.owner in _OURS:
        router.last_held_at = now
    elif Owner.PEER in (owner, before.owner):
        name = (router.ownership.names or before.names)[0]
        router.last_held_at = max(router.last_held_at, _last_sign(router, node, name))
    router.both_since = (router.both_since or now) if owner is Owner.BOTH else None


_OURS = frozenset({Owner.US, Owner.BOTH})


def _last_sign(router: RouterState, node: Node, name: str) -> float:
    """When we last heard that a member holds, or that it just ceased to."""
    member = node.members.find(name=name)
    if member is None:
        return 0.0
    last = member.report_at or 0.0
    for talker in talkers_of(router, member):
        last = max(last, talker.heard_at or 0.0, talker.zero_at or 0.0)
    for probing in router.probings.values():
        if (latest := probing.latest) is not None and latest.mac and latest.asked_at > last:
            last = latest.asked_at
    return last


def _resolves(router: RouterState, node: Node, now: float) -> bool:
    """Whether enough is known to leave the grace after a start: at the latest after two Master_Down_Intervals."""
    owner = router.ownership.owner
    if now >= router.known_since + 2 * router.longest_down:
        return True
    if router.we_hold(now) is None:
        return False
    if owner is Owner.PEER:
        return True
    if owner is not Owner.US:
        return False
    if _all_have_spoken(router, node, now, since=0.0):
        return True
    return now >= router.known_since + router.longest_down + router.jitter()


def longest_down_interval(router: RouterState, node: Node) -> float:
    """The longest Master_Down_Interval among the nodes whose priority is known; of priority 1 when one is not."""
    lowest = (router.config.priority if router.config.vrid else None) or 1
    for member in node.members.members:
        lowest = min(lowest, member_priority(router, member) or 1)
    return router.down_interval(lowest)


def cut_off(router: RouterState, node: Node, now: float) -> bool | None:
    """Whether this node is cut off: no carrier, or neither references nor peers answer on any path."""
    if node.carrier(router.config.interface) is False:
        return True
    known = outlook(node, now)
    references, peers = known.references_alive, known.peers_alive
    if references is False and peers is False:
        return True
    return False if references or peers else None
