"""What is heard of VRRP, on the wire and in the stack, our own advertisements included: gives the routers touched."""

from __future__ import annotations

from collections.abc import Iterable

from hawatch.evidence import (
    AdvertisementDelivered,
    AdvertisementHeard,
    CarpHeard,
)
from hawatch.situation.delivery import (
    LOOKED_AT_HOST,
    LOST_IN_A_ROW,
    is_missed,
    note_delivered,
    note_on_wire,
)
from hawatch.situation.holds import note_higher_word
from hawatch.situation.impostor import is_impostor
from hawatch.situation.inquiry import to_meet
from hawatch.situation.kin import note_fault
from hawatch.situation.lapses import note_own_advertisement
from hawatch.situation.member import REPORT_FRESH, Member
from hawatch.situation.node import Loop, Node
from hawatch.situation.outsiders import Relation, is_virtual, note_carp, note_stranger, relate
from hawatch.situation.proofs import note_superior, prove_by_succession
from hawatch.situation.router import Delivered, RouterState
from hawatch.situation.talker import Talker
from hawatch.wire.family import Family
from hawatch.wire.vrrp import AUTH_HEADER

Touched = Iterable[RouterState]


def advertisement(node: Node, candidates: Touched, evidence: AdvertisementHeard) -> Touched:
    """An advertisement, ours or another's."""
    touched: list[RouterState] = []
    for router in candidates:
        if evidence.outgoing:
            heard = _own_advertisement(router, node, evidence)
        else:
            heard = _foreign_advertisement(router, node, evidence)
        if heard:
            touched.append(router)
    return touched


def _own_advertisement(router: RouterState, node: Node, evidence: AdvertisementHeard) -> bool:
    config = router.config
    if (evidence.interface, evidence.family) != (config.interface, config.family):
        return False
    if evidence.vrid != config.vrid and router.vips.isdisjoint(evidence.addresses):
        return False
    _count(router, "out", "self", evidence)
    if not router.holdings and not router.advertising(evidence.first_at):
        router.superior_at = None
    note_own_advertisement(router, node, evidence)
    router.own.src = evidence.src
    router.hear(router.own, evidence)
    note_fault(router, node)
    return True


def _foreign_advertisement(router: RouterState, node: Node, evidence: AdvertisementHeard) -> bool:
    relation = relate(router, node, evidence)
    if relation is Relation.UNRELATED:
        return False
    if evidence.src in node.own_addresses():
        _note_loop(node, evidence)
        return True
    _count(router, "in", "peer" if relation is Relation.MEMBER else "foreign", evidence)
    if relation is not Relation.MEMBER:
        note_stranger(router, evidence, relation)
        return True
    if evidence.checksum in _UNREADABLE or not _has_room(router, node, evidence):
        return True
    if is_impostor(router, node, evidence):
        note_higher_word(router, evidence)
        return True
    member = _meet(node, evidence)
    if evidence.src not in router.talkers and not member.listed and any(to_meet(router, node)):
        router.inquiry.probe_now = True
    talker = router.talkers.get(evidence.src)
    if talker is None:
        talker = router.talkers[evidence.src] = Talker(evidence.src)
    router.hear(talker, evidence)
    if _is_for_us_to_hear(router, evidence):
        known = router.delivered.get(evidence.src)
        note_on_wire(router.undelivered, evidence, known.at if known else None)
    if evidence.priority:
        note_higher_word(router, evidence)
        own = router.own.last.src if router.own.last else router.config.source
        note_superior(router, talker, evidence, own)
        prove_by_succession(router, node, talker, evidence.at)
    elif router.superior_src == evidence.src:
        router.superior_at = None
    return True


def _has_room(router: RouterState, node: Node, evidence: AdvertisementHeard) -> bool:
    """Whether a source is known, or one of the few that nobody knows: forged ones must not cost the judge.

    Where there is no room, the unknown one that has been silent for longest gives way, if it has been for long.
    """
    if evidence.src in router.talkers or node.members.find(address=evidence.src) is not None:
        return True
    if len(router.talkers) < MOST_SOURCES:
        return True
    if evidence.at < router.full_until:
        return False
    unknown = [(at, src) for src in router.talkers if (at := _unknown_since(router, node, src)) is not None]
    last_at, longest = min(unknown, default=(evidence.at, ""))
    gives_way_at = last_at + GIVES_WAY_AFTER * router.down_interval()
    if evidence.at <= gives_way_at:
        router.full_until = gives_way_at
        return False
    del router.talkers[longest]
    router.delivered.pop(longest, None)
    router.undelivered.pop(longest, None)
    if all(longest not in each.talkers for each in node.kin.values()):
        node.members.forget(longest)
    return True


