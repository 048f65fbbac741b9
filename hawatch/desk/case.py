"""An incident with all that belongs to it: who was told, with which codes, and what can be done about it now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from hawatch.codes import Code
from hawatch.desk.around import Around
from hawatch.desk.ledger import Ledger
from hawatch.desk.shell import Offer, present_menu
from hawatch.incident import Incident
from hawatch.notification.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One incident, the messages about it and its codes, the oldest first, and the present menu."""

    incident: Incident
    messages: tuple[Message, ...] = ()
    codes: tuple[Code, ...] = ()
    menu: tuple[Offer, ...] = ()


def cases(incidents: Iterable[Incident], ledger: Ledger, around: Around) -> tuple[Case, ...]:
    """Each incident with what belongs to it, in one pass over the ledger."""
    messages: dict[str, list[Message]] = defaultdict(list)
    for message in ledger.all(Message):
        for name in message.incidents:
            messages[name].append(message)
    codes: dict[str, list[Code]] = defaultdict(list)
    for code in ledger.all(Code):
        codes[code.incident].append(code)
    return tuple(_case(each, messages, codes, ledger, around) for each in incidents)


def _case(
    incident: Incident,
    messages: dict[str, list[Message]],
    codes: dict[str, list[Code]],
    ledger: Ledger,
    around: Around,
) -> Case:
    told = {each.id: each for name in incident.names for each in messages.get(name, ())}
    given = {each.id: each for name in incident.names for each in codes.get(name, ())}
    return Case(
        incident=incident,
        messages=tuple(sorted(told.values(), key=lambda each: (each.created_at, each.id))),
        codes=tuple(sorted(given.values(), key=lambda each: (each.given_at, each.person))),
        menu=present_menu(incident, ledger, around),
    )
