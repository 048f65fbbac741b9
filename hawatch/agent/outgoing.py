"""A message as its notifier gets it: the text, and for ways with more room what there is to say beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hawatch.agent.oncall import OnCall
from hawatch.agent.outgoing_facts import facts_of
from hawatch.config.oncall import Channel, ChannelKind, Contact
from hawatch.desk.around import Around
from hawatch.desk.briefing import brief, findings_of
from hawatch.desk.records import Heard
from hawatch.desk.talk import code_for
from hawatch.desk.writing import ANSWER, TEST
from hawatch.incident import Incident
from hawatch.notification.message import Message
from hawatch.notification.outgoing import Outgoing
from hawatch.notification.text.details import details

ROOM_IN_MAIL = 20
"""As many text messages as the details in a mail may be long: all that there is to tell."""


def outgoing_of(message: Message, channel: Channel | None, oncall: OnCall) -> Outgoing:
    """What is handed over; `channel` None is one that is no longer there."""
    around = oncall.surroundings.now()
    person = around.roster.contact(message.person)
    incident = next((each for each in oncall.all() if set(each.names) & set(message.incidents)), None)
    plain = Outgoing(
        id=message.id,
        person=message.person,
        to=message.to,
        text=message.text,
        data=(*_data(message), *facts_of(message, incident, person, around, oncall)),
        written_at=message.created_at,
        thread=min(message.incidents, default=""),
    )
    if channel is None or person is None:
        return plain
    if channel.kind is ChannelKind.APPRISE:
        return replace(plain, hint=_elsewhere(message, person, around))
    if channel.mail is None:
        return plain
    return replace(
        plain,
        answers=_answered(message, oncall),
        hint=_hint(message, incident, channel, person, oncall),
        details=_details(message, incident, person, around, oncall),
    )


def _data(message: Message) -> Iterator[tuple[str, str]]:
    """What a program may want to know beside the text."""
    yield "node", message.node
    yield "occasion", message.occasion
    yield "medium", message.medium.value
    if message.verdict is not None:
        yield "verdict", message.verdict.value
    if message.incidents:
        yield "incident", min(message.incidents)


def _answered(message: Message, oncall: OnCall) -> str:
    """The id of the reply that it answers, if that came on the same channel."""
    heard = oncall.ledger.get(Heard, message.ref)
    if heard is None or heard.channel != message.channel:
        return ""
    return heard.id.removeprefix(f"{heard.node}/{heard.channel}/")


def _elsewhere(message: Message, person: Contact, around: Around) -> str:
    """Where an answer is taken, for a way that takes none."""
    if message.occasion == ANSWER:
        return ""
    language, channels = around.language(person), around.roster.by_name()
    ways = [way.channel for way in person.ways if channels[way.channel].two_way]
    if not ways:
        return language.fill("chat.shell", {})
    return language.fill("chat.elsewhere", {"ways": language.phrases["join.list"].join(ways)})


def _hint(
    message: Message, incident: Incident | None, channel: Channel, person: Contact, oncall: OnCall
) -> str:
    """How to answer, where there is something to answer; who was answered knows how."""
    language = oncall.surroundings.now().language(person)
    if message.occasion == ANSWER:
        return ""
    if channel.mail is None or channel.mail.imap is None:
        return language.fill("mail.one_way", {})
    if message.occasion == TEST:
        return language.fill("mail.try", {})
    code = None if incident is None else code_for(person.name, incident, oncall.ledger)
    if code is None or code.retired_at is not None:
        return ""
    return language.fill("mail.answer", {"code": code.number})


def _details(
    message: Message, incident: Incident | None, person: Contact, around: Around, oncall: OnCall
) -> str:
    """What `47 0` tells, of what is not over."""
    if message.occasion in {ANSWER, TEST} or incident is None or incident.resolved:
        return ""
    summary = next((part.summary for part in incident.parts if part.calm_since is None), "")
    told = brief(incident, person, around, code=code_for(person.name, incident, oncall.ledger))
    return details(around.language(person), told, summary, findings_of(incident, around), ROOM_IN_MAIL)
