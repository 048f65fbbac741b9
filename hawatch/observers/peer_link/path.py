"""One way to a peer's agent, and what is known of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from hawatch.observers.peer_link.endpoint import Arrival, Endpoint, SocketAddress

QUICKEST_REPEAT = 0.020
REPEATS = 3
PACES_TO_ANSWER = 3
"""The question has to get out, the answer mostly takes as long, and both have to be judged."""
EAGER_BEATS, SELDOM = 5, 5
"""To an end that has never been heard the first reports go out on time, then one in so many."""

HEARD_LATELY = 3.0
"""Seconds of silence after which an end is no longer counted on."""

Way = tuple[Endpoint, SocketAddress]
"""From which socket to which address."""

Echo = tuple[int | None, int]
"""A stamp of the peer's, and for how many microseconds it has been kept here."""


def _settled() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True, eq=False)
class Path:
    """A link of the configuration, or the way to a peer that found us, or to a witness; times are monotonic seconds.

    `told` is the state and the problem that the situation knows of; `settled` is set while no answer is waited for.
    `pace` is how many seconds a report takes to go out. `node` and `heard_from` are the peer's own name and the way
    to where its last report came from.
    """

    peer: str
    link: str
    remote: str
    local: str | None = None
    is_witness: bool = False
    endpoint: Endpoint | None = None
    address: SocketAddress | None = None
    told: tuple[bool, str | None] | None = None
    node: str | None = None
    heard_from: Way | None = None
    heard_at: float | None = None
    heard_stamp: int | None = None
    round_trip: float | None = None
    greeted_at: float | None = None
    asked_at: float | None = None
    pace: float = 0.0
    beats: int = 0
    repeats_left: int = 0
    repeat: asyncio.TimerHandle | None = None
    settled: asyncio.Event = field(default_factory=_settled)

    @property
    def host(self) -> str | None:
        """The address of the other end, without a zone; None before its name is resolved."""
        return str(self.address[0]).partition("%")[0] if self.address else None

    def is_heard(self, now: float) -> bool:
        """Whether a report has come this way lately."""
        return self.heard_at is not None and now - self.heard_at <= HEARD_LATELY

    def ways(self) -> list[Way]:
        """Where the path leads, and where the peer was heard from if it speaks from another address."""
        ways = [(self.endpoint, self.address)] if self.endpoint and self.address else []
        if self.heard_from and self.heard_from not in ways:
            ways.append(self.heard_from)
        return ways

    def way_back(self, endpoint: Endpoint, arrival: Arrival, vips: Collection[str]) -> Way:
        """To where a datagram of the peer came from; if that is a VIP, to where the path leads, if it does."""
        if arrival.src in vips and self.endpoint is not None and self.address is not None:
            return self.endpoint, self.address
        return endpoint, arrival.address

    def is_due(self) -> bool:
        """Whether the report of this interval is to be sent.

        A host without an agent answers each with an ICMP error. Its kernel rations those (icmp_ratelimit), so they
        would crowd out the ones about protocol 112, which tell that its keepalived is dead.
        """
        self.beats += 1
        return self.heard_at is not None or self.beats <= EAGER_BEATS or self.beats % SELDOM == 0

    def echo(self, now: float) -> Echo:
        """The last stamp that was heard."""
        if self.heard_stamp is None or self.heard_at is None:
            return None, 0
        return self.heard_stamp, max(0, int((now - self.heard_at) * 1e6))

    def ask(self, now: float, again: Callable[[Path], None]) -> None:
        """A question has been sent: `again` is called when no answer comes in time."""
        self.stop_asking()
        self.asked_at, self.repeats_left = now, REPEATS
        self.settled.clear()
        self._wait(again)

    def ask_again(self, again: Callable[[Path], None]) -> bool:
        """Whether one more repetition is due; if so the wait begins anew."""
        if self.repeats_left == 0:
            self.stop_asking()
            return False
        self.repeats_left -= 1
        self._wait(again)
        return True

    def _wait(self, again: Callable[[Path], None]) -> None:
        delay = max(QUICKEST_REPEAT, 2 * (self.round_trip or 0.0)) + PACES_TO_ANSWER * self.pace
        self.repeat = asyncio.get_running_loop().call_later(delay, again, self)

    def answered(self, sent_at: float | None) -> None:
        """An answer came; one to an earlier question does not count."""
        if self.asked_at is not None and sent_at is not None and sent_at >= self.asked_at:
            self.stop_asking()

    def stop_asking(self) -> None:
        """Nothing is waited for any more."""
        if self.repeat is not None:
            self.repeat.cancel()
        self.asked_at, self.repeats_left, self.repeat = None, 0, None
        self.settled.set()