def _unknown_since(router: RouterState, node: Node, src: str) -> float | None:
    """The last sign of a source of which nothing but advertisements is known; None of one that is a member."""
    talker, member = router.talkers[src], node.members.find(address=src)
    if member is not None and not member.is_mere_source():
        return None
    seen_at = member.sign_of_life_at() if member is not None and len(member.addresses) == 1 else 0.0
    return max(talker.heard_at or 0.0, talker.zero_at or 0.0, seen_at)


def _is_for_us_to_hear(router: RouterState, advert: AdvertisementHeard) -> bool:
    """Whether keepalived's socket here is one for such packets: of its group, and of its protocol (112, or AH's 51)."""
    config = router.config
    if (advert.vrid, advert.dst) != (config.vrid, config.multicast_group):
        return False
    return (advert.auth_type == AUTH_HEADER) == (config.auth_type == "ah")


def _note_loop(node: Node, evidence: AdvertisementHeard) -> None:
    loop = node.loops.get(evidence.interface)
    count = loop.count if loop is not None and evidence.at - loop.at < LOOP_SPEAKS else 0
    node.loops[evidence.interface] = Loop(evidence.at, count + evidence.count, evidence.src_mac)


LOOP_SPEAKS = 10.0
MOST_SOURCES = 16
"""Addresses that may speak for one virtual router without being those of a known member."""
GIVES_WAY_AFTER = 3
"""Master_Down_Intervals of silence after which such an address gives way to another one."""
_UNREADABLE = frozenset({"bad", ""})
"""Checksum forms of what nobody can rely on: a corrupt advertisement, and one that could not be taken apart."""


def _meet(node: Node, evidence: AdvertisementHeard) -> Member:
    mac = None if is_virtual(evidence.src_mac) else evidence.src_mac
    member = node.members.find(address=evidence.src) or (node.members.find(mac=mac) if mac else None)
    if member is None:
        member = node.members.admit(evidence.src, (evidence.src,))
    member.addresses.add(evidence.src)
    if mac:
        member.macs.add(mac)
    away = evidence.at - (member.wire_heard_at or 0.0)
    if away > max(REPORT_FRESH, LOST_IN_A_ROW * evidence.interval_seconds):
        member.note_return(evidence.at)
    member.wire_heard_at = evidence.at
    return member


def delivered(node: Node, routers: Touched, evidence: AdvertisementDelivered) -> Touched:
    """An advertisement reached this host's own sockets.

    That is news where one did not a moment ago, where others are missing, and where the firewall is blamed.
    """
    blamed = node.host.firewall is not None and bool(node.host.firewall.hits)
    touched = []
    for router in routers:
        known = router.delivered.get(evidence.src)
        if known is None and len(router.delivered) >= MOST_SOURCES and evidence.src not in router.talkers:
            continue
        anew = known is None or evidence.at - known.at > LOOKED_AT_HOST
        if anew or blamed or is_missed(router.undelivered, evidence):
            touched.append(router)
        if known is None:
            router.delivered[evidence.src] = Delivered(evidence.first_at, evidence.at, evidence.count)
        else:
            known.at, known.count = evidence.at, known.count + evidence.count
        note_delivered(router.undelivered, evidence)
    return touched


def _count(router: RouterState, direction: str, source: str, evidence: AdvertisementHeard) -> None:
    key = (direction, source, evidence.valid)
    router.counts[key] = router.counts.get(key, 0) + evidence.count


def carp(candidates: Touched, evidence: CarpHeard) -> Touched:
    """A CARP announcement with the number of a VRID of ours."""
    touched = []
    for router in candidates:
        if not evidence.outgoing and router.config.family is Family.IPV4:
            note_carp(router, evidence)
            touched.append(router)
    return touched
