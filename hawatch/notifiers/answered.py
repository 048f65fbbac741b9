"""What an HTTP provider's answer means for a message: taken, not now, or never."""

from __future__ import annotations

from hawatch.errors import DeliveryError
from hawatch.provider.exchange import Answer, ExchangeError
from hawatch.provider.secret_files import Secrets

_NOT_NOW = frozenset({408, 409, 421, 423, 425, 429})
_FIRST_FAILURE_OF_SERVER = 500
_LONGEST = 120


def not_now(status: int) -> bool:
    """Whether the same request may succeed later, as HTTP has it; a redirection or a success is neither."""
    return status in _NOT_NOW or status >= _FIRST_FAILURE_OF_SERVER


def refused(answer: Answer, said: str, secrets: Secrets, *, temporary: bool) -> DeliveryError:
    """The error that tells of it: the server, its status, and in its own words why, without any secret."""
    words = shown(secrets.hidden_in(said))
    told = f"{answer.place}: {answer.status}" + (f" {words}" if words else "")
    return DeliveryError(told, temporary=temporary, retry_after=answer.retry_after)


def unreached(error: ExchangeError, secrets: Secrets) -> DeliveryError:
    """The error that tells of no answer at all."""
    return DeliveryError(secrets.hidden_in(str(error)), temporary=True)


def shown(text: str) -> str:
    """What a server has said, short and on one line."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
