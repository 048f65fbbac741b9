"""What the guards of this node did: put where it belongs in the incidents, and told to those who know of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hawatch.desk.around import Around
from hawatch.desk.ledger import Ledger
from hawatch.desk.talk import send, told_of
from hawatch.guard.record import GuardNote, Telling
from hawatch.incident import Incident
from hawatch.notification.text.language import Language
from hawatch.notification.text.phrase import Phrase
from hawatch.notification.text.saying import say, tell
from hawatch.refusal import Refusal

TOLD_WITHIN = 3600.0
"""Seconds after which what a guard did is told no more."""
BELONGS_WITHIN = 60.0
"""Seconds by which an incident may begin after, or end before, what a guard notes about it."""


def keep_guards(incidents: Sequence[Incident], ledger: Ledger, around: Around) -> None:
    """Give each note its incident once there is one, and tell what is to be told, once to each."""
    lately = [
        each
        for each in ledger.all(GuardNote)
        if each.node == around.node and around.now - each.at < TOLD_WITHIN
    ]
    for note in lately:
        about = _incident_of(note, incidents)
        if about is None:
            continue
        known = tuple(sorted({*note.incidents, *about.names}))
        if known != note.incidents:
            ledger.put(replace(note, incidents=known))
        if note.telling is not None:
            _tell(note, note.telling, about, ledger, around)


def _incident_of(note: GuardNote, incidents: Iterable[Incident]) -> Incident | None:
    """The one that it was given, else the latest about one of its virtual routers that was open then."""
    known = [each for each in incidents if each.node == note.node]
    for each in known:
        if not set(each.names).isdisjoint(note.incidents):
            return each
    fitting = [each for each in known if _is_about(each, note) and _was_open(each, note.at)]
    return max(fitting, key=lambda each: each.opened_at, default=None)


def _is_about(incident: Incident, note: GuardNote) -> bool:
    return not note.instances or not set(note.instances).isdisjoint(incident.instances)


def _was_open(incident: Incident, at: float) -> bool:
    begun = incident.opened_at <= at + BELONGS_WITHIN
    return begun and (incident.resolved_at is None or incident.resolved_at >= at - BELONGS_WITHIN)


def _tell(note: GuardNote, telling: Telling, about: Incident, ledger: Ledger, around: Around) -> None:
    for name in told_of(about, ledger):
        person = around.roster.contact(name)
        if person is not None:
            text = _words(note, telling, around.language(person), around.pair)
            send(person, text, about, ledger, around, ref=f"guard/{note.id}")


def _words(note: GuardNote, telling: Telling, language: Language, pair: str) -> str:
    given: dict[str, object] = {"service": note.service, "node": note.node}
    if telling is Telling.KEPT:
        given["reason"] = say(language, note.refusal or Refusal.CHANGED)
    return tell(language, pair, Phrase(telling.value), **given)
