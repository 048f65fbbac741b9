"""Tells a fresh datagram of one sender from a recorded one; RFC 4303 §3.4.3 has the sliding window."""

from __future__ import annotations

from collections import OrderedDict

WIDTH = 64
_MOST_RETIRED = 1024


class ReplayWindow:
    """One sender's run (boot id) that is listened to, the sequence numbers seen of it, and the runs that are over.

    Datagrams may overtake each other by less than `width`. A run that has been replaced is never listened to again.
    """

    def __init__(self, width: int = WIDTH) -> None:
        self.width = width
        self.boot_id: str | None = None
        self._highest = 0
        self._seen = 0  # bit n: the sequence number `highest - n` has been seen
        self._retired: OrderedDict[str, None] = OrderedDict()

    def accept(self, boot_id: str, sequence: int, *, proved: bool) -> str | None:
        """Take one authentic datagram into account: None when it is fresh, else the reason to refuse it.

        `proved`: it echoes something that only this run of ours has sent, so it cannot be a recording from before. A
        boot id that is not the present one needs that, or a recording would pass for a restarted sender.
        """
        if boot_id == self.boot_id:
            return self._slide(sequence)
        if boot_id in self._retired:
            return "old boot id"
        if not proved:
            return "unproved boot id"
        self._replace(boot_id, sequence)
        return None

    def _replace(self, boot_id: str, sequence: int) -> None:
        if self.boot_id is not None:
            self._retired[self.boot_id] = None
            if len(self._retired) > _MOST_RETIRED:
                self._retired.popitem(last=False)
        self.boot_id, self._highest, self._seen = boot_id, sequence, 1

    def _slide(self, sequence: int) -> str | None:
        ahead = sequence - self._highest
        if ahead > 0:
            self._seen = (self._seen << min(ahead, self.width) | 1) & (1 << self.width) - 1
            self._highest = sequence
            return None
        if -ahead >= self.width:
            return "too old"
        if self._seen >> -ahead & 1:
            return "replayed"
        self._seen |= 1 << -ahead
        return None
