"""Who speaks for a VRID: a member, a stranger that disturbs it, or somebody whom it does not concern."""

from __future__ import annotations

from enum import Enum

from hawatch.evidence import AdvertisementHeard, CarpHeard
from hawatch.situation.node import Node
from hawatch.situation.probing import RoundResult
from hawatch.situation.router import Outsider, OutsiderKind, RouterState
from hawatch.situation.talker import Doubted, Talker

ALERT_AT = 2
QUIET_INTERVALS = 10
CLEAN_ROUNDS = 3
MOST_OUTSIDERS = 16
"""Of one virtual router: whoever forges addresses makes no longer list."""
VIRTUAL_MAC = "00:00:5e:00:"


class Relation(Enum):
    """What an advertisement is to a virtual router."""

    MEMBER = "member"
    FOREIGN = "foreign"
    ELSEWHERE = "elsewhere"
    UNRELATED = "unrelated"


def relate(router: RouterState, node: Node, advert: AdvertisementHeard) -> Relation:
    """Tell members from strangers: by VIPs first, then by address; another group concerns nobody here."""
    config = router.config
    if advert.family is not config.family or advert.interface != config.interface:
        return Relation.UNRELATED
    if not router.vips.isdisjoint(advert.addresses):
        return Relation.MEMBER
    if advert.vrid != config.vrid:
        return Relation.UNRELATED
    if node.members.find(address=advert.src) or (not router.vips and not advert.addresses):
        return Relation.MEMBER
    to_us = advert.dst in (config.multicast_group, config.source) or advert.dst in node.own_addresses()
    return Relation.FOREIGN if to_us else Relation.ELSEWHERE


def is_virtual(mac: str) -> bool:
    """Whether it is a VRRP virtual MAC, which names a virtual router and no node (RFC 9568 §7.3)."""
    return mac.startswith(VIRTUAL_MAC)


def note_stranger(router: RouterState, advert: AdvertisementHeard, relation: Relation) -> None:
    """Count an advertisement from outside the pair."""
    _note(
        router,
        advert.src,
        OutsiderKind.ROUTER,
        advert.count,
        advert.at,
        interval=advert.interval_seconds,
        elsewhere=relation is Relation.ELSEWHERE,
    )


def note_impostor(router: RouterState, advert: AdvertisementHeard, name: str, doubted: Doubted) -> None:
    """Count an advertisement in the name of a member that denies it, by its MAC: the address is the member's."""
    who = advert.src_mac
    known = router.outsiders.get(who)
    is_first = known is None or quiet(router, known, advert.at)
    count = doubted.count if is_first else advert.count
    _note(
        router,
        who,
        OutsiderKind.ROUTER,
        count,
        advert.at,
        interval=doubted.interval,
        elsewhere=False,
    )
    noted = router.outsiders.get(who)
    if noted is not None:
        noted.in_the_name_of, noted.mac = name, who
        noted.first_at = doubted.since if is_first else noted.first_at


def note_usurper(router: RouterState, talker: Talker) -> None:
    """Take down the owner whom nobody knows: one advertisement is enough, since keepalived has obeyed it."""
    heard_at = talker.heard_at or 0.0
    known = router.outsiders.get(talker.src)
    if known is not None and known.usurps and known.at >= heard_at:
        return
    _note(
        router,
        talker.src,
        OutsiderKind.ROUTER,
        talker.adverts_in_run,
        heard_at,
        interval=talker.interval,
        elsewhere=False,
    )
    noted = router.outsiders.get(talker.src)
    if noted is not None:
        noted.usurps, noted.mac, noted.count = True, talker.mac, talker.adverts_in_run
        noted.first_at = talker.run_started_at or heard_at


def note_carp(router: RouterState, carp: CarpHeard) -> None:
    """Count a CARP announcement that carries our VRID's number where VRRP has it."""
    _note(router, f"carp {carp.src}", OutsiderKind.CARP, carp.count, carp.at, interval=1.0, elsewhere=False)


MET_WITHIN = 2.0
"""Seconds after its start in which a node meets another that has an agent: reports come each second."""


def note_claims(router: RouterState, node: Node, now: float) -> None:
    """An unknown MAC that answers for a VIP in rounds apart enough holds it.

    While no other node has been met, for a while after the start, it may well be the other node's.
    """
    claimed = RoundResult.OUTSIDER in router.found and not _is_settling(router, node, now)
    for probing in router.probings.values() if claimed else ():
        latest = probing.latest
        if latest is None or latest.result is not RoundResult.OUTSIDER or not latest.controlled:
            continue
        if probing.repeated(frozenset({RoundResult.OUTSIDER}), router.release(), 0.0):
            _note(router, latest.mac, OutsiderKind.ADDRESS, ALERT_AT, now, interval=1.0, elsewhere=False)
    if not router.outsiders:
        return
    clean = [probing.controlled_without(RoundResult.OUTSIDER) for probing in router.probings.values()]
    if min(clean, default=0) >= CLEAN_ROUNDS:
        router.outsiders = {w: o for w, o in router.outsiders.items() if o.kind is not OutsiderKind.ADDRESS}


def _is_settling(router: RouterState, node: Node, now: float) -> bool:
    met = any(member.macs or member.agent_macs for member in node.members.members)
    return not met and now - router.known_since < MET_WITHIN


def _note(
    router: RouterState,
    who: str,
    kind: OutsiderKind,
    count: int,
    at: float,
    *,
    interval: float,
    elsewhere: bool,
) -> None:
    known = router.outsiders.get(who)
    if known is None and len(router.outsiders) >= MOST_OUTSIDERS:
        router.outsiders = {o.who: o for o in router.outsiders.values() if not quiet(router, o, at)}
        if len(router.outsiders) >= MOST_OUTSIDERS:
            return
    if known is None or quiet(router, known, at) or (known.elsewhere and not elsewhere):
        router.outsiders[who] = Outsider(kind, who, count, at, at, interval, elsewhere)
    elif known.elsewhere is elsewhere:
        known.count += count
        known.at = at
    elif (
        at - known.at > router.own_down_interval()
    ):  # it has left our group; before that, it may speak in both
        router.outsiders[who] = Outsider(kind, who, count, at, at, interval, elsewhere)


def quiet(router: RouterState, outsider: Outsider, now: float) -> bool:
    """Whether it has been silent for ten Master_Down_Intervals; a muted stranger speaks seldom."""
    return now - outsider.at > QUIET_INTERVALS * router.own_down_interval()


def disturber(router: RouterState, now: float) -> Outsider | None:
    """The outsider that disturbs this virtual router now, if any."""
    if not router.outsiders:
        return None
    active = [o for o in router.outsiders.values() if not quiet(router, o, now)]
    router.outsiders = {o.who: o for o in active}
    loud = [o for o in active if (o.count >= ALERT_AT or o.usurps) and not o.elsewhere]
    return max(loud, key=lambda o: o.at, default=None)
