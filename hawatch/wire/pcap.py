"""The classic capture format, both byte orders, in microseconds or nanoseconds."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import BinaryIO

from hawatch.wire.captured import LARGEST_FRAME, ByteSource, CapturedFrame
from hawatch.wire.link import LinkType

# The first four bytes: byte order for struct, and nanoseconds per unit of the fractions.
MAGICS = {
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
SNAPLEN = 262_144


def read_pcap(source: ByteSource, magic: bytes) -> Iterator[CapturedFrame]:
    """Read the frames behind a `magic` that was already read; raises DecodeError where the file goes wrong."""
    order, fraction_ns = MAGICS[magic]
    # major and minor version, time zone, accuracy, snapshot length, link type (above it: FCS length and flags)
    _, _, _, _, _, link_type = Struct(order + "HHiIII").unpack(source.read(20))
    record = Struct(order + "IIII")
    while (header := source.read_or_end(record.size)) is not None:
        seconds, fraction, kept, original = record.unpack(header)
        if kept > LARGEST_FRAME:
            raise source.fault(f"a frame of {kept} bytes")
        data = source.read(kept)
        source.frames += 1
        yield CapturedFrame(
            number=source.frames,
            time_ns=seconds * 1_000_000_000 + fraction * fraction_ns,
            link_type=link_type & 0x03FF_FFFF,
            data=data,
            truncated=kept < original,
        )


class PcapWriter:
    """Writes a capture file, in nanoseconds and little-endian; closing the stream is the caller's."""

    def __init__(self, stream: BinaryIO, link_type: int = LinkType.ETHERNET) -> None:
        self._stream = stream
        stream.write(b"\x4d\x3c\xb2\xa1" + Struct("<HHiIII").pack(2, 4, 0, 0, SNAPLEN, link_type))

    def write(self, time_ns: int, data: bytes) -> None:
        """Append one whole frame; `time_ns` is in nanoseconds since the epoch."""
        seconds, fraction = divmod(time_ns, 1_000_000_000)
        self._stream.write(Struct("<IIII").pack(seconds, fraction, len(data), len(data)) + data)
