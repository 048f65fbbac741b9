"""The proofs that a virtual router has two owners, and what disproves them.

S1: two nodes' unbroken holds overlap by more than the release allowance.
S2: probes are answered by a second owner, twice, further apart than the allowance.
S3: we hold on although a superior advertisement was heard longer ago than the allowance.
S4: we hold across successive advertisements of a member that ignores us, or that cannot hear us.
A witness is a bystander: its rounds prove S2, too.
A proof stands until it is disproved; silence disproves nothing.
"""

from __future__ import annotations

from hawatch.evidence import AdvertisementHeard, PeerReport
from hawatch.situation.member import Member
from hawatch.situation.moves import unsettle
from hawatch.situation.node import Node
from hawatch.situation.ownership import vip_word
from hawatch.situation.probing import Probing, RoundResult
from hawatch.situation.router import Claims, Proof, ProofKind, RouterState
from hawatch.situation.talker import Talker
from hawatch.situation.witness import WITNESS_FRESH
from hawatch.wire.address import address_bytes

EMPTY_ROUNDS = 3
_SECOND_OWNER = frozenset({RoundResult.MEMBER, RoundResult.SEVERAL})
_TWO_OWNERS = frozenset({RoundResult.SEVERAL})


def prove_by_report(router: RouterState, node: Node, member: Member, evidence: PeerReport) -> None:
    """S1: compare the reporter's unbroken hold with ours, and with what other members said."""
    if evidence.round_trip is None or evidence.at < node.woke_at + router.release():
        return
    heard = router.word_of(member, evidence.at)
    if heard is None or heard.at != evidence.at:
        return
    for vip in heard.router.vips:
        holding = router.holdings.get(vip.address)
        if not vip.held or holding is None:
            continue
        start, end = evidence.at - vip.for_seconds, evidence.at - evidence.round_trip
        since = max(start, holding.since)
        if holding.held and end - since > router.release():
            _prove(router, ProofKind.S1, evidence.at, member.name, since=since, ours=True)
        for other in node.members.members:
            if other is not member and _overlaps(router, other, vip.address, start, end, evidence.at):
                _prove(router, ProofKind.S1, evidence.at, member.name, since=start, ours=False)


def _overlaps(router: RouterState, other: Member, address: str, start: float, end: float, now: float) -> bool:
    heard = router.word_of(other, now)
    if heard is None or heard.round_trip is None:
        return False
    for vip in heard.router.vips:
        if vip.address == address and vip.held:
            other_start, other_end = heard.at - vip.for_seconds, heard.at - heard.round_trip
            return min(end, other_end) - max(start, other_start) > router.release()
    return False


def prove_by_probes(router: RouterState, node: Node, now: float) -> None:
    """S2: a holder is answered by a member, or a bystander by two owners, in rounds apart enough."""
    ours = router.we_hold(now)
    wanted = _SECOND_OWNER if ours else _TWO_OWNERS
    if ours is None or wanted.isdisjoint(router.found):
        return
    release = router.release()
    since = max(router.held_since(now), node.woke_at, router.cleared_at) if ours else router.cleared_at
    for probing in router.probings.values():
        if probing.repeated(wanted, release, since) and probing.latest is not None:
            member = node.members.find(mac=probing.latest.mac)
            began = probing.agreed_since(wanted, since)
            _prove(
                router,
                ProofKind.S2,
                now,
                member.name if member else "",
                since=now if began is None else began,
                ours=bool(ours),
            )


def prove_by_witness(router: RouterState, node: Node, probing: Probing, now: float) -> None:
    """S2 by a witness: two owners answered its questions, in rounds apart enough, the last of them just now."""
    ours, latest = router.we_hold(now), probing.latest
    since = max(router.held_since(now), router.cleared_at) if ours else router.cleared_at
    if latest is None or now - latest.asked_at > WITNESS_FRESH:
        return
    if probing.repeated(_TWO_OWNERS, router.release(), since):
        member = node.members.find(mac=latest.mac)
        began = probing.agreed_since(_TWO_OWNERS, since)
        _prove(
            router,
            ProofKind.S2W,
            now,
            member.name if member else "",
            since=now if began is None else began,
            ours=bool(ours),
        )


def note_superior(
    router: RouterState, talker: Talker, advert: AdvertisementHeard, own_source: str | None
) -> None:
    """Remember since when a superior advertisement has been ignored by us, for S3."""
    ours = router.own_priority()
    outranked = ours is not None and (
        advert.priority > ours
        or (
            advert.priority == ours
            and own_source is not None
            and address_bytes(advert.src) > address_bytes(own_source)
        )
    )
    if not outranked or not router.we_hold(advert.at):
        if talker.src == router.superior_src:
            router.superior_at = None
        return
    if router.superior_at is None:
        router.superior_at = max(advert.first_at, router.held_since(advert.at))
        router.superior_src = talker.src


def superior_deadline(router: RouterState, node: Node) -> float | None:
    """When S3 will have been waited for long enough; late awakenings start the wait afresh."""
    if router.superior_at is None:
        return None
    return max(router.superior_at, node.woke_at) + router.release()


def prove_by_persistence(router: RouterState, node: Node, now: float) -> None:
    """S3: still held, longer than the allowance after a superior advertisement."""
    deadline = superior_deadline(router, node)
    if deadline is None or not router.we_hold(now) or now <= deadline or router.may_have_yielded():
        return
    since = now if router.superior_at is None else router.superior_at
    _prove(router, ProofKind.S3, now, name_of(node, router.superior_src), since=since, ours=True)


