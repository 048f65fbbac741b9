"""Takes one text in: who wrote it, whether it was taken before, and what it is noted as.

A stranger gets no answer, and neither does somebody whose time is over or a message of our own that comes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hawatch.config.number import normalise_sender
from hawatch.config.oncall import Contact, Way
from hawatch.desk.around import Around
from hawatch.desk.commands import act_on
from hawatch.desk.ledger import Ledger
from hawatch.desk.looping import come_back
from hawatch.desk.records import Heard
from hawatch.desk.talk import NOWHERE, Talk
from hawatch.incident import Incident
from hawatch.notification.duty import expired
from hawatch.notification.probe_text import token_in
from hawatch.notification.text.tag import is_ours
from hawatch.reply.arrival import Reply
from hawatch.reply.grammar import read

STRANGER = "a stranger, or one whose time is over"
OWN = "a message of ours"
OWN_PROBE = "the probe of the reply path"
OTHER_PROBE = "a probe, and not the latest that was sent from here"


def take(reply: Reply, incidents: Sequence[Incident], ledger: Ledger, around: Around) -> Heard | None:
    """Take a text in, answer it, and note it; None when it was taken before.

    `incidents` are those of this node and those that only others have.
    """
    if (token := token_in(reply.text)) is not None:
        return _probe(reply, token, ledger, around)
    if is_taken(reply, ledger):
        return None
    found = _known(reply, around)
    heard = Heard(
        id=f"{around.node}/{reply.channel}/{reply.id}",
        keys=_keys(reply),
        node=around.node,
        channel=reply.channel,
        sender=reply.sender,
        person=None if found is None else found[0].name,
        text=reply.text,
        at=around.now,
    )
    if found is None:
        heard = replace(heard, meant=STRANGER)
        ledger.keep(heard)
        return heard
    if is_ours(reply.text):
        heard = replace(heard, meant=OWN)
    else:
        talk = Talk(
            person=found[0], way=found[1], heard=heard, ledger=ledger, around=around, incidents=incidents
        )
        command = read(reply.text)
        about = act_on(command, talk)
        name = type(command).__name__
        heard = replace(
            heard,
            meant=f"{NOWHERE}: {name}" if about is None else name,
            incidents=() if about is None else about.names,
        )
    ledger.put(heard)
    return heard


def _probe(reply: Reply, token: str, ledger: Ledger, around: Around) -> Heard:
    """A probe of the reply path concerns the node that sent it alone; no other, nor a forged one, is answered."""
    heard = Heard(
        id=f"{around.node}/{reply.channel}/{reply.id}",
        keys=(),
        node=around.node,
        channel=reply.channel,
        sender=reply.sender,
        person=None,
        text=reply.text,
        at=around.now,
        meant=OWN_PROBE if come_back(reply.channel, token, ledger, around) else OTHER_PROBE,
    )
    ledger.keep(heard)
    return heard


def is_taken(reply: Reply, ledger: Ledger) -> bool:
    """Whether the same text was taken before, on this node or on another that has told of it."""
    keys = set(_keys(reply))
    return any(not keys.isdisjoint(each.keys) for each in ledger.all(Heard))


def _keys(reply: Reply) -> tuple[str, ...]:
    """By which the same text is known again: the provider's id, and what the person sent when."""
    keys = [f"{reply.channel}/{reply.id}"]
    if reply.sent_at is not None:
        keys.append(f"{reply.sender}|{reply.text}|{reply.sent_at:.0f}")
    return tuple(keys)


def _known(reply: Reply, around: Around) -> tuple[Contact, Way] | None:
    """The contact behind a sender, unless their time is over, and the way by which to answer."""
    number = normalise_sender(reply.sender, around.region)
    for person in around.roster.contacts:
        for way in person.ways:
            if way.channel == reply.channel and way.to in {number, reply.sender}:
                return None if expired(person, around.now, around.local) else (person, way)
    return None
