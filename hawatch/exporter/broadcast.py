"""Hands every verdict change to everyone who listens, and never waits for any of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from hawatch.exporter.events import verdict_changes
from hawatch.exporter.status import JsonDict
from hawatch.snapshot import Snapshot

# A subscriber this far behind is cut off; it comes back and starts with the present verdicts.
BACKLOG = 256
SUBSCRIBERS = 16

Subscription = asyncio.Queue[JsonDict | None]
"""Records in order; None ends the stream."""


class Broadcast:
    """Fed by the agent with each new Snapshot, from its own event loop."""

    def __init__(self) -> None:
        self._last: Snapshot | None = None
        self._subscriptions: set[Subscription] = set()

    def publish(self, snapshot: Snapshot) -> None:
        """Tell the subscribers what this Snapshot judges otherwise than the one before."""
        before, self._last = self._last, snapshot
        if not self._subscriptions:
            return
        for record in verdict_changes(before, snapshot):
            for subscription in tuple(self._subscriptions):
                self._offer(subscription, record)

    @property
    def full(self) -> bool:
        """Whether as many listen as one agent serves."""
        return len(self._subscriptions) >= SUBSCRIBERS

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """A queue of all changes from now on."""
        subscription: Subscription = asyncio.Queue(maxsize=BACKLOG)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def _offer(self, subscription: Subscription, record: JsonDict) -> None:
        try:
            subscription.put_nowait(record)
        except asyncio.QueueFull:
            self._subscriptions.discard(subscription)
            while not subscription.empty():
                subscription.get_nowait()
            subscription.put_nowait(None)
