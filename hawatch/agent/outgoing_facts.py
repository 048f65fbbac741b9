"""What a message is about, fact by fact: for programs, and for gateways that send approved texts with variables."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.agent.oncall import OnCall
from hawatch.config.oncall import Contact
from hawatch.desk.around import Around
from hawatch.desk.briefing import brief
from hawatch.desk.talk import code_for
from hawatch.incident import Incident
from hawatch.notification.message import Message
from hawatch.notification.text.menu import LONGEST_LABEL, choices


def facts_of(
    message: Message, incident: Incident | None, person: Contact | None, around: Around, oncall: OnCall
) -> Iterator[tuple[str, str]]:
    """Names and values, as they are now and in the person's language; what is not known is left out."""
    yield "pair", around.pair
    if incident is None or person is None:
        return
    language = around.language(person)
    told = brief(incident, person, around, code=code_for(person.name, incident, oncall.ledger))
    verdict = told.verdict if message.verdict is None else message.verdict
    yield "verdict_text", language.fill(f"verdict.{verdict.value}", {"node": told.node})
    yield "router", ", ".join(told.instances)
    yield "vip", ", ".join(told.vips)
    yield "owners", "+".join(told.owners)
    yield "since", told.since
    if told.cause is not None:
        yield "cause", told.cause.value
        yield "cause_text", language.phrases[f"cause.{told.cause.value}"]
    if told.code is not None:
        yield "code", told.code
        yield "options", choices(language, told.code, told.options, {}, LONGEST_LABEL)
