"""Datagrams on a serial line: cut into pieces, each a frame that is found again behind any noise.

    0x00 | COBS of ( flags | message | piece | bytes … | CRC-32 ) | 0x00

COBS (Cheshire and Baker, 1999) takes the zeros out of a frame, so that a zero is always its edge; the CRC is that of
IEEE 802.3, the highest byte first. Pieces of an urgent message may go between those of another one (its `lane`). What
a datagram holds is sealed as on UDP: the CRC finds noise, the seal finds liars.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

URGENT, REST = 0, 1
"""The lanes: one message of each may be on its way at once."""
MOST_PIECE_BYTES = 1024
MOST_PIECES = 256

_HEAD_BYTES, _CRC_BYTES = 3, 4
_MOST_FRAME = MOST_PIECE_BYTES + 32
_LAST = 2
_BLOCK = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of one message, counted from 0; `message` numbers a lane's messages modulo 256."""

    lane: int
    message: int
    number: int
    last: bool
    data: bytes


def cut(datagram: bytes, *, lane: int, message: int, room: int) -> list[Piece]:
    """The datagram in pieces of `room` bytes. Raises ValueError when it would need more than MOST_PIECES."""
    parts = [datagram[at : at + room] for at in range(0, len(datagram), room)] or [b""]
    if len(parts) > MOST_PIECES or room > MOST_PIECE_BYTES:
        raise ValueError(f"{len(datagram)} bytes in pieces of {room} do not fit a serial line")
    last = len(parts) - 1
    return [
        Piece(lane=lane, message=message % 256, number=number, last=number == last, data=part)
        for number, part in enumerate(parts)
    ]


def frame(piece: Piece) -> bytes:
    """The piece as it goes over the line."""
    head = bytes((piece.lane | piece.last * _LAST, piece.message, piece.number))
    body = head + piece.data
    return b"\0" + _stuffed(body + zlib.crc32(body).to_bytes(_CRC_BYTES, "big")) + b"\0"


def _stuffed(data: bytes) -> bytes:
    """COBS: every zero is replaced by the way to the next one."""
    out = bytearray()
    for run in data.split(b"\0"):
        rest = run
        while len(rest) >= _BLOCK:
            out.append(_BLOCK + 1)
            out += rest[:_BLOCK]
            rest = rest[_BLOCK:]
        out.append(len(rest) + 1)
        out += rest
    return bytes(out)


def _unstuffed(data: bytes) -> bytes | None:
    """The bytes before COBS; None when these are none of it."""
    out = bytearray()
    at = 0
    while at < len(data):
        code = data[at]
        block = data[at + 1 : at + code]
        if code == 0 or len(block) != code - 1:
            return None
        out += block
        at += code
        if code <= _BLOCK and at < len(data):
            out.append(0)
    return bytes(out)


def _piece(encoded: bytes) -> Piece | None:
    body = _unstuffed(encoded)
    if body is None or len(body) < _HEAD_BYTES + _CRC_BYTES:
        return None
    content, crc = body[:-_CRC_BYTES], body[-_CRC_BYTES:]
    flags, message, number = content[:_HEAD_BYTES]
    if zlib.crc32(content).to_bytes(_CRC_BYTES, "big") != crc or flags > (REST | _LAST):
        return None
    return Piece(
        lane=flags & REST,
        message=message,
        number=number,
        last=bool(flags & _LAST),
        data=content[_HEAD_BYTES:],
    )


class FrameReader:
    """Finds the frames in what comes over the line; `damaged` counts what lay between two edges and was none."""

    def __init__(self) -> None:
        self.damaged = 0
        self._begun = bytearray()
        self._too_long = False

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that these bytes complete. Whatever they are, nothing is raised and little is kept."""
        first, *others = data.split(b"\0")
        self._keep(first)
        pieces = []
        for other in others:
            pieces += self._edge()
            self._keep(other)
        return pieces

    def _keep(self, more: bytes) -> None:
        self._too_long = self._too_long or len(self._begun) + len(more) > _MOST_FRAME
        if self._too_long:
            self._begun.clear()
        else:
            self._begun += more

    def _edge(self) -> list[Piece]:
        encoded, too_long = bytes(self._begun), self._too_long
        self._begun.clear()
        self._too_long = False
        if not encoded and not too_long:
            return []
        piece = None if too_long else _piece(encoded)
        if piece is None:
            self.damaged += 1
            return []
        return [piece]


@dataclass(slots=True)
class _Message:
    number: int
    parts: list[bytes] = field(default_factory=list)


class Assembly:
    """Makes messages of pieces that come in order; one of which a piece is missing is given up."""

    def __init__(self) -> None:
        self._lanes: dict[int, _Message] = {}

    def add(self, piece: Piece) -> bytes | None:
        """The message that this piece ends."""
        if piece.number == 0:
            self._lanes[piece.lane] = _Message(piece.message)
        begun = self._lanes.get(piece.lane)
        if begun is None or begun.number != piece.message or len(begun.parts) != piece.number:
            self._lanes.pop(piece.lane, None)
            return None
        begun.parts.append(piece.data)
        if not piece.last:
            return None
        del self._lanes[piece.lane]
        return b"".join(begun.parts)
