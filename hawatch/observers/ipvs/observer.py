"""Asks hawatch-helper for the kernel's IPVS table, and tells when it changes; the kernel itself tells nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hawatch.errors import DecodeError, HawatchError
from hawatch.evidence import ObserverState, Sink, VirtualServicesSeen
from hawatch.heartbeat import beat
from hawatch.kernel.ipvs import Table
from hawatch.observers import MonotonicClock
from hawatch.plain import Codec, codec

PAUSE = 3.0
"""Seconds from one look to the next."""
SHORTEST_PAUSE = 0.3
"""Seconds between two looks, however often somebody asks."""
SHARE = 20
"""A look at a large table costs time: the pause is at least so many times as long as the look took."""
NO_IP_VS = "the kernel has no ip_vs"
_CODEC: Codec[Table] = codec(Table)

Answer = Mapping[str, Any]
"""hawatch-helper's answer to `ipvs` (hawatch/helper/ipvs.py)."""


class IpvsObserver:
    """Looks every few seconds, and soon when asked to."""

    name = "ipvs"

    def __init__(
        self,
        *,
        read: Callable[[], Awaitable[Answer]],
        put: Sink,
        clock: MonotonicClock,
        elsewhere: str | None = None,
    ) -> None:
        """`read` gives the helper's answer, HawatchError when there is none to be had.

        `elsewhere` is the network namespace that keepalived runs IPVS in, if that is not its own.
        """
        self._read = read
        self._put = put
        self._clock = clock
        self._elsewhere = elsewhere
        self._wanted = asyncio.Event()
        self._told: tuple[Table | None, str | None] | None = None

    def ask(self) -> None:
        """Look soon, whatever the pause; a table that is as before is not told again."""
        self._wanted.set()

    async def run(self) -> None:
        """Look until cancelled."""
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
        while True:
            self._wanted.clear()
            beat()
            began = self._clock.monotonic()
            self._tell(began, await self._look())
            took = self._clock.monotonic() - began
            await asyncio.sleep(SHORTEST_PAUSE)
            pause = max(PAUSE - SHORTEST_PAUSE, SHARE * took)
            beat(pause)
            await self._pause(pause)

    async def _look(self) -> tuple[Table | None, str | None]:
        """The table, or why there is none."""
        if self._elsewhere is not None:
            return None, f"keepalived runs IPVS in the network namespace {self._elsewhere}"
        try:
            answer = await self._read()
            plain = answer.get("table")
            return (None, NO_IP_VS) if plain is None else (_CODEC.decode(plain), None)
        except DecodeError as error:
            return None, f"an answer of hawatch-helper that this version does not understand: {error}"
        except HawatchError as error:
            return None, str(error)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
        except TimeoutError:
            return

    def _tell(self, at: float, look: tuple[Table | None, str | None]) -> None:
        """`at` is when the look began."""
        if look == self._told:
            return
        self._told = look
        table, problem = look
        if table is None:
            self._put(VirtualServicesSeen(at=at, services=None, problem=problem))
        else:
            self._put(VirtualServicesSeen(at=at, services=table.services, daemons=table.daemons))
