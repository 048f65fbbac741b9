"""Fold the answers to what was asked on the LAN: of a virtual router's VIPs, and of members alone."""

from __future__ import annotations

from collections.abc import Iterable

from hawatch.evidence import ProbeRound
from hawatch.situation.macs import one_owners_macs, trusted_macs, virtual_macs
from hawatch.situation.node import Node
from hawatch.situation.outsiders import is_virtual
from hawatch.situation.probing import Probing, RoundResult
from hawatch.situation.rest import rests
from hawatch.situation.router import Owner, RouterState

Touched = Iterable[RouterState]
_AS_EXPECTED = {
    Owner.US: RoundResult.EMPTY,
    Owner.NOBODY: RoundResult.EMPTY,
    Owner.PEER: RoundResult.MEMBER,
}


def probe_round(node: Node, candidates: Touched, evidence: ProbeRound) -> Touched:
    """A probe round ended; its control also tells whether the peer's address is alive on this LAN.

    Of what was asked about one virtual router together, answers that fit its owner are judged with the last of them:
    what they show they show only all together. Any other answer is judged at once.
    """
    member = node.members.find(address=evidence.control_address) if evidence.control_address else None
    if member and evidence.sent:
        member.ask_neighbour(evidence.asked_at, evidence.at, answered=bool(evidence.control_answers))
        member.macs.update(answer.mac for answer in evidence.control_answers if not is_virtual(answer.mac))
        node.members.unite(member)
    touched = list(candidates)
    for router in touched:
        probing = router.probings.get(evidence.vip)
        if probing is not None:
            own = node.own_macs() - virtual_macs(router)
            probing.take(
                evidence, trusted_macs(router, node), own, one_owners_macs(router, node, evidence.at)
            )
            router.note_probes()
    return [router for router in touched if _is_news(router, evidence)]


def _is_news(router: RouterState, evidence: ProbeRound) -> bool:
    probing = router.probings.get(evidence.vip)
    if probing is None or probing.latest is None:
        return True
    if probing.latest.result is not _AS_EXPECTED.get(router.ownership.owner):
        return True
    if _awaits_more(router, probing):
        return False
    return not (rests(router, evidence.at) and probing.finds_the_same())


def _awaits_more(router: RouterState, probing: Probing) -> bool:
    """Whether others of its VIPs of this family were asked for as well, and their answers are still to come."""
    asked_at, six = router.inquiry.probed_at or 0.0, ":" in probing.vip
    for other in reversed(router.probings.values()):
        if (":" in other.vip) is six and (not other.rounds or other.rounds[-1].asked_at < asked_at):
            return True
    return False


def introduced(node: Node, routers: Touched, evidence: ProbeRound) -> Touched:
    """A member was asked for alone: with its MAC it is known whichever address it speaks from.

    When several answer, nobody knows whose it is; when nobody does, it may live elsewhere.
    """
    member = node.members.find(address=evidence.vip)
    if member is None or evidence.vip in node.held:
        return ()
    before = member.lives_elsewhere
    if evidence.sent:
        member.ask_neighbour(evidence.asked_at, evidence.at, answered=bool(evidence.answers))
    if sum(each.count for each in evidence.answers) != 1:
        return routers if member.lives_elsewhere is not before else ()
    (answer,) = evidence.answers
    if is_virtual(answer.mac) or answer.mac in node.own_macs():
        return ()
    member.macs.add(answer.mac)
    member.met_at = evidence.at
    node.members.unite(member)
    return routers
