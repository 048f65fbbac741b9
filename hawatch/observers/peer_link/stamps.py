"""The stamps on our datagrams: their echo tells the round trip, and that a sender has heard this run of ours."""

from __future__ import annotations

import secrets
from collections import OrderedDict

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