def prove_by_succession(router: RouterState, node: Node, talker: Talker, now: float) -> None:
    """S4: successive advertisements while we hold, with our own in between or with ours missing."""
    if not router.we_hold(now) or talker.heard_at is None:
        return
    if router.may_have_yielded() and talker.src == router.superior_src:
        return
    hold = max(router.held_since(now), node.woke_at)
    if talker.since_hold is None or talker.since_hold < hold:
        talker.since_hold = talker.heard_at if talker.heard_at >= hold else None
        return
    if now - talker.since_hold <= router.release():
        return
    between = router.own.heard_at is not None and router.own.heard_at > talker.since_hold
    missing_after = router.own.interval + router.jitter()
    missing = router.own.silent_for(now) > missing_after and now - hold > missing_after
    if between or missing:
        _prove(router, ProofKind.S4, now, name_of(node, talker.src), since=talker.since_hold, ours=True)


def name_of(node: Node, src: str) -> str:
    """The member behind a source address, or the address itself."""
    member = node.members.find(address=src)
    return member.name if member else src


def _prove(router: RouterState, kind: ProofKind, at: float, member: str, *, since: float, ours: bool) -> None:
    if router.proof is None:
        router.proof = Proof(kind, at, since, member, ours)
        unsettle(router)


def disprove(router: RouterState, node: Node, now: float) -> None:
    """Take a standing proof back when we hold no longer, the other says so, or three rounds stay empty.

    Empty rounds say nothing against an agent's own word, nor of a node that lives out of reach of our question.
    """
    proof = router.proof
    if proof is None:
        return
    words = _words_since(router, node, proof, now)
    let_go = bool(words) and all(word is False for word in words)
    if (proof.ours and router.we_hold(now) is False) or let_go:
        _clear(router, now)
        return
    if proof.ours and True in words:
        return
    if proof.kind is ProofKind.S2W:
        if _witnesses_take_it_back(router, proof, now):
            _clear(router, now)
        return
    gone = node.references_alive(now) and not node.peers_alive(now)
    askable = [probing for probing in router.probings.values() if not probing.is_void()]
    known = (
        bool(gone)
        or _answers_beside_another_family(router, askable)
        or _answers_in_another_family(node, proof, askable)
    )
    if askable and all(_is_clean(probing, proof, known=known) for probing in askable):
        _clear(router, now)


def _answers_beside_another_family(router: RouterState, askable: list[Probing]) -> bool:
    """Whether VIPs of the router's own family are all asked for beside an address that answers, and others are not.

    A member of which no address of the other family is known lives all the same.
    """
    own = [p for p in askable if (":" in p.vip) == (router.config.family == "ipv6")]
    return 0 < len(own) < len(askable) and all(p.latest is not None and p.latest.controlled for p in own)


def _answers_in_another_family(node: Node, proof: Proof, askable: list[Probing]) -> bool:
    """Whether the second owner answered for another address of its own when the VIPs were asked for last.

    It lives within reach then, and the questions that proved the two owners have shown that those for a VIP pass.
    """
    member = node.members.find(name=proof.member) if proof.kind is ProofKind.S2 else None
    newest = max((p.latest.asked_at for p in askable if p.latest), default=proof.at)
    return member is not None and member.met_at is not None and member.met_at >= newest


def _witnesses_take_it_back(router: RouterState, proof: Proof, now: float) -> bool:
    """Whether every witness that saw two owners sees one or none now, time after time, and its control is answered.

    Our own questions say nothing against it: they found nobody when it was made.
    """
    probings = [each.probing for each in router.witnessed.values()]
    fresh = [p for p in probings if p.latest is not None and now - p.latest.asked_at <= WITNESS_FRESH]
    return bool(fresh) and all(_is_single(probing, proof) for probing in fresh)


def _is_single(probing: Probing, proof: Proof) -> bool:
    latest = probing.latest
    clean = (RoundResult.MEMBER, RoundResult.EMPTY)
    streaks = [probing.in_a_row(result, proof.at) for result in clean]
    return latest is not None and latest.controlled and max(streaks) >= EMPTY_ROUNDS


def _is_clean(probing: Probing, proof: Proof, *, known: bool) -> bool:
    latest = probing.latest
    return bool(latest and (known or latest.controlled) and _rounds_are_clean(probing, proof))


def _rounds_are_clean(probing: Probing, proof: Proof) -> bool:
    if proof.ours:
        return probing.in_a_row(RoundResult.EMPTY, proof.at) >= EMPTY_ROUNDS
    single = probing.in_a_row(RoundResult.MEMBER, proof.at)
    return max(single, probing.in_a_row(RoundResult.EMPTY, proof.at)) >= EMPTY_ROUNDS


def _words_since(router: RouterState, node: Node, proof: Proof, now: float) -> list[bool | None]:
    """What the agents of those who may be the second owner have said since the proof."""
    member = node.members.find(name=proof.member) or node.members.find(address=proof.member)
    candidates = [member] if member else node.members.members
    heard = [router.word_of(c, now) for c in candidates]
    return [vip_word(router, word.router) for word in heard if word is not None and word.at > proof.at]


def _clear(router: RouterState, now: float) -> None:
    router.proof = None
    router.cleared_at = now
    router.superior_at = None
    router.claims = Claims()  # what the second owner announced while it was one
    for talker in router.talkers.values():
        talker.since_hold = None
