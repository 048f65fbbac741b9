"""Pings every path once per interval, and at once when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from hawatch.evidence import ObserverState, Sink
from hawatch.heartbeat import beat
from hawatch.moments import until_moment
from hawatch.observers import MonotonicClock
from hawatch.observers.icmp.echo_path import EchoPath
from hawatch.targets import LinkTarget, ReferenceTarget

INTERVAL = 1.0  # seconds
TIMEOUT = 0.8  # seconds, less than an interval, so that every result comes before the next request


class EchoObserver:
    """ICMP echo to the peers over all links and to the references; never from one of the VIPs of now (`vips`)."""

    name = "icmp"

    def __init__(
        self,
        *,
        links: Collection[LinkTarget],
        references: Collection[ReferenceTarget],
        put: Sink,
        clock: MonotonicClock,
        interval: float = INTERVAL,
        timeout: float = TIMEOUT,
        vips: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        self._put = put
        self._clock = clock
        self._interval = interval
        self._paths = [
            EchoPath(
                target=link.peer,
                link=link.link,
                remote=link.remote,
                local=link.local,
                timeout=timeout,
                put=put,
                clock=clock,
                vips=vips,
            )
            for link in links
        ] + [
            EchoPath(
                target=reference.name,
                link=None,
                remote=reference.address,
                local=None,
                timeout=timeout,
                put=put,
                clock=clock,
                vips=vips,
            )
            for reference in references
        ]
        self._running = False

    async def run(self) -> None:
        """Ping until cancelled. ObserverError when raw ICMP sockets are not permitted."""
        self._running = True
        try:
            self.ask_now()
            self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
            while True:
                pause = until_moment(self._interval)
                beat(pause)
                await asyncio.sleep(pause)
                self.ask_now()
        finally:
            self._running = False
            for path in self._paths:
                path.close()

    def ask_now(self) -> None:
        """Ping every path beside the regular rhythm; nothing while it does not run."""
        if self._running:
            for path in self._paths:
                path.ask()
