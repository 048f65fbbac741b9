"""Replies or receipts that a provider keeps until it is asked for them: one request, its rows, and again."""

from __future__ import annotations

import secrets as random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

from hawatch.config.provider import HttpProvider, Poll
from hawatch.provider.drawing import Moment, draw_request
from hawatch.provider.exchange import exchange
from hawatch.provider.secret_files import read_secrets
from hawatch.replies.looks import Kept, PutAll, said_by
from hawatch.reply.arrival import Arrival

LOOK_BACK = 86400.0
MOST_ROUNDS = 20
Rows = Callable[[Any], Iterator[Arrival]]


class WallClock(Protocol):
    """Epoch seconds."""

    def wall(self) -> float:
        """CLOCK_REALTIME."""


class HttpList:
    """One look at a time; `rows` reads what is answered."""

    def __init__(
        self,
        provider: HttpProvider,
        poll: Poll,
        rows: Rows,
        *,
        timeout: float,
        put: PutAll,
        clock: WallClock,
    ) -> None:
        self._provider = provider
        self._poll = poll
        self._rows = rows
        self._timeout = timeout
        self._kept = Kept(put)
        self._clock = clock
        self._last: frozenset[Arrival] = frozenset()

    async def look(self) -> None:
        """Take all that is there; a queue is emptied. HawatchError."""
        for _ in range(MOST_ROUNDS if self._poll.queue else 1):
            found = await self._ask()
            new = [each for each in found if each not in self._last]
            await self._kept.take(new)
            self._last = frozenset() if self._poll.queue else frozenset(found)
            if not found:
                break

    async def _ask(self) -> list[Arrival]:
        now = self._clock.wall()
        provider, hidden = self._provider, read_secrets(self._provider.secrets)
        values = {
            **hidden.places(),
            "from": provider.sender,
            "time": str(int(now)),
            "time_iso": _iso(now),
            "since": str(int(now - LOOK_BACK)),
            "since_iso": _iso(now - LOOK_BACK),
        }
        moment = Moment(now=now, nonce=random.token_hex(16))
        request = draw_request(
            self._poll.call, values, moment, ca_file=provider.ca_file, proxy=provider.proxy
        )
        return list(self._rows(said_by(await exchange(request, self._timeout), hidden)))


def _iso(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
