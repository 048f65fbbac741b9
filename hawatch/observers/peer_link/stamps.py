"""The stamps on our datagrams: their echo tells the round trip, and that a sender has heard this run of ours."""

from __future__ import annotations

import secrets
from collections import OrderedDict

from hawatch.observers.peer_link.endpoint import Clock
from hawatch.wire.report_datagram import STAMP_BITS

_REMEMBERED = 4096


class Stamps:
    """Microseconds from a secret beginning; those sent lately are remembered."""

    def __init__(self) -> None:
        self._beginning = secrets.randbits(STAMP_BITS)
        self._sent: OrderedDict[int, float] = OrderedDict()

    def issue(self, now: float) -> int:
        """A stamp for what is sent now, different from all that are remembered."""
        stamp = self._wrapped(int(now * 1e6) + self._beginning)
        while stamp in self._sent:
            stamp = self._wrapped(stamp + 1)
        self._sent[stamp] = now
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        return stamp

    def sent_at(self, echoed: int | None) -> float | None:
        """When an echoed stamp was sent (monotonic seconds); None: not by this run, or too long ago."""
        return None if echoed is None else self._sent.get(echoed)

    @staticmethod
    def _wrapped(stamp: int) -> int:
        return stamp % (1 << STAMP_BITS)


def clock_offset(
    clock: Clock, wall_time: float | None, arrived_at: float, round_trip: float | None
) -> float | None:
    """By how many seconds the sender's wall clock is ahead of ours, as far as the way here lets us tell."""
    if wall_time is None or round_trip is None:
        return None
    ours = clock.wall() - (clock.monotonic() - arrived_at)
    return round(wall_time + round_trip / 2 - ours, 3)
