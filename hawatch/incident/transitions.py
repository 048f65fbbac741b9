"""The state machine of an incident, as a table; every event that passes it leaves an entry in the timeline."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from hawatch.errors import HawatchError
from hawatch.incident.record import Entry, EntryKind, Incident, State


class Event(Enum):
    """What can happen to an incident beside changes of verdict and cause."""

    ACKNOWLEDGE = EntryKind.ACKNOWLEDGED
    RELEASE = EntryKind.RELEASED
    SNOOZE = EntryKind.SNOOZED
    WAKE = EntryKind.WOKEN
    RESOLVE = EntryKind.RESOLVED


TABLE: dict[tuple[State, Event], State] = {
    (State.OPEN, Event.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.OPEN, Event.SNOOZE): State.SNOOZED,
    (State.OPEN, Event.RESOLVE): State.RESOLVED,
    (State.ACKNOWLEDGED, Event.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.ACKNOWLEDGED, Event.RELEASE): State.OPEN,
    (State.ACKNOWLEDGED, Event.SNOOZE): State.SNOOZED,
    (State.ACKNOWLEDGED, Event.WAKE): State.OPEN,
    (State.ACKNOWLEDGED, Event.RESOLVE): State.RESOLVED,
    (State.SNOOZED, Event.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.SNOOZED, Event.RELEASE): State.OPEN,
    (State.SNOOZED, Event.SNOOZE): State.SNOOZED,
    (State.SNOOZED, Event.WAKE): State.OPEN,
    (State.SNOOZED, Event.RESOLVE): State.RESOLVED,
}
"""What is not in it is not possible: nothing follows `resolved`, and nobody can release what nobody has taken."""


class NotPossibleError(HawatchError):
    """An event that an incident's state does not allow; one line that names the incident and the reason."""


class UnknownIncidentError(HawatchError):
    """There is no incident of that name."""


def pass_through(incident: Incident, event: Event, *, at: float, who: str, text: str) -> Incident:
    """The incident after an event; NotPossibleError when the table has no such row."""
    state = TABLE.get((incident.state, event))
    if state is None:
        raise NotPossibleError(f"{incident.id}: {_refusal(incident)}")
    entry = Entry(at=at, kind=event.value, who=who, text=text)
    return replace(incident, state=state, timeline=(*incident.timeline, entry))


def acknowledge(incident: Incident, *, at: float, who: str, text: str = "") -> Incident:
    """`who` looks after it; whoever did before does no longer. NotPossibleError when it is resolved."""
    after = pass_through(incident, Event.ACKNOWLEDGE, at=at, who=who, text=text)
    return replace(after, acknowledged_by=who, acknowledged_at=at, snoozed_until=None)


def release(incident: Incident, *, at: float, who: str, text: str = "") -> Incident:
    """Nobody looks after it any longer. NotPossibleError when nobody did, or it is resolved."""
    return _unclaimed(pass_through(incident, Event.RELEASE, at=at, who=who, text=text))


def snooze(incident: Incident, *, at: float, who: str, until: float, text: str = "") -> Incident:
    """`who` has seen it and wants quiet until then, or until it gets worse. NotPossibleError when it is resolved."""
    after = pass_through(incident, Event.SNOOZE, at=at, who=who, text=text)
    return replace(after, acknowledged_by=who, acknowledged_at=at, snoozed_until=until)


def wake(incident: Incident, *, at: float, who: str, text: str) -> Incident:
    """A snooze is over, or it is worse than what anybody has taken: it is open again."""
    return _unclaimed(pass_through(incident, Event.WAKE, at=at, who=who, text=text))


def resolve(incident: Incident, *, at: float, who: str, text: str) -> Incident:
    """It is over; who acknowledged it stays on record."""
    after = pass_through(incident, Event.RESOLVE, at=at, who=who, text=text)
    return replace(after, resolved_at=at, snoozed_until=None)


def _unclaimed(incident: Incident) -> Incident:
    return replace(incident, acknowledged_by=None, acknowledged_at=None, snoozed_until=None)


def _refusal(incident: Incident) -> str:
    return "is resolved already" if incident.resolved else "nobody has acknowledged it"
