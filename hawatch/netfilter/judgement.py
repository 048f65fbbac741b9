"""What a host's rules would do with an advertisement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from hawatch.netfilter.listing import read_listing
from hawatch.netfilter.names import PROTOCOLS, number
from hawatch.netfilter.owner import FirewallTool, owner_of
from hawatch.netfilter.packet import AH, VRRP, Packet
from hawatch.netfilter.ruleset import Accept, Chain, Drop, Elsewhere, NftMatch, Rule, Ruleset, XtMatch
from hawatch.netfilter.truth import Truth
from hawatch.netfilter.walk import Outcome, Walk


class Fate(StrEnum):
    """What becomes of the advertisement; UNKNOWN: the rules could not be listed, or a program decides."""

    ACCEPTED = "accepted"
    DROPPED = "dropped"
    MAY_DROP = "may_drop"
    PARTLY_DROPPED = "partly_dropped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a rule stands: `handle` is nft's, `number` counts from 1 within the chain; both None for a policy.

    `legacy`: in the kernel's older tables, which iptables-legacy speaks to where iptables speaks to nft.
    """

    family: str
    table: str
    chain: str
    handle: int | None = None
    number: int | None = None
    legacy: bool = False

    def __str__(self) -> str:
        at = (
            f" handle {self.handle}"
            if self.handle is not None
            else f" rule {self.number}"
            if self.number
            else ""
        )
        return f"{self.family} {self.table} {self.chain}{at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The answer of the rules: `rule` is the deciding rule or policy in one line of its owner's language (with
    UNKNOWN: the reason), `place` None where there is none.

    `gate` is the first rule of the hook's own chain that leads to a drop: before it an accept lets the packet through
    that chain. `removable`: the rule means VRRP alone, and without it the chain lets the packet through. `others` are
    further chains of other hooks or tables that do not let it pass for sure.
    """

    verdict: Fate
    rule: str
    place: Place | None = None
    owner: FirewallTool | None = None
    gate: Place | None = None
    removable: bool = False
    others: tuple[Judgement, ...] = ()


_WORST_FIRST = (Fate.DROPPED, Fate.PARTLY_DROPPED, Fate.MAY_DROP, Fate.UNKNOWN, Fate.ACCEPTED)


def judge_vrrp(listing: Mapping[str, object], packet: Packet) -> Judgement:
    """What the listed rules would do with the advertisement; `listing` is the helper's answer to `firewall`.

    DecodeError when it is not what nft or iptables-save write.
    """
    return judge(read_listing(listing), packet)


def judge(ruleset: Ruleset, packet: Packet) -> Judgement:
    """What these rules would do with the advertisement: the worst that any chain on its way does."""
    walk = Walk(ruleset, packet)
    judged = [_of_chain(ruleset, packet, chain, walk.through(chain, met)) for chain, met in walk.chains()]
    judged.sort(key=lambda each: _WORST_FIRST.index(each.verdict))
    worst = judged[0] if judged else Judgement(verdict=Fate.ACCEPTED, rule="no rule is met")
    if worst.verdict is Fate.ACCEPTED and ruleset.unseen is not None:
        return Judgement(verdict=Fate.UNKNOWN, rule=ruleset.unseen)
    if worst.verdict is Fate.ACCEPTED:
        return next((each for each in reversed(judged) if each.place and each.place.number), worst)
    return replace(worst, others=tuple(each for each in judged[1:] if each.verdict is not Fate.ACCEPTED))


def _of_chain(ruleset: Ruleset, packet: Packet, chain: Chain, outcomes: list[Outcome]) -> Judgement:
    fate, deciding = _fate(outcomes)
    gates = [each for each in outcomes if each.reach.possible and not isinstance(each.kind, Accept)]
    return Judgement(
        verdict=fate,
        rule=deciding.rule.text if deciding.rule else deciding.chain.policy_text,
        place=_place(deciding.chain, deciding.rule),
        owner=owner_of(deciding.chain, deciding.rule, ruleset),
        gate=_place(chain, gates[0].gate) if gates else None,
        removable=fate is not Fate.ACCEPTED and _is_removable(ruleset, packet, chain, deciding),
    )


def _place(chain: Chain, rule: Rule | None) -> Place:
    return Place(
        family=chain.family,
        table=chain.table,
        chain=chain.name,
        handle=rule.handle if rule else None,
        number=rule.number if rule else None,
        legacy=chain.listed_by == "iptables-legacy",
    )


def _fate(outcomes: list[Outcome]) -> tuple[Fate, Outcome]:
    """What the ends that are possible come to, and the one that decides."""
    possible = [each for each in outcomes if each.reach.possible]
    drops = [each for each in possible if isinstance(each.kind, Drop)]
    elsewhere = [each for each in possible if isinstance(each.kind, Elsewhere)]
    if not drops:
        return (Fate.UNKNOWN, elsewhere[0]) if elsewhere else (Fate.ACCEPTED, _weightiest(possible))
    if len(drops) == len(possible):
        return Fate.DROPPED, _weightiest(drops)
    for drop in drops:
        if drop.reach in {Truth.SOMETIMES, Truth.YES}:
            return Fate.PARTLY_DROPPED, drop
    sure = [each for each in drops if each.sure]
    return Fate.MAY_DROP, (sure or drops)[-1 if sure else 0]


def _weightiest(outcomes: list[Outcome]) -> Outcome:
    """The first that is met for sure, or else the last one, which is what is left."""
    return next((each for each in outcomes if each.reach is Truth.YES), outcomes[-1])


def _is_removable(ruleset: Ruleset, packet: Packet, chain: Chain, deciding: Outcome) -> bool:
    if deciding.rule is None or not isinstance(deciding.kind, Drop) or not _means_vrrp_alone(deciding.rule):
        return False
    walk = Walk(ruleset, packet, without=(deciding.chain.key, deciding.rule.number))
    for other, met in walk.chains():
        outcomes = walk.through(other, met)
        if other.key == chain.key:
            return _fate(outcomes)[0] is Fate.ACCEPTED
    return False


def _means_vrrp_alone(rule: Rule) -> bool:
    """Whether one of its conditions lets nothing pass but protocol 112, 51 or both."""
    return any(
        (isinstance(step, NftMatch) and _nft_protocols(step) <= {VRRP, AH})
        or (isinstance(step, XtMatch) and _xt_protocol(step) in {VRRP, AH})
        for step in rule.steps
    )


_PROTOCOL_FIELDS: tuple[object, ...] = (
    {"meta": {"key": "l4proto"}},
    {"payload": {"protocol": "ip", "field": "protocol"}},
    {"payload": {"protocol": "ip6", "field": "nexthdr"}},
)


def _nft_protocols(step: NftMatch) -> set[int]:
    """The protocols that a condition names; 0, which is none of them, when it asks for something else."""
    match = step.statement.get("match")
    if not isinstance(match, Mapping) or match.get("left") not in _PROTOCOL_FIELDS or match.get("op") != "==":
        return {0}
    right = match.get("right")
    elements = right.get("set") if isinstance(right, Mapping) else [right]
    if not isinstance(elements, list) or not elements:
        return {0}
    return {number(each, PROTOCOLS) or 0 for each in elements}


def _xt_protocol(step: XtMatch) -> int | None:
    if step.option != "--protocol" or step.module or step.negated or not step.arguments:
        return None
    return number(step.arguments[0], PROTOCOLS)
