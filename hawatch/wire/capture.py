"""Capture files of either format, told apart by how they begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from hawatch.errors import DecodeError
from hawatch.wire.captured import ByteSource, CapturedFrame
from hawatch.wire.pcap import MAGICS, PcapWriter, read_pcap
from hawatch.wire.pcapng import MAGIC, read_pcapng

__all__ = ["CapturedFrame", "PcapWriter", "read_capture"]


def read_capture(stream: BinaryIO, name: str) -> Iterator[CapturedFrame]:
    """Read the frames of a pcap or pcapng file, one at a time.

    Raises DecodeError, which names the file and the place, where the file is cut short or damaged; the frames
    before that place have been given by then.
    """
    source = ByteSource(stream, name)
    try:
        magic = source.read_or_end(4)
    except DecodeError:
        magic = b""
    if magic is None:
        raise DecodeError(f"{name}: empty, not a capture")
    if magic == MAGIC:
        return read_pcapng(source)
    if magic in MAGICS:
        return read_pcap(source, magic)
    hint = " (compressed: unpack it first)" if magic[:2] == b"\x1f\x8b" else ""
    raise DecodeError(f"{name}: neither pcap nor pcapng{hint}")
