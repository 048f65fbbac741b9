"""Twilio's resource for messages: one is made, one is looked at, a list is asked for."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

from hawatch.config.provider import Twilio
from hawatch.provider.exchange import Answer, ExchangeError, Request, exchange
from hawatch.provider.secret_files import Secrets, read_secret

_VERSION = "2010-04-01"
Pairs = Sequence[tuple[str, str]]


class TwilioApi:
    """One account's; the token is read anew for each request. SecretError, ExchangeError."""

    def __init__(self, twilio: Twilio, *, timeout: float) -> None:
        """`timeout` bounds one request, in seconds."""
        self._twilio = twilio
        self._timeout = timeout
        self._place = f"{twilio.base_url}/{_VERSION}/Accounts/{twilio.account}/Messages"

    def secrets(self) -> Secrets:
        """The token."""
        return Secrets({"token": read_secret(self._twilio.token_file)})

    async def post(self, form: Pairs, hidden: Secrets) -> Answer:
        """Have a message sent."""
        return await self._ask("POST", f"{self._place}.json", hidden, urlencode(form).encode())

    async def get(self, sid: str, hidden: Secrets) -> Answer:
        """One message, by Twilio's name."""
        return await self._ask("GET", f"{self._place}/{sid}.json", hidden)

    async def get_list(self, asked: Pairs, hidden: Secrets) -> Answer:
        """Messages, the newest first."""
        return await self._ask("GET", f"{self._place}.json?{urlencode(asked)}", hidden)

    async def get_next(self, path: str, hidden: Secrets) -> Answer:
        """A further page of a list, by the path that the one before it names; never of another server."""
        try:
            own = _own(path)
        except ValueError:
            problem = f"{self._twilio.base_url}: names a next page that is no address"
            raise ExchangeError(problem, unclear=False) from None
        return await self._ask("GET", f"{self._twilio.base_url}/{own}", hidden)

    async def _ask(self, method: str, url: str, hidden: Secrets, body: bytes = b"") -> Answer:
        both = f"{self._twilio.account}:{hidden.values['token']}"
        headers = {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        request = Request(
            method=method,
            url=url,
            headers=headers,
            body=body,
            ca_file=self._twilio.ca_file,
            proxy=self._twilio.proxy,
            place=self._twilio.base_url,
        )
        return await exchange(request, self._timeout)


def moment_of(written: str) -> float | None:
    """A time as Twilio writes it (RFC 2822), in epoch seconds."""
    try:
        return parsedate_to_datetime(written).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _own(path: str) -> str:
    parts = urlsplit(path)
    return f"{parts.path.lstrip('/')}?{parts.query}" if parts.query else parts.path.lstrip("/")
