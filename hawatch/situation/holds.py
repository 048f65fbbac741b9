"""How VIPs come to this node's kernel and leave it: too early after a start, or taken away by somebody."""

from __future__ import annotations

from hawatch.evidence import AddressAnnounced, AdvertisementHeard, PeerReport, VipHeld
from hawatch.situation.episodes import Announced, Race, Removal, Takeover
from hawatch.situation.member import Member
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause
from hawatch.wire.report import DaemonState

RACE_WITHIN = 30.0
"""Seconds after a start within which a takeover may have been too early: a switch port needs two forward delays."""
RACE_OVER_WITHIN = 60.0
TOLD_APART_AFTER = 1.5
"""Seconds in which a keepalived that resigned has ended, and one that loaded a new file has been seen to."""
YIELDS_WITHIN = 0.05
_KEPT_APART = frozenset(
    {
        Cause.VRRP_BLOCKED_INBOUND.value,
        Cause.VRRP_BLOCKED_OUTBOUND.value,
        Cause.KEEPALIVED_FROZEN.value,
        Cause.KEEPALIVED_DEAD.value,
    }
)
"""What then explains why the one did not hear the other."""


def note_takeover(router: RouterState, node: Node, held: VipHeld) -> None:
    """A VIP came: remember it if that was soon after a start, and nobody had been heard since."""
    origin, kind = _latest_start(router, node, held.at)
    was_another = router.changed_at is not None and router.changed_at > origin
    if kind and (was_another or not _could_hear(router, node, origin, held.at)):
        kind = ""
    router.episodes.takeover = Takeover(held.at, origin, kind) if kind else None


def _latest_start(router: RouterState, node: Node, at: float) -> tuple[float, str]:
    starts = [
        (node.booted_at, "its boot"),
        (node.daemon_began(), "the start of keepalived"),
        (node.links_up_at.get(router.config.interface, 0.0), f"{router.config.interface} got its link"),
    ]
    origin, kind = max(((began, kind) for began, kind in starts if began <= at), default=(0.0, ""))
    return (origin, kind) if origin and at - origin <= RACE_WITHIN else (0.0, "")


def _could_hear(router: RouterState, node: Node, origin: float, at: float) -> bool:
    """Whether our capture ran for an interval at least before the takeover, and took in nobody since the start."""
    listened_from = at - router.interval() - router.jitter()
    if node.started_at > listened_from or not node.sees_wire(router.config.interface, listened_from):
        return False
    heard = (max(t.heard_at or 0.0, t.zero_at or 0.0) for t in router.talkers.values())
    return all(last < origin for last in heard)


def note_race(router: RouterState, member: Member, report: PeerReport) -> None:
    """A member's word, as soon as it comes through: was it MASTER all the while that we were?"""
    takeover = router.episodes.takeover
    if takeover is None or report.at - takeover.origin > RACE_OVER_WITHIN or router.episodes.race is not None:
        return
    heard = router.word_of(member, report.at)
    if heard is None:
        return
    if any(each.cause in _KEPT_APART for each in (*heard.router.findings, *router.reported_findings)):
        router.episodes.takeover = None  # what kept them apart is known, and it is not our start
        return
    ours_until = report.at if router.we_hold(report.at) else router.episodes.released_at
    for vip in heard.router.vips:
        if vip.held and vip.address in router.holdings:
            theirs_since = report.at - vip.for_seconds
            if theirs_since > takeover.at + router.release():
                continue  # it came after us: what split them then is not our start
            overlap = min(ours_until, report.at - (report.round_trip or 0.0)) - max(takeover.at, theirs_since)
            if overlap > router.release() and _meet_again(router, takeover):
                router.episodes.race = Race(takeover, member.name, overlap, report.at)


def _meet_again(router: RouterState, takeover: Takeover) -> bool:
    """Either we have let go, or the other is heard now: the wire carries VRRP by now."""
    let_go = router.episodes.released_at > takeover.at
    return let_go or any((talker.heard_at or 0.0) > takeover.at for talker in router.talkers.values())


def note_release(router: RouterState, node: Node, held: VipHeld) -> None:
    """A VIP left: by a resignation, on a higher rank's word, for want of a link; or because somebody took it away."""
    episodes = router.episodes
    episodes.released_at = held.at
    if not _has_reason(router, node, held.at):
        pid = node.daemon.pid if node.daemon else None
        removal = episodes.removal
        if removal is None or removal.confirmed is not None or removal.pid != pid:
            episodes.removal = Removal(held.at, {held.address}, pid)
        else:
            removal.addresses.add(held.address)


