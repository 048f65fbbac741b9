"""How much may go over a serial line, and when: what is urgent at once, all together in at most half the line.

Times are monotonic seconds and handed in; sizes are bytes on the line. A byte takes ten bits: start, eight, stop.
"""

from __future__ import annotations

BITS_PER_BYTE = 10
SHARE = 0.5
"""The part of the line that is used: the rest is for the other direction of a half-duplex converter, and for luck."""
SAVED_SECONDS = 0.5
"""So much of its share may an idle line save up for later, and so much may urgent news borrow in advance."""
PIECE_SECONDS = 0.085
LEAST_SAVED = 400.0
"""Bytes that may be saved and borrowed on the slowest lines, or a change could not go at once."""


class Pacing:
    """One direction of one line."""

    def __init__(self, baud: int) -> None:
        self.bytes_per_second = baud / BITS_PER_BYTE
        self.share = self.bytes_per_second * SHARE
        self.saved_at_most = max(LEAST_SAVED, self.share * SAVED_SECONDS)
        self._free_at = 0.0
        self._credit = self.saved_at_most
        self._as_of: float | None = None

    @property
    def piece_room(self) -> int:
        """The size in which datagrams are cut, so that urgent news never waits long for a piece to end."""
        return int(min(1000, max(48, self.bytes_per_second * PIECE_SECONDS)))

    def urgent_at(self, size: int, now: float) -> float:
        """From when on so many urgent bytes may be sent: the line is free, and not too much is borrowed."""
        return self._when(size - self.saved_at_most, now)

    def rest_at(self, size: int, now: float) -> float:
        """From when on so many other bytes may be sent: the line is free, and the share allows it."""
        return self._when(min(size, self.saved_at_most), now)

    def sent(self, size: int, now: float) -> None:
        """So many bytes were handed to the line just now."""
        self._settle(now)
        self._credit -= size
        self._free_at = max(now, self._free_at) + size / self.bytes_per_second

    def _when(self, needed: float, now: float) -> float:
        self._settle(now)
        missing = max(0.0, needed - self._credit)
        return max(now + missing / self.share, self._free_at)

    def _settle(self, now: float) -> None:
        earned = 0.0 if self._as_of is None else max(0.0, now - self._as_of) * self.share
        self._as_of = now
        self._credit = min(self.saved_at_most, self._credit + earned)
