"""A test message: one on every way of a person, so that each can be seen to work before it is needed."""

from __future__ import annotations

from hawatch.config.oncall import Medium
from hawatch.desk.around import Around
from hawatch.desk.ledger import Ledger
from hawatch.desk.writing import TEST, write
from hawatch.errors import HawatchError
from hawatch.notification.message import Message
from hawatch.notification.text.phrase import Phrase
from hawatch.notification.text.saying import tell


class UnknownPersonError(HawatchError):
    """There is no such contact."""


def write_tests(name: str, ledger: Ledger, around: Around) -> tuple[Message, ...]:
    """The messages, one for each way in order of preference; UnknownPersonError names those who are known."""
    person = around.roster.contact(name)
    if person is None:
        known = ", ".join(each.name for each in around.roster.contacts) or "nobody"
        raise UnknownPersonError(f"no contact is called {name!r} (known: {known})")
    text = tell(around.language(person), around.pair, Phrase.TEST_MESSAGE, pair=around.pair, node=around.node)
    media = {each.name: each.media for each in around.roster.channels}
    return tuple(
        write(
            ledger,
            around,
            person,
            way,
            text,
            occasion=TEST,
            medium=Medium.SMS if Medium.SMS in media.get(way.channel, frozenset()) else Medium.MAIL,
        )
        for way in person.ways
    )
