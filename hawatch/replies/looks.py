"""What all lists of providers have in common: an answer that is one, and nothing lost on the way to the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from hawatch.errors import HawatchError
from hawatch.provider.exchange import Answer
from hawatch.provider.looking_up import json_of
from hawatch.provider.secret_files import Secrets
from hawatch.replies.polling import BusyError
from hawatch.reply.arrival import Arrival

PutAll = Callable[[Sequence[Arrival]], Awaitable[None]]
"""Returns when they are stored. HawatchError: they are not."""
_LONGEST = 120


class NoAnswerError(HawatchError):
    """A list that could not be had; one line that names the server."""


def said_by(answer: Answer, hidden: Secrets) -> Any:
    """The JSON of an answer. NoAnswerError, BusyError."""
    said = json_of(answer.body)
    if 200 <= answer.status < 300 and said is not None:
        return said
    if 200 <= answer.status < 300:
        raise NoAnswerError(f"{answer.place}: {answer.status}, an answer that makes no sense")
    words = " ".join("".join(each if each.isprintable() else " " for each in answer.text).split())
    told = f"{answer.place}: {answer.status} {hidden.hidden_in(words)[:_LONGEST]}".rstrip()
    if answer.retry_after is not None:
        raise BusyError(told, answer.retry_after)
    raise NoAnswerError(told)


class Kept:
    """What was seen and is not stored yet: a provider may hand it out once only."""

    def __init__(self, put: PutAll) -> None:
        self._put = put
        self._waiting: list[Arrival] = []

    async def take(self, arrivals: Sequence[Arrival]) -> None:
        """Store these, after what waits. HawatchError: they wait now, too."""
        self._waiting += [each for each in arrivals if each not in self._waiting]
        if self._waiting:
            await self._put(tuple(self._waiting))
            self._waiting.clear()
