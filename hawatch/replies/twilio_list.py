"""Replies and receipts from Twilio without a port of ours: its list of messages, looked at again and again.

The list has no filter for what came in, so that each row's direction is looked at. It is in order of time, the newest
first; replies are known by their SID. Source: twilio.com/docs/messaging/api/message-resource.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from hawatch.config.provider import Twilio
from hawatch.provider.looking_up import rows_of, text_at
from hawatch.provider.secret_files import Secrets
from hawatch.provider.twilio_api import TwilioApi
from hawatch.replies.looks import Kept, PutAll, said_by
from hawatch.replies.twilio_rows import receipt_of_row, reply_of_row
from hawatch.reply.arrival import Reply

LOOK_BACK = 86400.0
"""Seconds: what came longer ago is not an answer to what is open now."""
MOST_PAGES = 20
PAGE = "100"
_SLOWER_BY = 10.0
"""A message is asked about when a tenth of its age has gone by since the last time."""
Awaited = tuple[str, float]
"""Twilio's name for a message of which news is awaited, and its age in seconds."""


class Clock(Protocol):
    """Both clocks; monotonic and epoch seconds."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC in seconds."""

    def wall(self) -> float:
        """CLOCK_REALTIME in epoch seconds."""


class TwilioList:
    """One look at a time. `awaited` names the messages of which news is awaited."""

    def __init__(
        self,
        channel: str,
        twilio: Twilio,
        *,
        timeout: float,
        put: PutAll,
        awaited: Callable[[], Sequence[Awaited]],
        clock: Clock,
    ) -> None:
        self._channel = channel
        self._twilio = twilio
        self._api = TwilioApi(twilio, timeout=timeout)
        self._put = put
        self._kept = Kept(put)
        self._awaited = awaited
        self._clock = clock
        self._seen: set[str] = set()
        self._asked: dict[str, float] = {}

    async def look(self) -> None:
        """What has come in since, the oldest first, and what has become of what went out. HawatchError."""
        hidden = self._api.secrets()
        if self._twilio.poll:
            fresh = await self._fresh(hidden)
            await self._kept.take(fresh)
            self._seen |= {each.id for each in fresh}
        await self._ask_about_ours(hidden)

    async def _fresh(self, hidden: Secrets) -> list[Reply]:
        earliest = self._clock.wall() - LOOK_BACK
        found: dict[str, Reply] = {}
        listed: set[str] = set()
        said = said_by(await self._api.get_list(self._query(earliest), hidden), hidden)
        for _ in range(MOST_PAGES):
            replies = [each for row in rows_of(said, "messages") if (each := self._reply(row, earliest))]
            listed |= {each.id for each in replies}
            new = {each.id: each for each in replies if each.id not in self._seen}
            found |= new
            path = text_at(said, "next_page_uri")
            if not path or (replies and not new):
                break
            said = said_by(await self._api.get_next(path, hidden), hidden)
        else:
            path = ""
        if not path:
            self._seen &= listed
        return sorted(found.values(), key=lambda each: each.sent_at or 0.0)

    def _query(self, earliest: float) -> list[tuple[str, str]]:
        day = datetime.fromtimestamp(earliest, UTC)
        query = [("DateSent>", f"{day:%Y-%m-%d}"), ("PageSize", PAGE)]
        return [("To", self._twilio.sender), *query] if self._twilio.sender else query

    def _reply(self, row: Any, earliest: float) -> Reply | None:
        """What a person has sent to us: an account may have other numbers, with other uses."""
        reply = reply_of_row(row, self._channel)
        if reply is None or (reply.sent_at is not None and reply.sent_at < earliest):
            return None
        if self._twilio.service and text_at(row, "messaging_service_sid") != self._twilio.service:
            return None
        return reply

    async def _ask_about_ours(self, hidden: Secrets) -> None:
        now = self._clock.monotonic()
        awaited = self._awaited()
        self._asked = {sid: self._asked[sid] for sid, _ in awaited if sid in self._asked}
        for sid, age in awaited:
            if now - self._asked.get(sid, now - LOOK_BACK) < age / _SLOWER_BY:
                continue
            self._asked[sid] = now
            receipt = receipt_of_row(said_by(await self._api.get(sid, hidden), hidden), self._channel)
            if receipt is not None:
                await self._put((receipt,))
