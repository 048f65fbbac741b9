"""Calls that come in a burst, made into few: the first at once, the others together when a short time has passed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Burst:
    """Sends when it is asked to, and not again within `gap` seconds of the last time: what is asked meanwhile waits.

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
        self._send(answer)
        self._resting = asyncio.get_running_loop().call_later(self._gap, self._rested)

    def end(self) -> None:
        """Nothing that waits is sent any more."""
        if self._resting is not None:
            self._resting.cancel()
        self._resting = self._waiting = None

    def _rested(self) -> None:
        waiting, self._waiting, self._resting = self._waiting, None, None
        if waiting is not None:
            self.ask(answer=waiting)
