"""The clients of all pairs: one request after the other through each VIP, and what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hawatch.config.witness import WatchedService
from hawatch.config.witness_file import where
from hawatch.observers.peer_link.endpoint import Clock
from hawatch.witness.client import TIMEOUT, is_served
from hawatch.witness.outage import Measure, Request
from hawatch.witness.pair import Pair
from hawatch.witness.pinger import Pinger

MOST_AT_ONCE = 8
"""Requests for one service that may be under way: at the quickest pace, all that have not timed out."""
QUICK_OUTAGE = 60.0
"""Seconds of an outage in which its end is looked for at the quick pace."""


class Clients:
    """Asks the services of a pair; of one without services, its VIPs are pinged. `changed` hears of what failed."""

    def __init__(self, *, pinger: Pinger, clock: Clock, changed: Callable[[Pair], None]) -> None:
        self._pinger = pinger
        self._clock = clock
        self._changed = changed
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, pair: Pair) -> None:
        """One more request for everything."""
        pair.client_at = self._clock.monotonic()
        for service in pair.config.services:
            measure = pair.clients.setdefault(service.name, Measure(where(service).host))
            if measure.under_way < MOST_AT_ONCE:
                task = asyncio.create_task(self._request(pair, measure, service))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        if not pair.config.services:
            for vip in pair.vips:
                self._ping(pair, pair.clients.setdefault(f"ping {vip}", Measure(vip)), vip)

    def close(self) -> None:
        """Ask no more."""
        for task in self._tasks:
            task.cancel()

    async def _request(self, pair: Pair, measure: Measure, service: WatchedService) -> None:
        request = measure.sent(self._clock.monotonic())
        self._judge(pair, measure, request, served=await is_served(service))

    def _ping(self, pair: Pair, measure: Measure, vip: str) -> None:
        request = measure.sent(self._clock.monotonic())

        def answered(_at: float) -> None:
            if request.served is None:
                self._judge(pair, measure, request, served=True)

        def expired() -> None:
            if request.served is None:
                self._judge(pair, measure, request, served=False)

        if self._pinger.ask(vip, answered):
            asyncio.get_running_loop().call_later(TIMEOUT, expired)
        else:
            self._judge(pair, measure, request, served=False)

    def _judge(self, pair: Pair, measure: Measure, request: Request, *, served: bool) -> None:
        if measure.judge(request, served=served):
            self._changed(pair)
