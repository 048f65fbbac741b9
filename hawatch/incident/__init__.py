"""Incidents: one trouble from its first bad word until it is disproved, whoever looks after it meanwhile."""

from __future__ import annotations

from hawatch.incident.opening import step
from hawatch.incident.record import Entry, EntryKind, Incident, Part, State
from hawatch.incident.transitions import NotPossibleError, UnknownIncidentError, acknowledge, release, snooze
from hawatch.incident.word import Remark, Word

__all__ = [
    "Entry",
    "EntryKind",
    "Incident",
    "NotPossibleError",
    "Part",
    "Remark",
    "State",
    "UnknownIncidentError",
    "Word",
    "acknowledge",
    "release",
    "snooze",
    "step",
]
