"""An owner whom nobody knows, while the agent of every node of the pair says that it has let go.

keepalived yields to whoever advertises a higher rank; that alone makes nobody an owner who serves. Where each known
node denies that it owns, in a word sent since, and nobody answers for the VIPs, the new owner is an outsider. If he
answers for them he may be a node of the pair that nobody listed; where one of the agents is silent, or knows nothing,
nothing is said against him either.
"""

from __future__ import annotations

from hawatch.situation.impostor import WORD_DUE, sent_after
from hawatch.situation.member import Member
from hawatch.situation.node import Node
from hawatch.situation.outsiders import note_usurper
from hawatch.situation.ownership import denies, talkers_of, vip_word
from hawatch.situation.probing import RoundResult
from hawatch.situation.router import Owner, RouterState
from hawatch.situation.talker import Talker
from hawatch.situation.timing import jitter_allowance, release_allowance

UNANSWERED_ROUNDS = 2


def look_for_usurper(router: RouterState, node: Node, now: float) -> None:
    """Note the present owner as an outsider, if the words of all the others, sent since he came, show that he is one.

    The words of a moment in which an orderly handover may still overlap count for nothing.
    """
    talker = _stranger(router, node)
    if talker is None or router.we_hold(now) is not False:
        return
    since = _counts_from(router, talker)
    if _all_deny(router, node, since, now) and _is_unanswered(router, since):
        note_usurper(router, talker)


def stranger_open_until(router: RouterState, node: Node, now: float) -> float | None:
    """Until when that is waited for, None when nothing is: an agent is silent, or owns, or he answers for the VIP.

    Whoever has just let go denies that it holds at once, and that it advertises once an advertisement stays away.
    """
    talker = _stranger(router, node)
    if talker is None:
        return None
    words = [router.word_of(m, now) for m in _others(node)]
    if not words or any(word is None or vip_word(router, word.router) is not False for word in words):
        return None
    latest = [probing.latest for probing in router.probings.values()]
    began = talker.run_started_at or 0.0
    if any(each and each.asked_at > began and each.mac == talker.mac for each in latest):
        return None
    missing_after = router.config.advert_interval + jitter_allowance(router.config.advert_interval)
    return _counts_from(router, talker) + missing_after + WORD_DUE


def _counts_from(router: RouterState, talker: Talker) -> float:
    """From when on a word speaks of the time in which this one advertised, and we did no more.

    By our own interval: the one that he names may be as long as he likes.
    """
    began = max(talker.run_started_at or 0.0, router.own.heard_at or 0.0)
    return began + release_allowance(router.config.advert_interval)


def _stranger(router: RouterState, node: Node) -> Talker | None:
    """The owner by its advertisements, if it is a member of which nothing else is known."""
    if router.ownership.owner is not Owner.PEER:
        return None
    member = node.members.find(name=router.ownership.names[0])
    if member is None or not member.is_mere_source():
        return None
    talkers = [t for t in talkers_of(router, member) if t.heard_at is not None and not t.given_up]
    return max(talkers, key=lambda t: t.heard_at or 0.0, default=None)


def _others(node: Node) -> list[Member]:
    return [member for member in node.members.members if not member.is_mere_source()]


def _all_deny(router: RouterState, node: Node, since: float, now: float) -> bool:
    """Whether there is somebody else at all, and each has said since then that it neither holds nor advertises."""
    words = [router.word_of(m, now) for m in _others(node)]
    return bool(words) and all(
        word is not None and denies(router, word.router) and sent_after(word, since) for word in words
    )


def _is_unanswered(router: RouterState, since: float) -> bool:
    """Whether nobody answers for any VIP, while an address beside it is answered for."""
    return bool(router.probings) and all(
        p.in_a_row(RoundResult.EMPTY, since) >= UNANSWERED_ROUNDS
        and p.latest is not None
        and p.latest.controlled
        for p in router.probings.values()
    )
