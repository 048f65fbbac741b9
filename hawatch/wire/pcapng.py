"""The block-structured capture format (draft-ietf-opsawg-pcapng), both byte orders.

A file is one section or more; each has its own byte order and its own interfaces, which packets refer to by
number. Blocks of kinds that carry no packet are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from hawatch.wire.captured import LARGEST_FRAME, ByteSource, CapturedFrame

MAGIC = b"\x0a\x0d\x0d\x0a"
SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_BYTE_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_LARGEST_BLOCK = LARGEST_FRAME + 65_536
_END_OF_OPTIONS, _TIME_RESOLUTION, _TIME_OFFSET = 0, 9, 14


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interface:
    """An interface description: `units` of its timestamps make a second, `offset` seconds are added."""

    link_type: int
    snaplen: int
    units: int = 1_000_000
    offset: int = 0

    def time_ns(self, timestamp: int) -> int:
        return self.offset * 1_000_000_000 + timestamp * 1_000_000_000 // self.units


class _Section:
    """One section: what its byte order and its interfaces make of its blocks."""

    def __init__(self, source: ByteSource, order: str) -> None:
        self._source = source
        self._order = order
        self._interfaces: list[_Interface] = []
        self.number = Struct(order + "I")

    def packet(self, kind: int, body: bytes) -> CapturedFrame | None:
        """Take in one block; gives a frame if it holds one."""
        if kind == INTERFACE:
            self._interfaces.append(self._described(body))
        elif kind == ENHANCED_PACKET:
            return self._timed(body, Struct(self._order + "IIIII"))
        elif kind == OLD_PACKET:  # a 16-bit interface number, then a drop count, then the same
            return self._timed(body, Struct(self._order + "HxxIIII"))
        elif kind == SIMPLE_PACKET:
            return self._simple(body)
        return None

    def _described(self, body: bytes) -> _Interface:
        if len(body) < 8:
            raise self._source.fault("an interface description cut short")
        link_type, snaplen = Struct(self._order + "HxxI").unpack_from(body)
        units, offset = 1_000_000, 0
        for code, value in self._options(body[8:]):
            if code == _TIME_RESOLUTION and len(value) == 1:
                power = value[0] & 0x7F
                units = 2**power if value[0] & 0x80 else 10**power
            elif code == _TIME_OFFSET and len(value) == 8:
                (offset,) = Struct(self._order + "q").unpack(value)
        return _Interface(link_type=link_type, snaplen=snaplen, units=units, offset=offset)

    def _options(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        header = Struct(self._order + "HH")
        at = 0
        while at + 4 <= len(data):
            code, size = header.unpack_from(data, at)
            if code == _END_OF_OPTIONS or at + 4 + size > len(data):
                return
            yield code, data[at + 4 : at + 4 + size]
            at += 4 + (size + 3) // 4 * 4

    def _timed(self, body: bytes, layout: Struct) -> CapturedFrame:
        if len(body) < layout.size:
            raise self._source.fault("a packet block cut short")
        number, high, low, kept, original = layout.unpack_from(body)
        interface = self._interface(number)
        return self._frame(
            interface, interface.time_ns(high << 32 | low), body[layout.size :], kept, original
        )

    def _simple(self, body: bytes) -> CapturedFrame:
        """A packet of the first interface, without time; its length follows from the snapshot length."""
        if len(body) < 4:
            raise self._source.fault("a packet block cut short")
        interface = self._interface(0)
        (original,) = self.number.unpack_from(body)
        kept = min(original, interface.snaplen) if interface.snaplen else original
        return self._frame(interface, None, body[4:], kept, original)

    def _interface(self, number: int) -> _Interface:
        if number >= len(self._interfaces):
            raise self._source.fault(f"a packet of interface {number}, which is not described")
        return self._interfaces[number]

    def _frame(
        self, interface: _Interface, time_ns: int | None, data: bytes, kept: int, original: int
    ) -> CapturedFrame:
        if kept > len(data):
            raise self._source.fault(f"a frame of {kept} bytes in a block with room for {len(data)}")
        self._source.frames += 1
        return CapturedFrame(
            number=self._source.frames,
            time_ns=time_ns,
            link_type=interface.link_type,
            data=data[:kept],
            truncated=kept < original,
        )


def read_pcapng(source: ByteSource) -> Iterator[CapturedFrame]:
    """Read the frames behind the first block's MAGIC, already read; raises DecodeError where the file goes wrong."""
    section = _begin_section(source)
    while (kind_bytes := source.read_or_end(4)) is not None:
        if kind_bytes == MAGIC:  # reads the same in both byte orders
            section = _begin_section(source)
            continue
        (kind,) = section.number.unpack(kind_bytes)
        body = _body(source, section.number, source.read(4), read=8)
        frame = section.packet(kind, body)
        if frame is not None:
            yield frame


def _begin_section(source: ByteSource) -> _Section:
    length, byte_order = source.read(4), source.read(4)
    order = _BYTE_ORDERS.get(byte_order)
    if order is None:
        raise source.fault("a section without a byte order")
    section = _Section(source, order)
    body = _body(source, section.number, length, read=12)
    major = Struct(order + "H").unpack_from(body)[0] if len(body) >= 2 else 0
    if major != 1:
        raise source.fault(f"pcapng version {major}, which is not known,")
    return section


def _body(source: ByteSource, number: Struct, length: bytes, *, read: int) -> bytes:
    """Read a block to its end, of which `read` bytes are gone, and hold its two lengths against each other."""
    (total,) = number.unpack(length)
    if total < read + 4 or total % 4 or total > _LARGEST_BLOCK:
        raise source.fault(f"a block of {total} bytes")
    body = source.read(total - read - 4)
    if source.read(4) != length:
        raise source.fault("a block with two different lengths")
    return body
