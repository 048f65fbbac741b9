"""A provider's lists, which the agents of all nodes look at: when, and which agent takes what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from hawatch.agent.arrivals import take_in
from hawatch.agent.equipment import Clock
from hawatch.agent.oncall import OnCall
from hawatch.agent.yielding import until_taken
from hawatch.config.oncall import Channel
from hawatch.config.provider import HttpProvider, Poll, Twilio
from hawatch.evidence import Sink
from hawatch.notification.message import Message, MessageState
from hawatch.replies.http_list import HttpList, Rows
from hawatch.replies.polling import Polling
from hawatch.replies.provider_rows import receipts_of, replies_of
from hawatch.replies.twilio_list import Awaited, TwilioList
from hawatch.reply.arrival import Arrival, Reply

GRACE = 1.5
"""Seconds for which an agent leaves replies to another that comes first, or to whom they are posted."""
NEWS_WITHIN = 3600.0
"""Seconds for which news of a message is awaited."""
_AWAITED = frozenset({MessageState.SENT, MessageState.LEFT})


class ProviderReplies:
    """Makes the lookers of one channel, by the name that each is known by."""

    def __init__(
        self,
        oncall: OnCall,
        channel: Channel,
        *,
        node: str,
        clock: Clock,
        put: Sink,
        grace: float = GRACE,
    ) -> None:
        self._oncall = oncall
        self._channel = channel
        self._node = node
        self._clock = clock
        self._tell = put
        self._grace = grace
        self._changed = asyncio.Event()
        oncall.tell_changes_to(self._changed.set)

    def lookers(self) -> Iterator[tuple[str, Polling]]:
        """All of them; a channel whose provider posts everything has none."""
        channel = self._channel
        if channel.twilio is not None:
            yield self._of_twilio(channel.twilio)
        provider = channel.http
        if provider is None:
            return
        replies, receipts = provider.replies, provider.receipts
        if replies is not None and replies.poll is not None:
            form = replies
            yield self._of_http(
                "replies", provider, replies.poll, lambda said: replies_of(form, channel.name, said)
            )
        if receipts is not None and receipts.poll is not None:
            told = receipts
            yield self._of_http(
                "receipts", provider, receipts.poll, lambda said: receipts_of(told, channel.name, said)
            )

    def _of_twilio(self, twilio: Twilio) -> tuple[str, Polling]:
        looking = TwilioList(
            self._channel.name,
            twilio,
            timeout=self._channel.timeout,
            put=self._take_later,
            awaited=self._awaited,
            clock=self._clock,
        )
        return self._polling("replies", looking.look, twilio.poll or Twilio(account="", token_file="").poll)

    def _of_http(self, what: str, provider: HttpProvider, poll: Poll, rows: Rows) -> tuple[str, Polling]:
        looking = HttpList(
            provider,
            poll,
            rows,
            timeout=self._channel.timeout,
            put=self._take_at_once if poll.queue else self._take_later,
            clock=self._clock,
        )
        return self._polling(what, looking.look, poll.every)

    def _polling(self, what: str, look: Callable[[], Awaitable[None]], every: float) -> tuple[str, Polling]:
        name = f"{what} {self._channel.name}"
        polling = Polling(
            name,
            look,
            every=every,
            waited_for=self._waited_for,
            changed=self._changed,
            tell=self._tell,
            clock=self._clock,
        )
        return name, polling

    # --- when ---------------------------------------------------------------------------------------

    def _waited_for(self) -> bool:
        return bool(self._oncall.open) or any(True for _ in self._ours())

    def _awaited(self) -> Sequence[Awaited]:
        now = self._clock.wall()
        return [(each.reference, now - each.created_at) for each in self._ours() if each.reference]

    def _ours(self) -> Iterator[Message]:
        """This node's messages of which news is awaited."""
        now = self._clock.wall()
        for each in self._oncall.ledger.all(Message):
            mine = each.node == self._node and each.channel == self._channel.name
            if mine and each.state in _AWAITED and now - each.created_at < NEWS_WITHIN:
                yield each

    # --- who ----------------------------------------------------------------------------------------

    async def _take_at_once(self, arrivals: Sequence[Arrival]) -> None:
        for each in arrivals:
            await take_in(self._oncall, each)

    async def _take_later(self, arrivals: Sequence[Arrival]) -> None:
        """Take them in, unless another agent does so meanwhile. HawatchError: they are not stored."""
        replies = [each for each in arrivals if isinstance(each, Reply)]
        if replies and self._may_be_taken():
            await until_taken(replies, self._oncall, changed=self._changed, seconds=self._grace)
        await self._take_at_once(arrivals)

    def _may_be_taken(self) -> bool:
        """Whether another agent is likely to take what is here, too, or it is posted to one at this moment."""
        talking = self._oncall.surroundings.now().talking
        return self._channel.webhook is not None or any(node < self._node for node in talking)
