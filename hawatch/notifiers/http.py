"""SMS through any provider with an HTTP interface, as hawatch.toml describes it.

A message whose fate is unclear is asked for again: in doubt twice rather than not at all. Where a provider takes a name
for a message (`{id}`), it is the same each time.
"""

from __future__ import annotations

import json
import secrets as random
from typing import Any, Protocol

from hawatch.config.oncall import Channel
from hawatch.config.provider import HttpProvider, Wording
from hawatch.errors import ConfigError
from hawatch.notification.outgoing import Delivery, Handover, Outgoing
from hawatch.notification.text.length import Alphabet, alphabet_of
from hawatch.notifiers.answered import not_now, refused, unreached
from hawatch.notifiers.wording import body_of, variables_of, wording_for
from hawatch.provider.drawing import Moment, draw_request
from hawatch.provider.exchange import Answer, ExchangeError, exchange
from hawatch.provider.looking_up import fits, json_of, text_at
from hawatch.provider.secret_files import Secrets, read_secrets

_ALPHABETS = {Alphabet.GSM7: ("0", "text"), Alphabet.UCS2: ("2", "unicode")}
"""As Kannel's `coding` and Vonage's `type` say it; a gateway that is not told may cut or garble a text."""


class WallClock(Protocol):
    """Epoch seconds, for signatures."""

    def wall(self) -> float:
        """CLOCK_REALTIME."""


class HttpNotifier:
    """Hands messages to one provider. ConfigError for a channel that is none."""

    def __init__(self, channel: Channel, clock: WallClock) -> None:
        if channel.http is None:
            raise ConfigError(f"channel {channel.name}", "a provider is missing")
        self._provider: HttpProvider = channel.http
        self._timeout = channel.timeout
        self._clock = clock

    async def deliver(self, outgoing: Outgoing) -> Handover:
        """Hand over one message; receipts come with the replies. DeliveryError; SecretError, for now."""
        provider = self._provider
        hidden = read_secrets(provider.secrets)
        wording = wording_for(provider.send.wordings, outgoing)
        request = draw_request(
            provider.send.call,
            self._values(outgoing, wording, hidden),
            Moment(now=self._clock.wall(), nonce=random.token_hex(16)),
            parts=_parts(wording, outgoing, provider.sender),
            ca_file=provider.ca_file,
            proxy=provider.proxy,
        )
        try:
            answer = await exchange(request, self._timeout)
        except ExchangeError as error:
            raise unreached(error, hidden) from None
        return self._judged(answer, hidden)

    def _values(self, outgoing: Outgoing, wording: Wording | None, hidden: Secrets) -> dict[str, str]:
        variables = {} if wording is None else variables_of(wording, outgoing, self._provider.sender)
        coding, kind = _ALPHABETS[alphabet_of(outgoing.text)]
        return {
            **dict(outgoing.data),
            **hidden.places(),
            "to": outgoing.to,
            "digits": outgoing.to.removeprefix("+"),
            "text": outgoing.text,
            "body": body_of(outgoing.text),
            "id": outgoing.id,
            "from": self._provider.sender,
            "time": str(int(self._clock.wall())),
            "person": outgoing.person,
            "coding": coding,
            "type": kind,
            "template": "" if wording is None else wording.id,
            "variables": json.dumps(variables, ensure_ascii=False),
        }

    def _judged(self, answer: Answer, hidden: Secrets) -> Handover:
        send = self._provider.send
        said = json_of(answer.body)
        taken = 200 <= answer.status < 300 if send.success.status is None else True
        if taken and fits(send.success, answer):
            name = text_at(said, send.reference) if send.reference else ""
            return Handover(delivery=Delivery.SENT, reference=name)
        passing = send.temporary.says_something and fits(send.temporary, answer)
        nonsense = said is None and self._is_nonsense(answer)
        words = text_at(said, send.problem) if send.problem else ""
        if not words and not nonsense:
            words = answer.text
        raise refused(
            answer,
            "an answer that makes no sense" if nonsense else words,
            hidden,
            temporary=passing or nonsense or not_now(answer.status),
        )

    def _is_nonsense(self, answer: Answer) -> bool:
        """Whether somebody else has answered: a proxy, a page that asks to log in. That is for now."""
        send = self._provider.send
        wants_json = bool(send.success.fields or send.reference or send.problem)
        page = answer.body.lstrip().startswith(b"<")
        return 300 <= answer.status < 400 or (200 <= answer.status < 300 and (wants_json or page))


def _parts(wording: Wording | None, outgoing: Outgoing, sender: str) -> dict[str, Any]:
    variables = {} if wording is None else variables_of(wording, outgoing, sender)
    return {"variables.list": list(variables.values()), "variables.object": variables}
