"""Who owns a virtual router: the latest statement about each node decides, and none lasts for ever.

A statement is an advertisement, a priority 0, a word in a peer's report, or an answered probe.
"""

from __future__ import annotations

from hawatch.situation.member import Member
from hawatch.situation.node import Node
from hawatch.situation.probing import RoundResult
from hawatch.situation.router import Owner, Ownership, RouterState
from hawatch.situation.talker import Talker
from hawatch.situation.timing import master_down_interval
from hawatch.situation.witness import WITNESS_FRESH
from hawatch.situation.witness_word import advert_by_witness, witness_word
from hawatch.wire.report import ReportedRouter

PROBE_SPEAKS = 2.0
Statement = tuple[float, bool | None]


def talkers_of(router: RouterState, member: Member) -> list[Talker]:
    """The sources of advertisements that belong to this member."""
    addresses, name = member.addresses, member.name
    return [each for src, each in router.talkers.items() if src in addresses or src == name]


def vip_word(router: RouterState, said: ReportedRouter) -> bool | None:
    """What a report says of our VIPs: any held, none held, or unknown; without VIPs, whether it advertises."""
    vips = router.vips
    words = [vip.held for vip in said.vips if vip.address in vips]
    if not vips:
        return said.advertising
    if True in words:
        return True
    return None if None in words or not words else False


def denies(router: RouterState, said: ReportedRouter) -> bool:
    """Whether a report says that none of our VIPs is held, and that no advertisement goes out; unknown is no denial."""
    return bool(router.vips) and vip_word(router, said) is False and said.advertising is False


def member_holds(router: RouterState, member: Member, node: Node, now: float) -> bool | None:
    """Whether this member owns: its latest statement, as long as that speaks."""
    latest: Statement | None = None
    for source in (_by_adverts, _by_report, _by_probes, _by_witness):
        for statement in source(router, member, node, now):
            if latest is None or statement[0] > latest[0]:
                latest = statement
        if latest is not None and latest[0] == now:
            break  # nothing is newer, and of what is said at one moment the first counts
    return latest[1] if latest is not None else None


def _by_adverts(router: RouterState, member: Member, node: Node, now: float) -> list[Statement]:
    del node
    statements: list[Statement] = []
    for talker in talkers_of(router, member):
        if talker.given_up and talker.zero_at is not None:
            statements.append((talker.zero_at, False))
        elif talker.heard_at is not None and not _advert_is_spent(router, talker, now):
            statements.append((talker.heard_at, True))
    return statements


def _advert_is_spent(router: RouterState, talker: Talker, now: float) -> bool:
    """An advertisement speaks for a Master_Down_Interval, until we take over, or until another outranks it."""
    heard_at = talker.heard_at or 0.0
    adverts = router.config.down_timer_adverts
    if now > heard_at + master_down_interval(talker.version, 1, talker.interval, adverts) + router.jitter():
        return True
    if router.we_hold(now) and heard_at < router.took_over_at():
        return True
    yielded_after = talker.interval + router.jitter()
    return any(
        other is not talker
        and not other.given_up
        and (other.heard_at or 0.0) > heard_at
        and (now - heard_at > yielded_after or (other.run_started_at or 0.0) > heard_at)
        for other in router.talkers.values()
    )


def _by_report(router: RouterState, member: Member, node: Node, now: float) -> list[Statement]:
    del node
    heard = router.word_of(member, now)
    if heard is None:
        return []
    word = vip_word(router, heard.router)
    if word and _was_relieved(router, member, heard.at, now):
        return []
    return [(heard.at, word)]


def _was_relieved(router: RouterState, member: Member, since: float, now: float) -> bool:
    """Whether we, or another member, took over after this one's word that it holds; a split soon has newer words."""
    if router.we_hold(now) and since < router.took_over_at():
        return True
    addresses, name = member.addresses, member.name
    others = (each for src, each in router.talkers.items() if src not in addresses and src != name)
    return any(not each.given_up and (each.run_started_at or 0.0) > since for each in others)


def _by_probes(router: RouterState, member: Member, node: Node, now: float) -> list[Statement]:
    """Any VIP that it answers for is held; that none is, every VIP that can be asked after has to show."""
    alone = len(node.members.members) == 1
    speaks = max(PROBE_SPEAKS, 2 * router.interval())
    not_before = router.took_over_at() if router.we_hold(now) else now - speaks
    statements: list[Statement] = []
    empty: list[bool] = []
    for probing in router.probings.values():
        latest = probing.latest
        if latest is None or now - latest.asked_at > speaks or latest.asked_at < not_before:
            empty.append(probing.is_void())
            continue
        ours = latest.mac in member.macs or (alone and latest.mac != "")
        if latest.result in (RoundResult.MEMBER, RoundResult.SEVERAL) and ours:
            return [(latest.asked_at, True)]
        nobody = latest.result is RoundResult.EMPTY and latest.controlled
        empty.append(nobody or probing.is_void())
        if nobody:
            statements.append((latest.asked_at, False))
    return statements if all(empty) else []


def _by_witness(router: RouterState, member: Member, node: Node, now: float) -> list[Statement]:
    """What a witness asked and heard lately, and after we took over; who was relieved since owns no more."""
    del node
    if not router.witnessed and not router.heard_by_witness:
        return []
    since = now - WITNESS_FRESH
    if router.we_hold(now):
        since = max(since, router.took_over_at())
    statements: list[Statement] = []
    asked = witness_word(router, member, since)
    if asked is not None:
        statements.append(asked)
    heard_at = advert_by_witness(router, member, since)
    if heard_at is not None:
        statements.append((heard_at, True))
    return [each for each in statements if not (each[1] and _was_relieved(router, member, each[0], now))]


def decide(router: RouterState, node: Node, now: float) -> Ownership:
    """Who owns it now; `since` is kept while the answer stays the same."""
    ours = router.we_hold(now)
    holds = {m.name: member_holds(router, m, node, now) for m in node.members.members}
    holders = tuple(name for name, held in holds.items() if held)
    if ours:
        owner, names = (Owner.BOTH, (node.name, *holders)) if holders else (Owner.US, (node.name,))
    elif len(holders) > 1:
        owner, names = Owner.BOTH, holders
    elif holders:
        owner, names = Owner.PEER, holders
    elif ours is None or None in holds.values() or not holds:
        owner, names = Owner.UNKNOWN, ()
    else:
        owner, names = Owner.NOBODY, ()
    before = router.ownership
    if before.owner is owner and before.names == names:
        return before
    return Ownership(owner, names, now)
