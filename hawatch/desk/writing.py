"""Writes messages into the ledger: each with an id of its own, and nothing twice for one reason."""

from __future__ import annotations

import re

from hawatch.config.oncall import Contact, Medium, Way
from hawatch.desk.around import Around
from hawatch.desk.ledger import Ledger
from hawatch.notification.message import Message
from hawatch.verdict import VerdictKind

ANSWER = "answer"
TEST = "test"
_STRANGE = re.compile(r"[^A-Za-z0-9]+")


def write(
    ledger: Ledger,
    around: Around,
    person: Contact,
    way: Way,
    text: str,
    *,
    occasion: str,
    medium: Medium = Medium.SMS,
    incidents: tuple[str, ...] = (),
    verdict: VerdictKind | None = None,
    level: int = 0,
    ref: str = "",
    due_at: float | None = None,
    instead: str = "",
    why: str = "",
) -> Message:
    """Put a message into the outbox; it has been due since `due_at` (epoch seconds; None: since now).

    `instead` and `why` are as in Message.
    """
    message = Message(
        id=_free_id(ledger, around),
        node=around.node,
        person=person.name,
        channel=way.channel,
        to=way.to,
        medium=medium,
        occasion=occasion,
        text=text,
        created_at=around.now,
        incidents=incidents,
        verdict=verdict,
        level=level,
        ref=ref,
        next_at=around.now if due_at is None else due_at,
        changed_at=around.now,
        instead=instead,
        why=why,
    )
    ledger.put(message)
    return message


def _free_id(ledger: Ledger, around: Around) -> str:
    beginning = f"{_STRANGE.sub('-', around.node).strip('-') or 'node'}-{int(around.now * 1000):x}"
    number = 1
    while ledger.get(Message, f"{beginning}-{number}") is not None:
        number += 1
    return f"{beginning}-{number}"
