"""When clients were not served through a VIP: measured request by request, in the order in which they were sent.

Pure: times are handed in, in monotonic seconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

REMEMBERED = 4


@dataclass(slots=True)
class Request:
    """One request of a client: sent, and, once that is known, whether it was served."""

    sent_at: float
    served: bool | None = None


@dataclass(slots=True)
class Outage:
    """From the first request that was lost to the first that was served again.

    Either end may be wrong by `within` seconds.
    """

    number: int
    began_at: float
    lost: int
    within: float
    ended_at: float | None = None

    @property
    def seconds(self) -> float | None:
        """How long it was, None while it goes on."""
        return None if self.ended_at is None else self.ended_at - self.began_at


@dataclass(slots=True)
class Measure:
    """The requests for one service, and what follows from them.

    A request is judged after all that were sent before it, so that one which is slow to fail hides nothing.
    """

    vip: str
    up: bool | None = None
    known_at: float | None = None
    count: int = 0
    seconds_lost: float = 0.0
    outages: deque[Outage] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _open: deque[Request] = field(default_factory=deque)
    _last: Request | None = None

    def sent(self, at: float) -> Request:
        """One more request goes out."""
        request = Request(at)
        self._open.append(request)
        return request

    def judge(self, request: Request, *, served: bool) -> bool:
        """What became of a request; whether the service is another now: lost, or there again."""
        request.served = served
        before = self.up
        while self._open and self._open[0].served is not None:
            self._take(self._open.popleft())
        return self.up is not before

    @property
    def under_way(self) -> int:
        """How many requests are not judged yet."""
        return len(self._open)

    @property
    def current(self) -> Outage | None:
        """The outage that goes on."""
        return self.outages[-1] if self.outages and self.outages[-1].ended_at is None else None

    def _take(self, request: Request) -> None:
        last, self._last = self._last, request
        gap = request.sent_at - last.sent_at if last is not None else 0.0
        current = self.current
        if request.served:
            if current is not None:
                current.ended_at = request.sent_at
                current.within = max(current.within, gap)
                self.seconds_lost += request.sent_at - current.began_at
        elif current is not None:
            current.lost += 1
        elif self.up:  # what never worked is no outage
            self.count += 1
            self.outages.append(Outage(self.count, request.sent_at, 1, gap))
        if request.served or self.up is not None:
            self.up = request.served
        self.known_at = request.sent_at
