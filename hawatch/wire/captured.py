"""One frame out of a capture file, and the bytes of the file as they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from hawatch.errors import DecodeError

# No link carries frames near this size; a length beyond it is a damaged file, and must not cost memory.
LARGEST_FRAME = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedFrame:
    """One frame; `number` counts from 1 over all frames of the file.

    `time_ns` is in nanoseconds since the epoch, None where the file has none (pcapng's simple packets).
    `link_type` is the registered number (hawatch.wire.link reads some). `truncated`: the capture kept only the
    beginning of it.
    """

    number: int
    time_ns: int | None
    link_type: int
    data: bytes
    truncated: bool = False

    @property
    def time(self) -> float | None:
        """Seconds since the epoch, as exact as a float can be (about 0.2 µs)."""
        return None if self.time_ns is None else self.time_ns / 1_000_000_000


class ByteSource:
    """A binary file read from front to back, which knows where it is and complains in the file's name."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self.offset = 0
        self.frames = 0

    def read(self, size: int) -> bytes:
        """Read exactly `size` bytes; raises DecodeError where the file ends before them."""
        data = self.read_or_end(size)
        if data is None:
            raise self._cut_short()
        return data

    def read_or_end(self, size: int) -> bytes | None:
        """Read exactly `size` bytes, or None where the file ends cleanly before the first of them."""
        data = self._stream.read(size)
        while data and len(data) < size:  # a pipe gives what it has
            more = self._stream.read(size - len(data))
            if not more:
                break
            data += more
        self.offset += len(data)
        if len(data) == size:
            return data
        if data:
            raise self._cut_short()
        return None

    def fault(self, problem: str) -> DecodeError:
        """Make the error that names the file and the frame after which it went wrong."""
        return DecodeError(f"{self._name}: {problem} at byte {self.offset}, after frame {self.frames}")

    def _cut_short(self) -> DecodeError:
        return DecodeError(f"{self._name}: cut short at byte {self.offset}, in frame {self.frames + 1}")
