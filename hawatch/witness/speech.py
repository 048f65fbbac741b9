"""What the witness says of a pair, as of one moment."""

from __future__ import annotations

from hawatch import __version__
from hawatch.evidence import ProbeAnswer, ProbeRound
from hawatch.wire.witness import (
    Relayed,
    WitnessedAdverts,
    WitnessedAnswer,
    WitnessedMember,
    WitnessedOutage,
    WitnessedRound,
    WitnessedService,
    WitnessedVip,
    WitnessWord,
)
from hawatch.witness.member import Sight
from hawatch.witness.pair import Pair

OUTAGES_TOLD_FOR = 600.0
"""Seconds after its end for which an outage is told: a node that was away hears of it, too."""
ROUNDS_TOLD_FOR = 60.0


def word_of(pair: Pair, witness: str, now: float) -> WitnessWord:
    """Everything but what is passed on."""
    return WitnessWord(
        witness=witness,
        version=__version__,
        members=tuple(_member(each, now) for each in pair.members.values()),
        vips=tuple(
            WitnessedVip(
                address=vip,
                rounds=tuple(_round(r, now) for r in rounds if now - r.asked_at <= ROUNDS_TOLD_FOR),
            )
            for vip, rounds in pair.rounds.items()
        ),
        adverts=tuple(
            WitnessedAdverts(
                family=family, vrid=vrid, src=src, priority=advert.priority, age=max(0.0, now - advert.at)
            )
            for (family, vrid, src), advert in pair.adverts.items()
        ),
        services=tuple(
            WitnessedService(
                name=name, up=each.up, age=None if each.known_at is None else max(0.0, now - each.known_at)
            )
            for name, each in pair.clients.items()
        ),
        outages=tuple(
            WitnessedOutage(
                number=outage.number,
                service=name,
                vip=each.vip,
                began_age=max(0.0, now - outage.began_at),
                seconds=outage.seconds,
                lost=outage.lost,
                within=outage.within,
            )
            for name, each in pair.clients.items()
            for outage in each.outages
            if outage.ended_at is None or now - outage.ended_at <= OUTAGES_TOLD_FOR
        ),
    )


def relayed_to(pair: Pair, name: str, now: float) -> list[Relayed]:
    """What the other members said last, for one that misses them."""
    return [
        Relayed(age=max(0.0, now - at), round_trip=member.round_trip, datagram=datagram)
        for member in pair.members.values()
        if member.name != name
        for datagram, at in member.datagrams(now)
    ]


def _member(member: Sight, now: float) -> WitnessedMember:
    echo = member.echo
    return WitnessedMember(
        node=member.name,
        reachable=echo.reachable,
        asked_age=_age(echo.asked_at, now),
        reached_age=_age(echo.answered_at, now),
        report_age=_age(member.report_at, now),
    )


def _round(probe: ProbeRound, now: float) -> WitnessedRound:
    return WitnessedRound(
        age=max(0.0, now - probe.asked_at),
        answers=_answers(probe.answers),
        control_address=probe.control_address,
        control_answers=_answers(probe.control_answers),
    )


def _answers(answers: tuple[ProbeAnswer, ...]) -> tuple[WitnessedAnswer, ...]:
    return tuple(WitnessedAnswer(mac=each.mac, count=each.count) for each in answers)


def _age(at: float | None, now: float) -> float | None:
    return None if at is None else max(0.0, now - at)
