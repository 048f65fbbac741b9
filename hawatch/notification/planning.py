"""Who is to be told of an incident now, and why now: first message, worse, repetition, escalation, the end of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hawatch.config.oncall import Contact, Medium, Way
from hawatch.incident import EntryKind, Incident, State
from hawatch.notification.choice_of_way import not_failed
from hawatch.notification.message import LOST, Message
from hawatch.notification.plan import Due, Hour, Roster
from hawatch.notification.reasons import Turn, for_person
from hawatch.notification.text.brief import Occasion

_PAGES = frozenset(Occasion) - {Occasion.RESOLVED}


def due(incident: Incident, told: Sequence[Message], roster: Roster, hour: Hour) -> Iterator[Due]:
    """The messages about one incident that are to be written now; `told` are those about it that were."""
    if incident.resolved:
        yield from _over(incident, told, roster)
        return
    if incident.state is State.SNOOZED:
        return
    for step in _reached(incident, told, roster, hour):
        for name in step.people:
            person = roster.contact(name)
            if person is not None:
                mine = [each for each in told if each.person == name and _is_page(each)]
                yield from for_person(
                    Turn(
                        incident=incident,
                        person=person,
                        since=step.since,
                        occasion=step.occasion,
                        told=mine,
                        roster=roster,
                        hour=hour,
                    )
                )


# --- who ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """Some people, since when (epoch seconds) it is their turn, 0 for the first, and why."""

    people: tuple[str, ...]
    since: float = 0.0
    occasion: Occasion = Occasion.FIRST


def _reached(incident: Incident, told: Sequence[Message], roster: Roster, hour: Hour) -> list[_Step]:
    """The steps that it has come to, of each those who are on duty; if nobody at all is, everybody."""
    on_duty = [tuple(name for name in step if _serves(name, roster, hour)) for step in roster.steps()]
    steps = [step for step in on_duty if step] or [tuple(each.name for each in roster.contacts)]
    reached = [_Step(steps[0])]
    while len(reached) < len(steps):
        passed_on = _passed_on(incident, told, reached[-1].people, roster, hour)
        if passed_on is None or passed_on[0] > hour.now:
            break
        reached.append(_Step(steps[len(reached)], *passed_on))
    # Whoever was told once stays informed, even when the shift has changed.
    known = {name for step in reached for name in step.people}
    more = tuple(dict.fromkeys(each.person for each in told if each.person not in known and _is_page(each)))
    return [*reached, _Step(more)] if more else reached


def _serves(name: str, roster: Roster, hour: Hour) -> bool:
    person = roster.contact(name)
    return person is not None and hour.on_duty(person)


def _passed_on(
    incident: Incident, told: Sequence[Message], step: Sequence[str], roster: Roster, hour: Hour
) -> tuple[float, Occasion] | None:
    """When it is the next step's turn, and why: this one has had its time, cannot be reached, or gave it back.

    None while somebody looks after it, or while nobody of this step has been told.
    """
    if incident.state is not State.OPEN:
        return None
    people = [person for name in step if (person := roster.contact(name)) is not None]
    if not any(roster.ways(person, Medium.SMS) for person in people):
        return incident.opened_at, Occasion.ESCALATED
    pages = [each for each in told if each.person in step and _is_page(each) and each.medium is Medium.SMS]
    if not pages:
        return None
    lost = all(each.state in LOST for each in pages)
    if lost and not any(_free_ways(pages, person, roster) for person in people):
        return max(each.changed_at for each in pages) + hour.handover, Occasion.ESCALATED
    first = min(each.created_at for each in pages)
    given_back = [
        (entry.at, Occasion.RELEASED)
        for entry in incident.timeline
        if entry.kind is EntryKind.RELEASED and entry.at >= first
    ]
    return min([(first + roster.options.escalate_after, Occasion.ESCALATED), *given_back])


def _free_ways(pages: Sequence[Message], person: Contact, roster: Roster) -> list[Way]:
    """The ways by which a person may still be woken: those that have not failed for this incident."""
    mine = [each for each in pages if each.person == person.name]
    return not_failed(mine, roster.ways(person, Medium.SMS))


def _over(incident: Incident, told: Sequence[Message], roster: Roster) -> Iterator[Due]:
    """Everybody who was told hears the end of it, where they heard of it; in maintenance, too."""
    for name in dict.fromkeys(each.person for each in told):
        person = roster.contact(name)
        mine = [each for each in told if each.person == name]
        if person is None or any(each.occasion == Occasion.RESOLVED for each in mine):
            continue
        heard = [each for each in mine if _is_page(each) and each.state not in LOST]
        if heard:
            last = max(heard, key=lambda each: each.created_at)
            way = Way(channel=last.channel, to=last.to)
            since = incident.resolved_at or 0.0
            yield Due(
                since=since, person=person, way=way, medium=last.medium, occasion=Occasion.RESOLVED, need=None
            )


def _is_page(message: Message) -> bool:
    return message.occasion in {each.value for each in _PAGES}
