"""Whether keepalived runs in time: advertisements of ours that came late, and takeovers that came too early."""

from __future__ import annotations

from hawatch.evidence import AdvertisementHeard, PressureSeen
from hawatch.situation.episodes import Haste, Lapse
from hawatch.situation.host import is_scarce
from hawatch.situation.node import SLEPT, Node
from hawatch.situation.router import RouterState
from hawatch.situation.talker import Talker
from hawatch.situation.timing import jitter_allowance
from hawatch.wire.report import DaemonState

SETTLED_AFTER = 30.0
"""Seconds after a start, a load or a link in which an early takeover has other reasons."""
LOOK_WITHIN = 2.0
"""Seconds awake within which the host is looked at again after it could not be."""


def note_own_advertisement(router: RouterState, node: Node, advert: AdvertisementHeard) -> None:
    """Before an advertisement of ours is taken in: was it late, or the first of a takeover that is too early?"""
    own = router.own
    if advert.priority == 0 or node.daemon_state() is DaemonState.FROZEN:
        return
    gap = advert.first_at - own.heard_at if own.heard_at is not None and not own.given_up else None
    if gap is not None and gap <= 2 * own.interval + jitter_allowance(own.interval):
        return
    if gap is not None and own.heard_at is not None and _was_master_all_along(router, node, own.heard_at):
        if not _is_muted(router, own.heard_at) and not node.host.hits(router.config.instance, "out"):
            slept = _slept(node, own.heard_at, advert.first_at)
            look = _look_during(node, own.heard_at) or _look_at_end(node, advert.first_at)
            slipped = slept > 0.0 or own.heard_at <= node.woke_at <= advert.first_at + LOOK_WITHIN
            router.episodes.lapses.append(
                Lapse(own.heard_at, advert.first_at, own.interval, slept, slipped, look)
            )
        return
    if gap is None or gap > router.config.down_timer_adverts * own.interval:
        _note_haste(router, node, advert.first_at)


def note_pressure(router: RouterState, look: PressureSeen) -> None:
    """What the host was busy with: a look that ends an episode's time of standing still says why."""
    episodes = router.episodes
    for lapse in episodes.lapses:
        if _belongs(look, lapse.until, lapse.look):
            lapse.look = look
    haste = episodes.haste
    if haste is not None and _belongs(look, haste.at, haste.look):
        haste.look = look


def _belongs(look: PressureSeen, at: float, known: PressureSeen | None) -> bool:
    """The first look after the end counts, and a scarce one more than one of plenty; most of all that of the pause.

    A scarce look from before the end gives way to one that has seen the end, too.
    """
    if not 0.0 <= look.at - at + 0.1 <= LOOK_WITHIN + look.slept:
        return False
    if known is None:
        return True
    return is_scarce(look) and (known.at < at or (known.slept <= SLEPT and not is_scarce(known)))


def _was_master_all_along(router: RouterState, node: Node, since: float) -> bool:
    """The same process has run, and has had its VIPs, since the advertisement before."""
    held = [holding for holding in router.holdings.values() if holding.held]
    kept = bool(held) and all(holding.since <= since + router.release() for holding in held)
    began = max(node.daemon_began(), node.loaded_at)
    return kept and began < since and node.daemon_state() is DaemonState.RUNNING


def _is_muted(router: RouterState, since: float) -> bool:
    """Each advertisement that comes in puts off a MASTER's own: somebody was speaking before ours was due."""
    due = since + 2 * router.interval()
    speaking = any(
        (talker.heard_at or 0.0) > since and (talker.run_started_at or 0.0) < due
        for talker in router.talkers.values()
    )
    return speaking or any(other.at > since and other.first_at < due for other in router.outsiders.values())


def _slept(node: Node, since: float, until: float) -> float:
    """How much of this time the agent slept; sleeps may overlap, as each is told by what was read late after it."""
    slept, told_until = 0.0, since
    for sleep in sorted(node.sleeps, key=lambda each: each.since):
        begun, ended = max(sleep.since, told_until), min(sleep.until, until)
        if ended > begun:
            slept, told_until = slept + ended - begun, ended
    return slept


def _look_during(node: Node, since: float) -> PressureSeen | None:
    """The last look that found the processor scarce, if that was after `since` or is still the last word."""
    scarce = node.host.last_starved
    if scarce is None or not is_scarce(scarce):
        return None
    return scarce if scarce.at >= since or scarce is node.host.pressure else None


def _look_at_end(node: Node, at: float) -> PressureSeen | None:
    """The look that ended a sleep, where it was told before what was sent then."""
    look = node.host.pressure
    return look if look is not None and look.slept > SLEPT and _belongs(look, at, None) else None


def _note_haste(router: RouterState, node: Node, at: float) -> None:
    rival = _fresh_superior(router, at)
    if rival is None or rival.heard_at is None or _has_just_begun(router, node, at):
        return
    down = router.own_down_interval()
    delivered = router.delivered.get(rival.src)
    reached_us = delivered is not None and at - delivered.at < down - router.jitter()
    slept = _slept(node, at - down, at)
    if reached_us or (router.config.unicast and slept > 0.0):
        look = _look_during(node, at - down)
        router.episodes.haste = Haste(at, rival.src, at - rival.heard_at, slept, look)


def _fresh_superior(router: RouterState, at: float) -> Talker | None:
    """Who outranks us and was heard too lately for a takeover, in the form it has had for long."""
    shortest = router.config.down_timer_adverts * router.interval() - router.jitter()
    ours = router.config.priority
    for talker in router.talkers.values():
        if talker.heard_at is None or talker.given_up or talker.priority <= ours:
            continue
        as_ever = talker.alike * talker.interval > router.own_down_interval()
        if as_ever and at - talker.heard_at < shortest:
            return talker
    return None


def _has_just_begun(router: RouterState, node: Node, at: float) -> bool:
    began = max(node.daemon_began(), node.loaded_at, node.links_up_at.get(router.config.interface, 0.0))
    return at - began < SETTLED_AFTER or node.daemon_state() is not DaemonState.RUNNING
