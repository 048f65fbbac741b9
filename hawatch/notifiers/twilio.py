"""SMS through Twilio's REST interface.

Twilio takes no name for a message by which it would know a second request for it again. So what may have been taken
(no answer came, or the agent was started anew) is looked for in Twilio's own list before it is sent.
Source: twilio.com/docs/messaging/api/message-resource.
"""

from __future__ import annotations

import logging
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

from hawatch.config.oncall import Channel
from hawatch.config.provider import Twilio
from hawatch.errors import ConfigError, HawatchError
from hawatch.notification.outgoing import Delivery, Handover, Outgoing
from hawatch.notifiers.answered import not_now, refused, unreached
from hawatch.provider.exchange import Answer, ExchangeError
from hawatch.provider.looking_up import json_of, rows_of, text_at
from hawatch.provider.secret_files import Secrets
from hawatch.provider.twilio_api import TwilioApi, moment_of

log = logging.getLogger("hawatch.delivery")

CREATED = 201
BEFORE = 120.0
"""Seconds by which Twilio's clock may be behind ours."""
_LOST = frozenset({"failed", "undelivered", "canceled"})


class WallClock(Protocol):
    """Epoch seconds."""

    def wall(self) -> float:
        """CLOCK_REALTIME."""


class TwilioNotifier:
    """Hands messages to Twilio. ConfigError for a channel that is none of Twilio's."""

    def __init__(self, channel: Channel, clock: WallClock) -> None:
        if channel.twilio is None:
            raise ConfigError(f"channel {channel.name}", "an account at Twilio is missing")
        self._twilio: Twilio = channel.twilio
        self._api = TwilioApi(channel.twilio, timeout=channel.timeout)
        self._since = clock.wall()
        self._unclear: set[str] = set()

    async def deliver(self, outgoing: Outgoing) -> Handover:
        """Hand over one message, unless Twilio has it. DeliveryError; SecretError, for now."""
        if outgoing.written_at < self._since or outgoing.id in self._unclear:
            known = await self._known(outgoing)
            if known is not None:
                self._unclear.discard(outgoing.id)
                return Handover(delivery=Delivery.SENT, reference=known)
        self._unclear.add(outgoing.id)
        hidden, answer = await self._post(outgoing)
        if answer.status == CREATED or 400 <= answer.status < 500:
            self._unclear.discard(outgoing.id)
        return _judged(answer, hidden)

    async def _post(self, outgoing: Outgoing) -> tuple[Secrets, Answer]:
        hidden = self._api.secrets()
        try:
            return hidden, await self._api.post(self._form(outgoing), hidden)
        except ExchangeError as error:
            if not error.unclear:
                self._unclear.discard(outgoing.id)
            raise unreached(error, hidden) from None

    def _form(self, outgoing: Outgoing) -> list[tuple[str, str]]:
        twilio = self._twilio
        form = [
            ("To", outgoing.to),
            ("From", twilio.sender) if twilio.sender else ("MessagingServiceSid", twilio.service or ""),
            ("Body", outgoing.text),
            ("ValidityPeriod", str(twilio.validity)),
        ]
        if twilio.webhook is not None and twilio.webhook.url is not None:
            form.append(("StatusCallback", _with_name(twilio.webhook.url, outgoing.id)))
        return form

    async def _known(self, outgoing: Outgoing) -> str | None:
        """Twilio's name for the message if it has it; None also if that cannot be learned: then it is sent."""
        earliest = outgoing.written_at - BEFORE
        # Not by the day on which it was sent: what still waits there has none.
        asked = [("To", outgoing.to), ("PageSize", "50")]
        try:
            answer = await self._api.get_list(asked, self._api.secrets())
        except HawatchError as error:
            log.info("message=%s problem=%r", outgoing.id, str(error))
            return None
        for row in rows_of(json_of(answer.body), "messages"):
            if _is_the_same(row, outgoing, earliest):
                return text_at(row, "sid")
        return None


def _judged(answer: Answer, hidden: Secrets) -> Handover:
    said = json_of(answer.body)
    sid = text_at(said, "sid")
    if answer.status == CREATED and sid:
        return Handover(delivery=Delivery.SENT, reference=sid)
    code, words = text_at(said, "code"), text_at(said, "message")
    if answer.status < 400 or (said is None and not not_now(answer.status)):
        raise refused(answer, "an answer that is none of Twilio's", hidden, temporary=True)
    told = f"{words} (error {code})" if code else words
    raise refused(answer, told, hidden, temporary=not_now(answer.status))


def _is_the_same(row: Any, outgoing: Outgoing, earliest: float) -> bool:
    made = moment_of(text_at(row, "date_created"))
    return (
        text_at(row, "direction").startswith("outbound")
        and text_at(row, "body").strip().endswith(outgoing.text.strip())
        and text_at(row, "status") not in _LOST
        and made is not None
        and made >= earliest
    )


def _with_name(url: str, name: str) -> str:
    """The callback's URL with our name for the message, so that no receipt comes before we know Twilio's."""
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode([("message", name)])]))
    return urlunsplit(parts._replace(query=query))
