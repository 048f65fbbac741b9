"""The frames of the last minute, without passwords."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

from hawatch.wire.link import LinkType
from hawatch.wire.pcap import PcapWriter
from hawatch.wire.redaction import without_password

MOST_FRAMES = 100_000
MOST_BYTES = 16 << 20


class KeptFrame(NamedTuple):
    """One frame; `at` is in monotonic seconds."""

    at: float
    link_type: int
    data: bytes


class FrameRing:
    """Keeps frames for so many seconds, unless there are too many.

    `lost` counts those that had to go too early; `link_types` are all that were ever seen.
    """

    def __init__(
        self, seconds: float, *, most_frames: int = MOST_FRAMES, most_bytes: int = MOST_BYTES
    ) -> None:
        self.lost = 0
        self.link_types: set[int] = set()
        self._seconds = seconds
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._bytes = 0
        self._frames: deque[KeptFrame] = deque()

    def keep(self, at: float, link_type: int, data: bytes) -> None:
        """Take one frame in, its passwords left out."""
        self._frames.append(KeptFrame(at, link_type, without_password(link_type, data)))
        self._bytes += len(data)
        self.link_types.add(link_type)
        while self._frames[0].at < at - self._seconds:
            self._drop()
        while len(self._frames) > self._most_frames or self._bytes > self._most_bytes:
            self._drop()
            self.lost += 1

    def since(self, at: float) -> list[KeptFrame]:
        """The frames that came at that time or later, in the order in which they were read."""
        return [frame for frame in self._frames if frame.at >= at]

    def _drop(self) -> None:
        self._bytes -= len(self._frames.popleft().data)


def write_capture(
    stream: BinaryIO, frames: Iterable[KeptFrame], link_type: LinkType, wall_minus_monotonic: float
) -> int:
    """Write the frames of one link type as a pcap file in nanoseconds; how many there were."""
    writer = PcapWriter(stream, link_type)
    count = 0
    for frame in frames:
        if frame.link_type == link_type:
            writer.write(_nanoseconds(frame.at + wall_minus_monotonic), frame.data)
            count += 1
    return count


def _nanoseconds(epoch: float) -> int:
    """Seconds and their fraction apart: as a float, today's time in nanoseconds is off by a hundred and more."""
    seconds = max(0, int(epoch))
    return seconds * 1_000_000_000 + max(0, round((epoch - seconds) * 1e9))
