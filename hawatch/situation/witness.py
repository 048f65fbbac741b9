"""What the witnesses see: hosts that own nothing. What is old says nothing, and what a silent one said is forgotten.

All times are this node's monotonic seconds, as early as a word leaves open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hawatch.evidence import KnownPeer, ProbeAnswer, ProbeRound, WitnessSaid
from hawatch.wire.witness import WitnessedOutage, WitnessedRound, WitnessedVip

if TYPE_CHECKING:
    from hawatch.situation.member import Member
    from hawatch.situation.node import Node

WITNESS_FRESH = 3.0
"""Seconds for which an observation of a witness speaks; it looks once a second."""
LONGEST_DELAY = 1.0
"""Seconds that a word may have been under way, or kept by a witness that stood still, and still be taken in."""
SILENT_AFTER = 5.0
"""Seconds without a word after which a witness is said to be down."""
MOST_OUTAGES = 8


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A member as one witness reached it: True, False or None, as of `at`; `seen_at` is its last sign of life there."""

    reached: bool | None
    at: float
    seen_at: float | None


@dataclass(frozen=True, slots=True)
class WitnessedQuestion:
    """The last question of a witness for a VIP: who answered for it, and for which member's address beside it."""

    asked_at: float
    macs: tuple[str, ...]
    control_address: str | None
    controlled: bool


@dataclass(slots=True)
class Outage:
    """Clients were not served through a VIP, since `began_at`; `seconds` None while that lasts."""

    witness: str
    told: WitnessedOutage
    began_at: float


@dataclass(slots=True)
class Witness:
    """One witness of the configuration: when it was heard, and what of its words was not taken, and why."""

    name: str
    addresses: tuple[str, ...]
    known_since: float
    heard_at: float | None = None
    looked_at: float | None = None
    stale_at: float | None = None
    delay: float = 0.0
    services: dict[str, tuple[bool | None, float]] = field(default_factory=dict)
    outages: dict[tuple[int, str], Outage] = field(default_factory=dict)

    def speaks(self, now: float) -> bool:
        """Whether it says anything that is not old."""
        return self.looked_at is not None and now - self.looked_at <= WITNESS_FRESH


def settle(known: dict[str, Witness], named: Iterable[KnownPeer], at: float) -> dict[str, Witness]:
    """The witnesses that the configuration names now."""
    kept = {}
    for each in named:
        witness = known.get(each.name) or Witness(each.name, each.addresses, at)
        witness.addresses = each.addresses
        kept[each.name] = witness
    return kept


def take_in(node: Node, evidence: WitnessSaid) -> bool:
    """Take in a word about members, services and outages; whether it counts, or is too old."""
    witness = node.witnesses.get(evidence.witness)
    if witness is None:
        return False
    witness.heard_at, witness.delay = evidence.at, evidence.delay
    if evidence.delay > LONGEST_DELAY:
        witness.stale_at = evidence.at
        return False
    sent_at, word = evidence.at - evidence.delay, evidence.word
    looked = [each.asked_age for each in word.members if each.asked_age is not None]
    if looked:
        witness.looked_at = max(witness.looked_at or 0.0, sent_at - min(looked))
        if not witness.speaks(evidence.at):
            witness.stale_at = evidence.at
    for told in word.members:
        member = node.members.find(name=told.node)
        if member is not None:
            ages = [age for age in (told.reached_age, told.report_age) if age is not None]
            seen_at = sent_at - min(ages) if ages else None
            asked_at = sent_at - (told.asked_age if told.asked_age is not None else WITNESS_FRESH)
            reports = told.report_age is not None and told.report_age <= WITNESS_FRESH
            reached = True if reports else told.reachable
            at = max(asked_at, seen_at) if reached and seen_at is not None else asked_at
            member.glimpses[witness.name] = Glimpse(reached, at, seen_at)
    for service in word.services:
        if service.age is not None:
            witness.services[service.name] = (service.up, sent_at - service.age)
    for each in word.outages:
        _note_outage(witness, each, sent_at)
    return True


def _note_outage(witness: Witness, told: WitnessedOutage, sent_at: float) -> None:
    key = (told.number, told.service)
    known = witness.outages.get(key)
    began_at = known.began_at if known is not None else sent_at - told.began_age
    witness.outages[key] = Outage(witness.name, told, began_at)
    while len(witness.outages) > MOST_OUTAGES:
        del witness.outages[min(witness.outages)]


def as_rounds(vip: WitnessedVip, interface: str, sent_at: float) -> Iterator[ProbeRound]:
    """The questions of a witness as if this node had asked them; distances between them are as the witness had them."""
    for each in vip.rounds:
        yield ProbeRound(
            at=sent_at,
            asked_at=sent_at - each.age,
            vip=vip.address,
            interface=interface,
            sent=True,
            answers=tuple(ProbeAnswer(mac=a.mac, count=a.count) for a in each.answers),
            control_address=each.control_address,
            control_answers=tuple(ProbeAnswer(mac=a.mac, count=a.count) for a in each.control_answers),
        )


def last_question(rounds: tuple[WitnessedRound, ...], sent_at: float) -> WitnessedQuestion | None:
    """What the newest question says of single members."""
    if not rounds:
        return None
    newest = rounds[-1]
    return WitnessedQuestion(
        asked_at=sent_at - newest.age,
        macs=tuple(answer.mac for answer in newest.answers),
        control_address=newest.control_address,
        controlled=sum(answer.count for answer in newest.control_answers) == 1,
    )


def is_reached(member: Member, now: float) -> bool | None:
    """Whether a witness reaches a member now: one that does beats one that does not; what is old says nothing."""
    if not member.glimpses:
        return None
    fresh = [each.reached for each in member.glimpses.values() if now - each.at <= WITNESS_FRESH]
    if True in fresh:
        return True
    return False if False in fresh else None


def any_speaks(witnesses: Collection[Witness], now: float) -> bool:
    """Whether any witness is heard: then this node is not cut off."""
    return bool(witnesses) and any(each.speaks(now) for each in witnesses)
