"""Hands messages to a mail server. What becomes of them then nobody tells but a bounce, which is read as a reply is."""

from __future__ import annotations

import asyncio

from hawatch.config.oncall import Channel
from hawatch.errors import ConfigError, DeliveryError
from hawatch.notification.outgoing import Delivery, Outgoing
from hawatch.notifiers.mail.letter import letter
from hawatch.notifiers.mail.session import Session
from hawatch.wire.mail_token import MailTokens


class MailNotifier:
    """Delivers on one channel. ConfigError for one that is not of kind mail."""

    def __init__(self, channel: Channel, tokens: MailTokens) -> None:
        """`tokens` are those that the reader of the channel's mailbox believes."""
        if channel.mail is None:
            raise ConfigError(f"channel {channel.name}", "has nothing of mail")
        self._mail = channel.mail
        self._tokens = tokens
        self._timeout = channel.timeout

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Hand over one message, under the same Message-ID at every attempt. DeliveryError."""
        server = self._mail.smtp
        written = letter(outgoing, self._mail, self._tokens)
        session = Session(server, domain=self._mail.domain, timeout=self._timeout)
        try:
            async with asyncio.timeout(self._timeout):
                await asyncio.to_thread(session.hand_over, self._mail.sender, outgoing.to, written)
        except TimeoutError:
            raise DeliveryError(f"{server}: not done in {self._timeout:g} s", temporary=True) from None
        finally:
            session.abort()
        return Delivery.SENT
