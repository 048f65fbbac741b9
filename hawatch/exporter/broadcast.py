"""Hands every verdict change, and word of every new picture, to everyone who listens; waits for none of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from hawatch.exporter.events import Event, Said, said, verdict_changes
from hawatch.snapshot import Snapshot

# A subscriber this far behind is cut off; it comes back and starts with the present verdicts.
BACKLOG = 256
SUBSCRIBERS = 16
PICTURE_EVERY = 0.25
"""Seconds between two `picture` events."""

Subscription = asyncio.Queue[Event | None]
"""Events in order; None ends the stream."""


class Broadcast:
    """Fed by the agent with each new Snapshot, from its own event loop."""

    def __init__(self) -> None:
        self._last: Snapshot | None = None
        self._said: Said | None = None
        self._revision = 0
        self._told = 0
        self._told_at = float("-inf")
        self._subscriptions: set[Subscription] = set()

    def publish(self, snapshot: Snapshot) -> None:
        """Tell the subscribers what this Snapshot judges, or says, otherwise than the one before."""
        before, self._last = self._last, snapshot
        if not self._subscriptions:
            return
        for record in verdict_changes(before, snapshot):
            self._offer_all(Event("verdict", record))
        self._revise()
        if self._told != self._revision and snapshot.at - self._told_at >= PICTURE_EVERY:
            self._told, self._told_at = self._revision, snapshot.at
            self._offer_all(self.picture)

    @property
    def has_listeners(self) -> bool:
        """Whether anybody listens."""
        return bool(self._subscriptions)

    @property
    def full(self) -> bool:
        """Whether as many listen as one agent serves."""
        return len(self._subscriptions) >= SUBSCRIBERS

    @property
    def picture(self) -> Event:
        """Which revision of the picture this is."""
        return Event("picture", {"revision": self._revision})

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """A queue of all changes from now on; `picture` is what was before them."""
        if not self._subscriptions:
            # Nobody listened, so nobody compared; what is new since is no news to the one who comes.
            self._revise()
            self._told = self._revision
        subscription: Subscription = asyncio.Queue(maxsize=BACKLOG)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def _revise(self) -> None:
        """The first revision is the time, so that another run of the agent begins with a higher one."""
        if self._last is None:
            return
        now_said = said(self._last)
        if self._said is None:
            self._revision = round((self._last.at + self._last.wall_minus_monotonic) * 1000)
        elif now_said != self._said:
            self._revision += 1
        self._said = now_said

    def _offer_all(self, event: Event) -> None:
        for subscription in tuple(self._subscriptions):
            self._offer(subscription, event)

    def _offer(self, subscription: Subscription, event: Event) -> None:
        try:
            subscription.put_nowait(event)
        except asyncio.QueueFull:
            self._subscriptions.discard(subscription)
            while not subscription.empty():
                subscription.get_nowait()
            subscription.put_nowait(None)
