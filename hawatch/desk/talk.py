"""One reply that is being answered: who wrote it, by which way, and how to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hawatch.codes import Code, first_given
from hawatch.config.oncall import Contact, Permission, Way
from hawatch.desk.around import Around
from hawatch.desk.briefing import brief
from hawatch.desk.ledger import Ledger
from hawatch.desk.records import Heard
from hawatch.desk.writing import ANSWER, write
from hawatch.incident import Incident
from hawatch.notification.message import LOST, Message
from hawatch.notification.text.language import Language
from hawatch.notification.text.phrase import Phrase
from hawatch.notification.text.saying import tell
from hawatch.notification.text.sentences import headline

PATIENCE_WITH_NONSENSE = 5
"""Answers in an hour to texts that lead nowhere; then silence, so that no two machines talk for ever."""
HOUR = 3600.0
NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One reply: its writer, the way back, what it is noted as, and what there is to answer about.

    `incidents` are those of this node and those that only others have.
    """

    person: Contact
    way: Way
    heard: Heard
    ledger: Ledger
    around: Around
    incidents: Sequence[Incident]

    @property
    def language(self) -> Language:
        """What the writer reads."""
        return self.around.language(self.person)

    def answer(self, text: str, about: Incident | None = None) -> None:
        """One text back, by the way that the reply came."""
        write(
            self.ledger,
            self.around,
            self.person,
            self.way,
            text,
            occasion=ANSWER,
            incidents=() if about is None else about.names,
            ref=self.heard.id,
        )

    def say(self, phrase: Phrase, about: Incident | None = None, **params: object) -> None:
        """The same, of a phrase in the writer's language."""
        self.answer(tell(self.language, self.around.pair, phrase, **params), about)

    def patiently(self, phrase: Phrase, about: Incident | None = None, **params: object) -> None:
        """The same to a text that leads nowhere, a few times an hour."""
        lately = [
            each
            for each in self.ledger.all(Heard)
            if each.person == self.person.name
            and each.meant.startswith(NOWHERE)
            and self.around.now - each.at < HOUR
        ]
        if len(lately) < PATIENCE_WITH_NONSENSE:
            self.say(phrase, about, **params)

    def may(self, permission: Permission) -> bool:
        """Whether the writer's replies may do this."""
        return permission in self.person.permissions

    def by_name(self, name: str) -> Incident | None:
        """An incident by any of its names."""
        return next((each for each in self.incidents if name in each.names), None)

    def what(self, incident: Incident) -> str:
        """An incident in two words, in the writer's language."""
        return what(incident, self.person, self.around)

    def tell_the_others(self, about: Incident, phrase: Phrase, **params: object) -> None:
        """Everybody else who was told of the incident hears of this reply; `code` and `what` are each one's own."""
        for name in told_of(about, self.ledger):
            other = self.around.roster.contact(name)
            code = code_for(name, about, self.ledger)
            if other is None or name == self.person.name or code is None:
                continue
            given = dict(params)
            if "what" in given:
                given["what"] = what(about, other, self.around)
            text = tell(self.around.language(other), self.around.pair, phrase, code=code.number, **given)
            send(other, text, about, self.ledger, self.around, ref=f"{self.heard.id}/{name}")


def send(person: Contact, text: str, about: Incident, ledger: Ledger, around: Around, *, ref: str) -> None:
    """Tell a person something of an incident, where they last heard of it, once for each `ref`."""
    if any(each.ref == ref and each.person == person.name for each in ledger.all(Message)):
        return
    way = way_of(person, about, ledger)
    if way is not None:
        write(ledger, around, person, way, text, occasion=ANSWER, incidents=about.names, ref=ref)


def what(incident: Incident, reader: Contact, around: Around) -> str:
    """An incident in two words, in somebody's language."""
    return headline(around.language(reader), brief(incident, reader, around))


def told_of(incident: Incident, ledger: Ledger) -> tuple[str, ...]:
    """Everybody who has had a message about it."""
    return tuple(dict.fromkeys(each.person for each in ledger.about(Message, incident.names)))


def code_for(person: str, incident: Incident, ledger: Ledger) -> Code | None:
    """The code by which a person knows an incident, the first that was given if there are two."""
    return first_given(each for each in ledger.about(Code, incident.names) if each.person == person)


def way_of(person: Contact, incident: Incident, ledger: Ledger) -> Way | None:
    """Where a person last heard of an incident; the first of their ways, if never."""
    mine = [each for each in ledger.about(Message, incident.names) if each.person == person.name]
    mine = [each for each in mine if each.state not in LOST]
    last = max(mine, key=lambda each: each.created_at, default=None)
    return next(iter(person.ways), None) if last is None else Way(channel=last.channel, to=last.to)