def _has_reason(router: RouterState, node: Node, at: float) -> bool:
    """Whether keepalived itself let go; a sync group does so as one, and what of it went first went for the reason."""
    if node.daemon_state() is not DaemonState.RUNNING or node.not_loaded:
        return True
    if at - max(node.daemon_began(), node.loaded_at) < TOLD_APART_AFTER:
        return True
    mates = _mates(router, node)
    follows = any(at - mate.episodes.released_at < TOLD_APART_AFTER for mate in mates)
    return follows or any(_lets_go(each, node, at) for each in (router, *mates))


def _mates(router: RouterState, node: Node) -> list[RouterState]:
    """The others of its sync group."""
    group = router.config.sync_group
    instances = [each.instance for each in node.mates.get(group, ())] if group is not None else []
    return [node.kin[name] for name in instances if name != router.config.instance and name in node.kin]


def _lets_go(router: RouterState, node: Node, at: float) -> bool:
    master = (
        router.own.heard_at is not None and at - router.own.heard_at <= router.own.interval + router.jitter()
    )
    resigned_before = router.own.given_up and at - (router.own.zero_at or 0.0) > YIELDS_WITHIN
    return not master or resigned_before or not _is_linked(router, node) or _outranked(router, at)


def _is_linked(router: RouterState, node: Node) -> bool:
    return all(node.carrier(name) for name in router.config.device_names if name in node.interfaces)


def settle_removal(router: RouterState, node: Node, now: float) -> None:
    """Once it can be told: did keepalived itself let go, or was the VIP taken from it?"""
    removal = router.episodes.removal
    if removal is None or removal.confirmed is not None or now < removal.at + TOLD_APART_AFTER:
        return
    daemon = node.daemon
    same = daemon is not None and daemon.state is DaemonState.RUNNING and daemon.pid == removal.pid
    same = same and node.loaded_at < removal.at and not node.not_loaded
    removal.confirmed = same and not any(
        _let_go_after_all(each, node, removal.at) for each in (router, *_mates(router, node))
    )


def _let_go_after_all(router: RouterState, node: Node, at: float) -> bool:
    """Whether what was learned since `at` shows that keepalived had a reason then."""
    links = [node.links_up_at.get(name, 0.0) for name in router.config.device_names]
    faulted = router.own.zero_is_fault or not _is_linked(router, node) or max(links, default=0.0) > at
    removal = router.episodes.removal
    denied = removal is not None and removal.confirmed is False and abs(removal.at - at) < TOLD_APART_AFTER
    return faulted or denied or _outranked(router, at)


def note_higher_word(router: RouterState, advert: AdvertisementHeard) -> None:
    """Somebody of our rank or a higher one advertised: a VIP that had just gone by then was not taken away.

    Told apart at once, since what he says later may be all that is known of him when the removal is settled.
    """
    removal = router.episodes.removal
    if removal is None or removal.confirmed is not None or advert.first_at > removal.at + YIELDS_WITHIN:
        return
    if advert.priority >= (router.own.priority or router.config.priority):
        removal.confirmed = False


def _outranked(router: RouterState, at: float) -> bool:
    """Whether somebody of our rank or a higher one spoke, in whosever name, so that we were to yield."""
    ours = router.own.priority or router.config.priority
    if any(
        each.highest >= ours
        and each.since <= at + YIELDS_WITHIN
        and each.at >= at - each.interval - router.jitter()
        for each in router.doubted.values()
    ):
        return True
    return any(
        talker.priority >= ours
        and (not talker.given_up or (talker.zero_at or 0.0) >= at - YIELDS_WITHIN)
        and (talker.run_started_at or 0.0) <= at + YIELDS_WITHIN
        and (talker.heard_at or 0.0) >= at - talker.interval - router.jitter()
        for talker in router.talkers.values()
    )


def note_announcement(
    router: RouterState, announced: AddressAnnounced, *, ours: bool, by_member: bool
) -> None:
    """Who told the neighbours last that a VIP is his."""
    if announced.address not in router.holdings:
        return
    known = router.episodes.announced.setdefault(announced.address, Announced())
    if ours:
        known.own_at = announced.at
    elif by_member:
        known.other_at, known.other_mac = announced.at, announced.mac


def episodes_due(router: RouterState, now: float) -> list[float]:
    """When time alone tells what became of a VIP that came or went lately."""
    removal, release = router.episodes.removal, router.release()
    due = [holding.since + release for holding in router.holdings.values() if now - holding.since <= release]
    if removal is not None and removal.confirmed is None:
        due.append(removal.at + TOLD_APART_AFTER)
    return due
