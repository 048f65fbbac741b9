"""What providers post to the agent: verified before anything else, answered when it is stored."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from hawatch.config.oncall import Channel
from hawatch.config.provider import Webhook
from hawatch.errors import HawatchError
from hawatch.provider.hook import HookAnswer, HookCall
from hawatch.provider.looking_up import form_of, json_of
from hawatch.provider.secret_files import read_secret
from hawatch.provider.verifying.verdict import caller, forged
from hawatch.replies.provider_rows import arrivals_of
from hawatch.replies.twilio_rows import arrival_of_post
from hawatch.reply.arrival import Arrival

log = logging.getLogger("hawatch.replies")

UNKNOWN = HookAnswer(status=404, body="there is no such thing\n")
REFUSED = HookAnswer(status=403, body="not believed\n")
UNREADABLE = HookAnswer(status=400, body="not understood\n")
NOT_NOW = HookAnswer(status=503, body="not stored; try again\n")


class HookResult(StrEnum):
    """What came of a call: `taken`, `nothing` that concerns us in it, `refused`, or it `failed` here."""

    TAKEN = "taken"
    NOTHING = "nothing"
    REFUSED = "refused"
    FAILED = "failed"


class WallClock(Protocol):
    """Epoch seconds."""

    def wall(self) -> float:
        """CLOCK_REALTIME."""


class Webhooks:
    """Takes in for all channels. `put` returns when an arrival is stored, and raises HawatchError while it is not."""

    def __init__(
        self,
        channels: Iterable[Channel],
        *,
        put: Callable[[Arrival], Awaitable[None]],
        count: Callable[[str, HookResult], None],
        clock: WallClock,
    ) -> None:
        self._channels = {each.name: each for each in channels if each.webhook is not None}
        self._put = put
        self._count = count
        self._clock = clock

    async def take(self, call: HookCall) -> HookAnswer:
        """One call, to its end."""
        channel = self._channels.get(call.channel)
        if channel is None or channel.webhook is None:
            return UNKNOWN
        try:
            result, answer = await self._taken(channel, channel.webhook, call)
        except HawatchError as error:
            log.warning("channel=%s webhook problem=%r", channel.name, str(error))
            result, answer = HookResult.FAILED, NOT_NOW
        self._count(channel.name, result)
        return answer

    async def _taken(
        self, channel: Channel, webhook: Webhook, call: HookCall
    ) -> tuple[HookResult, HookAnswer]:
        key = read_secret(_key_file(channel, webhook))
        try:
            why = forged(webhook, call, key, self._clock.wall())
            arrivals = [] if why is not None else list(_arrivals(channel, call))
        except ValueError:  # more fields than any message has, or half a character
            return HookResult.REFUSED, UNREADABLE
        if why is not None:
            log.warning(
                "channel=%s webhook refused=%s caller=%s", channel.name, why.value, caller(webhook, call)
            )
            return HookResult.REFUSED, REFUSED
        for each in arrivals:
            await self._put(each)
        answer = HookAnswer(status=200, body=webhook.answer, content_type=webhook.answer_type)
        return (HookResult.TAKEN if arrivals else HookResult.NOTHING), answer


def _key_file(channel: Channel, webhook: Webhook) -> str:
    if channel.http is None:
        return webhook.secret
    return dict(channel.http.secrets)[webhook.secret]


def _arrivals(channel: Channel, call: HookCall) -> Iterable[Arrival]:
    if channel.http is not None:
        return arrivals_of(channel.http, channel.name, _said(call))
    found = arrival_of_post(form_of(call.body), form_of(call.query), channel.name)
    return [] if found is None else [found]


def _said(call: HookCall) -> Any:
    """What is posted: JSON, else a form; what stands in the query is there, too, unless it is a list."""
    said = json_of(call.body) if call.body else None
    query = form_of(call.query)
    if said is None:
        return {**query, **form_of(call.body)}
    return {**query, **said} if isinstance(said, Mapping) else said
