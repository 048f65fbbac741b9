"""What every datagram between agents has in common: the header before its sections, and the seal behind them.

    0  magic (2) | major | minor | flags | boot id (8) | sequence (8) | sections … | HMAC-SHA256, first 16 bytes

The magic tells the kinds of datagrams apart. A new minor version adds sections, or bytes at the end of one: an older
reader skips both, and a newer reader does without them. A change that an older reader would misread is a new major
version. The HMAC (RFC 2104, truncated as its section 5 allows) covers everything before it, the magic too.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from hawatch.errors import DecodeError

MAJOR, MINOR = 1, 3
MAC_BYTES = 16
MOST_BYTES = 1200
"""The size that datagrams are cut to: with IP and UDP it passes any path unfragmented."""

_HEADER = struct.Struct("!2sBBB8sQ")
FIXED_BYTES = _HEADER.size + MAC_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One datagram without its magic; `boot_id` (16 hexadecimal digits) and `sequence` (64 bits) name it."""

    boot_id: str
    sequence: int
    body: bytes
    flags: int = 0
    minor: int = MINOR


def seal(magic: bytes, sealed: Sealed, key: bytes) -> bytes:
    """The datagram. Raises ValueError for an empty key."""
    boot_id = bytes.fromhex(sealed.boot_id)
    signed = _HEADER.pack(magic, MAJOR, sealed.minor, sealed.flags, boot_id, sealed.sequence) + sealed.body
    return signed + _mac(signed, key)


def unseal(datagram: bytes, magic: bytes, key: bytes, *, kind: str) -> Sealed:
    """What a datagram of this magic holds; `kind` names it in words.

    Raises DecodeError: "truncated", "not a …" (another magic), "newer major version", "older major version", "wrong
    key" (corrupted bytes look the same).
    """
    if not datagram.startswith(magic[: len(datagram)]):
        raise DecodeError(f"not a {kind}")
    if len(datagram) < FIXED_BYTES:
        raise DecodeError("truncated")
    _, major, minor, flags, boot_id, sequence = _HEADER.unpack_from(datagram)
    if major != MAJOR:
        raise DecodeError("newer major version" if major > MAJOR else "older major version")
    if not hmac.compare_digest(_mac(datagram[:-MAC_BYTES], key), datagram[-MAC_BYTES:]):
        raise DecodeError("wrong key")
    body = datagram[_HEADER.size : -MAC_BYTES]
    return Sealed(boot_id=boot_id.hex(), sequence=sequence, body=body, flags=flags, minor=minor)


def packed(sections: Sequence[bytes], room: int) -> list[bytes]:
    """The sections joined in order into as few parts as `room` allows; a part has at least one, if there is any."""
    parts = [b""]
    for encoded in sections:
        if parts[-1] and len(parts[-1]) + len(encoded) > room:
            parts.append(b"")
        parts[-1] += encoded
    return parts


def _mac(data: bytes, key: bytes) -> bytes:
    if not key:
        raise ValueError("the peer key is empty")
    begun = _begun(key).copy()
    begun.update(data)
    return begun.digest()[:MAC_BYTES]


@lru_cache(maxsize=8)
def _begun(key: bytes) -> hmac.HMAC:
    """Looking the algorithm up in OpenSSL takes as long as the rest of it, where nobody has for a second."""
    return hmac.new(key, digestmod="sha256")
