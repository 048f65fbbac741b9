"""One report on its way out: many datagrams leave in portions, for the other end's buffer holds fewer than these."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

PORTION = 16
"""Datagrams sent at once. The usual receive buffer holds some ninety, and whoever reads them has other work."""
PAUSE = 0.02  # seconds between two portions


def takes(datagrams: int) -> float:
    """Seconds from the first portion of so many to the last."""
    return (datagrams - 1) // PORTION * PAUSE


class Departure:
    """Sends the first portion when it is made, which may raise OSError, and the others by themselves.

    `ended` is called when all are out, or with what kept the others from it; not where all went out at once.
    """

    def __init__(
        self,
        datagrams: Sequence[bytes],
        *,
        send: Callable[[bytes], None],
        ended: Callable[[OSError | None], None],
    ) -> None:
        self._left = list(datagrams)
        self._send = send
        self._ended = ended
        self._pause: asyncio.TimerHandle | None = None
        self._send_portion()

    @property
    def under_way(self) -> bool:
        """Whether something is still to be sent."""
        return self._pause is not None

    def end(self) -> None:
        """Send nothing more."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _send_portion(self) -> None:
        portion, self._left = self._left[:PORTION], self._left[PORTION:]
        for datagram in portion:
            self._send(datagram)
        if self._left:
            self._pause = asyncio.get_running_loop().call_later(PAUSE, self._go_on)

    def _go_on(self) -> None:
        self._pause = None
        problem: OSError | None = None
        try:
            self._send_portion()
        except OSError as error:
            problem = error
        if self._pause is None:
            self._ended(problem)
