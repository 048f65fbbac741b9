"""An answer that could not be given by the way its question came is given by the person's next way."""

from __future__ import annotations

from hawatch.config.oncall import Contact, Medium, Way
from hawatch.desk.around import Around
from hawatch.desk.ledger import Ledger
from hawatch.desk.writing import ANSWER, write
from hawatch.notification.message import Message, MessageState

WORTH_IT = 3600.0
"""Seconds after which an answer is of no use any more."""


def answer_again(ledger: Ledger, around: Around) -> None:
    """Write every answer of this node that was refused for good to the next way, each way once."""
    answers = [
        each
        for each in ledger.all(Message)
        if each.occasion == ANSWER and each.node == around.node and around.now - each.created_at < WORTH_IT
    ]
    followed = {each.instead for each in answers}
    for each in answers:
        if each.state is MessageState.FAILED and each.id not in followed:
            _by_next_way(each, answers, ledger, around)


def _by_next_way(failed: Message, answers: list[Message], ledger: Ledger, around: Around) -> None:
    person = around.roster.contact(failed.person)
    way = None if person is None else _next(failed, answers, person, around)
    if person is None or way is None:
        return
    channel = around.roster.by_name().get(way.channel)
    write(
        ledger,
        around,
        person,
        way,
        failed.text,
        occasion=ANSWER,
        medium=Medium.MAIL if channel is not None and Medium.SMS not in channel.media else Medium.SMS,
        incidents=failed.incidents,
        ref=failed.ref,
        instead=failed.id,
        why=failed.problem or failed.state.value,
    )


def _next(failed: Message, answers: list[Message], person: Contact, around: Around) -> Way | None:
    """The first of the person's ways that was not used for this answer."""
    by_id = {each.id: each for each in answers}
    used = {(failed.channel, failed.to)}
    before = by_id.get(failed.instead)
    while before is not None:
        used.add((before.channel, before.to))
        before = by_id.get(before.instead)
    ways = around.roster.all_ways(person)
    return next((way for way in ways if (way.channel, way.to) not in used), None)
