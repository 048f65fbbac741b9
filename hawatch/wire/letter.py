"""Letters between agents: small records that reach the other node in their latest version, or are sent again."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from hawatch.errors import DecodeError, HawatchError

MOST_BODY_BYTES = 32 * 1024
MOST_ID_BYTES = 200
MOST_VERSION_BYTES = 64
MOST_PARTS = 128
"""More than the longest letter needs, in parts as small as the longest names leave room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the other agents are to know about `id`, such as "code/alice/47"; a newer one of the same id replaces it.

    `version` is a short hash of `body`. Raises HawatchError when the id (1 to 200 bytes), the version (1 to 64) or the
    body (up to 32 KiB) has a wrong length.
    """

    id: str
    version: str
    body: bytes

    def __post_init__(self) -> None:
        if not 1 <= len(self.id.encode()) <= MOST_ID_BYTES:
            raise HawatchError(f"letter {self.id[:40]!r}: its id has to have 1 to {MOST_ID_BYTES} bytes")
        if not 1 <= len(self.version.encode()) <= MOST_VERSION_BYTES:
            raise HawatchError(f"letter {self.id}: its version has to have 1 to {MOST_VERSION_BYTES} bytes")
        if len(self.body) > MOST_BODY_BYTES:
            raise HawatchError(f"letter {self.id}: {len(self.body)} bytes, more than {MOST_BODY_BYTES}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPart:
    """A piece of a letter, counted from 0; `compressed`: the pieces together are the body after zlib (RFC 1950)."""

    id: str
    version: str
    number: int
    parts: int
    data: bytes
    compressed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """The letter `id` is stored in this version; `sequence` is the datagram that brought it (below 2**63)."""

    id: str
    version: str
    sequence: int


def cut(letter: Letter, room: int) -> tuple[LetterPart, ...]:
    """The letter in pieces of `room` bytes, compressed if that makes it shorter."""
    smaller = zlib.compress(letter.body)
    compressed = len(smaller) < len(letter.body)
    data = smaller if compressed else letter.body
    pieces = [data[at : at + room] for at in range(0, len(data), room)] or [b""]
    return tuple(
        LetterPart(
            id=letter.id,
            version=letter.version,
            number=number,
            parts=len(pieces),
            data=piece,
            compressed=compressed,
        )
        for number, piece in enumerate(pieces)
    )


def joined(parts: list[LetterPart]) -> Letter:
    """The letter that all its parts, in order, are. Raises DecodeError("malformed letter")."""
    data = b"".join(part.data for part in parts)
    if parts[0].compressed:
        data = _decompressed(data)
    if len(data) > MOST_BODY_BYTES:
        raise DecodeError("malformed letter")
    return Letter(id=parts[0].id, version=parts[0].version, body=data)


def _decompressed(data: bytes) -> bytes:
    """At most one byte more than a body may have, whatever the data pretends to hold."""
    inflating = zlib.decompressobj()
    try:
        body = inflating.decompress(data, MOST_BODY_BYTES + 1)
    except zlib.error:
        raise DecodeError("malformed letter") from None
    if len(body) <= MOST_BODY_BYTES and not inflating.eof:
        raise DecodeError("malformed letter")
    return body
