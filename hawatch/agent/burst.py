"""Calls that come in a burst, made into few: the first at once, the others together when a short time has passed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

REST_SHARE = 10


class Burst:
    """Sends when it is asked to, and not again within `gap` seconds of the last time: what is asked meanwhile waits.

    Where sending takes long, the gap is REST_SHARE times that: to read of hundreds of virtual routers takes longer.
    `send` is told whether any of those that it stands for asked for an answer.
    """

    def __init__(self, send: Callable[[bool], None], gap: float) -> None:
        self._send = send
        self._gap = gap
        self._resting: asyncio.TimerHandle | None = None
        self._waiting: bool | None = None

    def ask(self, *, answer: bool) -> None:
        """Send now, or as soon as the rest after the last time is over."""
        if self._resting is not None:
            self._waiting = answer or bool(self._waiting)
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._send(answer)
        gap = max(self._gap, REST_SHARE * (loop.time() - began))
        self._resting = loop.call_later(gap, self._rested)

    def end(self) -> None:
        """Nothing that waits is sent any more."""
        if self._resting is not None:
            self._resting.cancel()
        self._resting = self._waiting = None

    def _rested(self) -> None:
        waiting, self._waiting, self._resting = self._waiting, None, None
        if waiting is not None:
            self.ask(answer=waiting)
