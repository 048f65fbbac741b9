"""The witness's picture: one entry for each pair, for people and programs, and never a secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hawatch import __version__
from hawatch.evidence import ProbeRound
from hawatch.witness.member import Sight
from hawatch.witness.outage import Measure, Outage
from hawatch.witness.pair import Pair

if TYPE_CHECKING:
    from hawatch.witness.composition import Witness

JsonDict = dict[str, object]


def status(witness: Witness) -> JsonDict:
    """Everything, with ages in seconds; None is not known."""
    now, offset = witness.now(), witness.wall() - witness.now()
    return {
        "witness": witness.name,
        "version": __version__,
        "time": _time(now + offset),
        "problems": dict(witness.problems),
        "strangers": witness.correspondence.strangers,
        "pairs": [_pair(pair, now, offset) for pair in witness.pairs],
    }


def _pair(pair: Pair, now: float, offset: float) -> JsonDict:
    refused = pair.refusals.last
    return {
        "name": pair.config.name,
        "calm": pair.is_calm(now),
        "members": [_member(each, now) for each in pair.members.values()],
        "vips": [_vip(pair, vip, now) for vip in pair.vips],
        "services": [_service(name, each, offset) for name, each in pair.clients.items()],
        "refused": sum(pair.refusals.counts.values()),
        "last_refusal": None
        if refused is None
        else {"source": refused[0], "reason": refused[1], "age": round(now - refused[2], 3)},
    }


def _member(member: Sight, now: float) -> JsonDict:
    agent = "none" if member.report_at is None else "up" if member.reports(now) else "silent"
    return {
        "name": member.name,
        "reachable": member.echo.reachable,
        "agent": agent,
        "report_age": None if member.report_at is None else round(now - member.report_at, 3),
        "round_trip": member.round_trip,
    }


def _vip(pair: Pair, vip: str, now: float) -> JsonDict:
    rounds = pair.rounds.get(vip)
    latest = rounds[-1] if rounds else None
    return {
        "address": vip,
        "asked_on": target.interface if (target := pair.targets.get(vip)) is not None else None,
        "answers": None if latest is None else _answers(pair, latest),
        "age": None if latest is None else round(now - latest.asked_at, 3),
        "held_by": {m.name: m.held.get(vip) if m.reports(now) else None for m in pair.members.values()},
    }


def _answers(pair: Pair, latest: ProbeRound) -> list[JsonDict]:
    return [
        {
            "mac": answer.mac,
            "count": answer.count,
            "node": next((m.name for m in pair.members.values() if answer.mac in m.macs), None),
        }
        for answer in latest.answers
    ]


def _service(name: str, measure: Measure, offset: float) -> JsonDict:
    last = measure.outages[-1] if measure.outages else None
    return {
        "name": name,
        "up": measure.up,
        "outages": measure.count,
        "seconds_lost": round(measure.seconds_lost, 3),
        "last_outage": None if last is None else _outage(last, offset),
    }


def _outage(outage: Outage, offset: float) -> JsonDict:
    return {
        "began": _time(outage.began_at + offset),
        "ended": None if outage.ended_at is None else _time(outage.ended_at + offset),
        "seconds": None if outage.seconds is None else round(outage.seconds, 3),
        "lost": outage.lost,
        "within": round(outage.within, 3),
    }


def _time(epoch: float) -> str:
    moment = datetime.fromtimestamp(round(epoch, 3), UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
