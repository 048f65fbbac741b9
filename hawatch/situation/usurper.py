"""An owner whom nobody knows, while the agent of every node of the pair says that it has let go.

keepalived yields to whoever advertises a higher rank; that alone makes nobody an owner who serves. Where the operator
has listed the members, and each of them denies that it owns in a word sent since, the new owner is an outsider. Where
no list says who belongs to the pair, or a listed node's agent is silent or knows nothing, he may be one of them.
"""

from __future__ import annotations

from hawatch.situation.impostor import WORD_DUE, sent_after
from hawatch.situation.member import Member
from hawatch.situation.node import Node
from hawatch.situation.outsiders import note_usurper
from hawatch.situation.ownership import denies, talkers_of
from hawatch.situation.router import Owner, RouterState
from hawatch.situation.talker import Talker


def look_for_usurper(router: RouterState, node: Node, now: float) -> None:
    """Note the present owner as an outsider, if the words of all the others, sent since he came, show that he is one.

    The words of a moment in which an orderly handover may still overlap count for nothing.
    """
    talker = _stranger(router, node, now)
    if talker is None:
        return
    since = _counts_from(router, talker)
    if all(_denies_since(router, member, since, now) for member in _others(node)):
        note_usurper(router, talker)


def stranger_open_until(router: RouterState, node: Node, now: float) -> float | None:
    """Until when those words are waited for, None when no agent could say them or one has said that it owns."""
    talker = _stranger(router, node, now)
    if talker is None or not all(_denies_since(router, member, 0.0, now) for member in _others(node)):
        return None
    return _counts_from(router, talker) + WORD_DUE


def _counts_from(router: RouterState, talker: Talker) -> float:
    """From when on a word speaks of the time in which this one advertised, and we did no more."""
    return max(talker.run_started_at or 0.0, router.own.heard_at or 0.0) + router.release()


def _stranger(router: RouterState, node: Node, now: float) -> Talker | None:
    """The owner by its advertisements, if it is a member of which nothing else is known, beside a list of members."""
    owner = router.ownership
    if owner.owner is not Owner.PEER or router.we_hold(now) is not False:
        return None
    member = node.members.find(name=owner.names[0])
    if member is None or not member.is_mere_source() or not any(each.listed for each in _others(node)):
        return None
    talkers = [t for t in talkers_of(router, member) if t.heard_at is not None and not t.given_up]
    return max(talkers, key=lambda t: t.heard_at or 0.0, default=None)


def _others(node: Node) -> list[Member]:
    return [member for member in node.members.members if not member.is_mere_source()]


def _denies_since(router: RouterState, member: Member, since: float, now: float) -> bool:
    heard = member.said(router.vips, router.config.family, router.config.vrid, now)
    return heard is not None and denies(router, heard.router) and sent_after(heard, since)
