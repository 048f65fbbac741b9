"""Incidents, and what belongs to them, as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.desk.case import Case
from hawatch.desk.deed import Deed
from hawatch.desk.loop import Loop
from hawatch.desk.shell import Offer
from hawatch.exporter.status import JsonDict, iso_utc
from hawatch.incident import Entry, EntryKind, Incident, Part
from hawatch.notification.message import Message

_VERBATIM = frozenset({EntryKind.TOLD, EntryKind.REPLIED})


def incident_json(incident: Incident) -> JsonDict:
    """One incident as everybody may read it: without what was written and answered, in which codes stand."""
    return _incident(incident, [_entry(each, _without_words(each)) for each in _in_order(incident)])


def case_json(case: Case) -> JsonDict:
    """One incident with all that belongs to it, for those who may act on it."""
    incident = case.incident
    return {
        **_incident(incident, [_entry(each, each.text) for each in _in_order(incident)]),
        "messages": [message_json(each) for each in case.messages],
        "codes": [
            {
                "person": each.person,
                "code": each.number,
                "given": iso_utc(each.given_at),
                "retired": _time(each.retired_at),
            }
            for each in case.codes
        ],
        "menu": [_offer(each) for each in case.menu],
    }


def loop_json(loop: Loop) -> JsonDict:
    """A probe of the reply path, for whoever asked for it: not its token."""
    state = "pending" if loop.pending else "lost" if loop.back_at is None else "back"
    return {
        "channel": loop.channel,
        "message": loop.message,
        "begun": iso_utc(loop.begun_at),
        "within": loop.until - loop.begun_at,
        "state": state,
        "seconds": loop.seconds if state == "back" else None,
        "problem": loop.problem if state == "lost" else None,
    }


def message_json(message: Message) -> JsonDict:
    """One message, and how far it has come."""
    return {
        "id": message.id,
        "node": message.node,
        "person": message.person,
        "channel": message.channel,
        "to": message.to,
        "occasion": message.occasion,
        "state": message.state.value,
        "attempts": message.attempts,
        "problem": message.problem,
        "time": iso_utc(message.created_at),
        "changed": iso_utc(message.changed_at),
        "text": message.text,
    }


def deed_json(deed: Deed) -> JsonDict:
    """One action that somebody has asked for, and what has come of it."""
    return {
        "id": deed.id,
        "action": deed.action,
        "node": deed.node,
        "vip": deed.vip,
        "person": deed.person,
        "state": deed.state.value,
        "final": deed.final,
        "refusal": None if deed.refusal is None else deed.refusal.value,
        "text": deed.text,
        "asked": iso_utc(deed.asked_at),
        "changed": iso_utc(deed.changed_at),
    }


def _incident(incident: Incident, timeline: list[JsonDict]) -> JsonDict:
    return {
        "id": incident.name,
        "also": [each for each in incident.names if each != incident.name],
        "node": incident.node,
        "state": incident.state.value,
        "verdict": incident.verdict.value,
        "severity": incident.severity.value,
        "revision": incident.revision,
        "opened": iso_utc(incident.opened_at),
        "resolved": _time(incident.resolved_at),
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged": _time(incident.acknowledged_at),
        "snoozed_until": _time(incident.snoozed_until),
        "causes": list(incident.causes),
        "virtual_routers": [_part(part) for part in incident.parts],
        "timeline": timeline,
    }


def _in_order(incident: Incident) -> Iterator[Entry]:
    """By time: what another node saw or was told comes in late."""
    return iter(sorted(incident.timeline, key=lambda each: each.at))


def _without_words(entry: Entry) -> str:
    """What another person wrote or was written stays between them; on which occasion and channel may be seen."""
    if entry.kind not in _VERBATIM:
        return entry.text
    return entry.text.partition(": ")[0] if entry.kind is EntryKind.TOLD else ""


def _entry(entry: Entry, text: str) -> JsonDict:
    return {"time": iso_utc(entry.at), "kind": entry.kind.value, "who": entry.who, "text": text}


def _part(part: Part) -> JsonDict:
    return {
        "instance": part.instance,
        "verdict": part.verdict.value,
        "severity": part.severity.value,
        "summary": part.summary,
        "causes": list(part.causes),
        "sure": part.sure,
        "since": iso_utc(part.fell_at),
    }


def _offer(offer: Offer) -> JsonDict:
    return {
        "number": offer.choice.number,
        "action": offer.choice.action,
        "node": offer.choice.node,
        "vip": offer.choice.vip,
        "danger": offer.danger.value,
        "text": offer.text,
    }


def _time(epoch: float | None) -> str | None:
    return None if epoch is None else iso_utc(epoch)
