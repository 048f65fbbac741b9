"""From a witness's word to what is known of a virtual router: who answers for its VIPs, who advertises, two owners.

A witness is a bystander: two answers to one question, twice, further apart than the release allowance, with a control
that was answered once, are the proof S2, whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable

from hawatch.evidence import ProbeRound, WitnessSaid
from hawatch.situation.macs import trusted_macs
from hawatch.situation.node import Node
from hawatch.situation.probing import Probing, judge_round
from hawatch.situation.proofs import prove_by_witness
from hawatch.situation.router import RouterState, Witnessed
from hawatch.situation.witness import as_rounds, last_question, take_in

_UNCHANGED: tuple[RouterState, ...] = ()


def hear(node: Node, routers: Iterable[RouterState], evidence: WitnessSaid) -> Iterable[RouterState]:
    """A witness spoke; what is too old changes nothing but what is said of the witness."""
    everyone = list(routers)
    known = evidence.witness in node.witnesses
    before = _reach(node, evidence.at)
    if not take_in(node, evidence):
        return everyone if known else _UNCHANGED
    touched = [router for router in everyone if _take_rounds(router, node, evidence)]
    for router in everyone:
        if _take_adverts(router, node, evidence) and router not in touched:
            touched.append(router)
    return everyone if before != _reach(node, evidence.at) or evidence.word.outages else touched


def _reach(node: Node, now: float) -> tuple[bool | None, ...]:
    return (node.references_alive(now), *(member.alive(now) for member in node.members.members))


def _take_rounds(router: RouterState, node: Node, evidence: WitnessSaid) -> bool:
    sent_at = evidence.at - evidence.delay
    found = False
    for vip in evidence.word.vips:
        if vip.address not in router.vips:
            continue
        found = True
        probing = Probing(vip.address)
        trusted = trusted_macs(router, node) | node.own_macs()
        rounds = [_strangers_first(each, node) for each in as_rounds(vip, router.config.interface, sent_at)]
        probing.rounds.extend(judge_round(each, trusted, set()) for each in rounds)
        key = (evidence.witness, vip.address)
        router.witnessed[key] = Witnessed(probing, last_question(vip.rounds, sent_at))
        prove_by_witness(router, node, probing, evidence.at)
    return found


def _strangers_first(probe: ProbeRound, node: Node) -> ProbeRound:
    """The answers with those of others before our own, so that a proof names the other owner."""
    own = node.own_macs()
    answers = tuple(sorted(probe.answers, key=lambda answer: answer.mac in own))
    return ProbeRound(
        at=probe.at,
        asked_at=probe.asked_at,
        vip=probe.vip,
        interface=probe.interface,
        sent=probe.sent,
        answers=answers,
        control_address=probe.control_address,
        control_answers=probe.control_answers,
    )


def _take_adverts(router: RouterState, node: Node, evidence: WitnessSaid) -> bool:
    """Advertisements of members that a witness heard; one that gives up is no sign of an owner."""
    sent_at, found = evidence.at - evidence.delay, False
    own = node.own_addresses()
    for told in evidence.word.adverts:
        if (told.vrid, told.family) != (router.config.vrid, router.config.family) or told.src in own:
            continue
        found = True
        if told.priority:
            router.heard_by_witness[told.src] = sent_at - told.age
        else:
            router.heard_by_witness.pop(told.src, None)
    return found
