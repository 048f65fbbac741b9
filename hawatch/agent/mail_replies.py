"""A mailbox that the agents of all nodes read: whose tokens are believed, and which agent takes an answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hawatch.agent.arrivals import take_in
from hawatch.agent.equipment import Clock
from hawatch.agent.oncall import OnCall
from hawatch.agent.yielding import until_taken
from hawatch.codes import QUARANTINE, Code
from hawatch.config.oncall import Channel
from hawatch.evidence import Sink
from hawatch.notification.probe_text import token_in
from hawatch.replies.mail.judging import Aside, Rules
from hawatch.replies.mail.reader import MailReader
from hawatch.reply.arrival import Arrival, Reply
from hawatch.wire.mail_token import HOUR, MailTokens, Vouched

GRACE = 3.0
"""Seconds for which an agent leaves an answer to the one before it, which tells it when it has taken it."""


class MailReplies:
    """Reads one channel's mailbox for the desk."""

    def __init__(
        self,
        oncall: OnCall,
        channel: Channel,
        *,
        tokens: MailTokens,
        node: str,
        clock: Clock,
        put: Sink,
        state_directory: Path | None,
    ) -> None:
        self._oncall = oncall
        self._channel = channel
        self._tokens = tokens
        self._node = node
        self._clock = clock
        self._put = put
        self._place = (
            None if state_directory is None else state_directory / f"{_file_name(channel.name)}.mail"
        )
        self._changed = asyncio.Event()
        oncall.tell_changes_to(self._changed.set)

    async def run(self) -> None:
        """Read until cancelled."""
        await MailReader(
            channel=self._channel,
            rules=self.rules,
            put=self.take,
            tell=self._put,
            clock=self._clock,
            place=self._place,
            aside=self.count,
        ).run()

    def rules(self) -> Rules:
        """What is believed now. A token is good for as long as a code: for 72 hours, and longer while its person has a
        code that was given before it and stands."""
        mail = self._channel.mail
        around = self._oncall.surroundings.now()
        people = {
            way.to: person.name
            for person in around.roster.contacts
            for way in person.ways
            if way.channel == self._channel.name
        }
        since: dict[str, float] = {}
        for code in self._oncall.ledger.all(Code):
            if code.stands(around.now):
                since[code.person] = min(code.given_at, since.get(code.person, code.given_at))

        def holds(token: Vouched) -> bool:
            young = around.now - token.written_at < QUARANTINE + HOUR
            person = people.get(token.address, "")
            return young or (person in since and token.written_at + HOUR >= since[person])

        return Rules(
            channel=self._channel.name,
            people=frozenset(people),
            tokens=self._tokens,
            holds=holds,
            reply_to=None if mail is None else mail.reply_to,
            authserv_id=None if mail is None or mail.imap is None else mail.imap.authserv_id,
        )

    async def take(self, arrival: Arrival) -> None:
        """Take it in, unless an agent that comes first does so meanwhile. HawatchError: it is not stored."""
        probe = isinstance(arrival, Reply) and token_in(arrival.text) is not None
        if isinstance(arrival, Reply) and not probe and self._comes_later():
            await until_taken([arrival], self._oncall, changed=self._changed, seconds=GRACE)
        await take_in(self._oncall, arrival)

    def _comes_later(self) -> bool:
        return any(node < self._node for node in self._oncall.surroundings.now().talking)

    def count(self, why: Aside) -> None:
        """Something was put aside."""
        self._oncall.put_aside[self._channel.name, why.value] += 1


def _file_name(channel: str) -> str:
    """A channel's name, as far as it can be part of a path."""
    return "".join(each if each.isalnum() or each in "-_" else f"%{ord(each):x}" for each in channel)
