"""A NodeReport as authenticated datagrams, and back.

    0  magic "hW" | major | minor | flags | boot id (8) | sequence (8) | sections … | HMAC-SHA256, first 16 bytes

The sections are those of hawatch/wire/report_sections.py. A new minor version adds sections, or bytes at the end of
one: an older reader skips both, and a newer reader does without them. A change that an older reader would misread is
a new major version. The HMAC (RFC 2104, truncated as its section 5 allows) covers everything before it.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass, replace

from hawatch.errors import DecodeError
from hawatch.wire import report_sections
from hawatch.wire.report import NodeReport
from hawatch.wire.sections import Cursor

MAJOR, MINOR = 1, 1
MAC_BYTES = 16
STAMP_BITS = 48
SLICE_BYTES = 1200
"""The size from which a report is cut into slices: with IP and UDP it passes any path unfragmented."""

_HEADER = struct.Struct("!2sBBB8sQ")
_MAGIC = b"hW"
_FIXED_BYTES = _HEADER.size + MAC_BYTES
_ASKS, _ANSWERS, _LEAVING = 1, 2, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a datagram says of itself.

    `boot_id` (16 hexadecimal digits) is one run of the sender's agent, `sequence` counts that run's datagrams (64
    bits). `asks` wants a fresh report back at once, `answers` is one. `stamp` is the sender's clock in microseconds (48
    bits), `echoed_stamp` the last one it heard from us, and `held` for how many microseconds before it sent this.
    """

    boot_id: str
    sequence: int
    stamp: int = 0
    echoed_stamp: int | None = None
    held: int = 0
    asks: bool = False
    answers: bool = False
    minor: int = MINOR


def encode(envelope: Envelope, report: NodeReport, key: bytes, limit: int = SLICE_BYTES) -> list[bytes]:
    """The report as one datagram, or as several slices of about `limit` bytes with consecutive sequence numbers.

    Only the last slice asks or answers, so that one question gets one answer. Raises ValueError for an empty key and
    for a report that no datagram can hold (an address that is none, a number out of range).
    """
    common = report_sections.write_timing(envelope.stamp, envelope.echoed_stamp, envelope.held)
    common += report_sections.write_node(report)
    routers = [report_sections.write_router(router) for router in report.routers]
    parts = _packed(routers, limit - len(common) - _FIXED_BYTES)
    last = len(parts) - 1
    datagrams = []
    for number, part in enumerate(parts):
        sliced = replace(
            envelope,
            sequence=(envelope.sequence + number) % (1 << 64),
            asks=envelope.asks and number == last,
            answers=envelope.answers and number == last,
        )
        place = report_sections.write_slice(number, len(parts)) if last else b""
        datagrams.append(_sealed(sliced, place + common + part, key, leaving=report.leaving))
    return datagrams


def decode(datagram: bytes, key: bytes) -> tuple[Envelope, NodeReport]:
    """The envelope and the report of one datagram.

    Raises DecodeError: "truncated", "not a hawatch report", "newer major version", "older major version", "wrong key"
    (corrupted bytes look the same), "malformed …".
    """
    if not datagram.startswith(_MAGIC[: len(datagram)]):
        raise DecodeError("not a hawatch report")
    if len(datagram) < _FIXED_BYTES:
        raise DecodeError("truncated")
    _, major, minor, flags, boot_id, sequence = _HEADER.unpack_from(datagram)
    if major != MAJOR:
        raise DecodeError("newer major version" if major > MAJOR else "older major version")
    if not hmac.compare_digest(_mac(datagram[:-MAC_BYTES], key), datagram[-MAC_BYTES:]):
        raise DecodeError("wrong key")
    contents = report_sections.read(Cursor(datagram[_HEADER.size : -MAC_BYTES]))
    envelope = Envelope(
        boot_id=boot_id.hex(),
        sequence=sequence,
        stamp=contents.stamp,
        echoed_stamp=contents.echoed_stamp,
        held=contents.held,
        asks=bool(flags & _ASKS),
        answers=bool(flags & _ANSWERS),
        minor=minor,
    )
    return envelope, contents.report(leaving=bool(flags & _LEAVING))


def _mac(data: bytes, key: bytes) -> bytes:
    if not key:
        raise ValueError("the peer key is empty")
    return hmac.digest(key, data, "sha256")[:MAC_BYTES]


def _sealed(envelope: Envelope, body: bytes, key: bytes, *, leaving: bool) -> bytes:
    flags = envelope.asks * _ASKS | envelope.answers * _ANSWERS | leaving * _LEAVING
    boot_id = bytes.fromhex(envelope.boot_id)
    signed = _HEADER.pack(_MAGIC, MAJOR, envelope.minor, flags, boot_id, envelope.sequence) + body
    return signed + _mac(signed, key)


def _packed(sections: list[bytes], room: int) -> list[bytes]:
    """The sections joined in order into as few parts as `room` allows; a part has at least one, if there is any."""
    parts = [b""]
    for encoded in sections:
        if parts[-1] and len(parts[-1]) + len(encoded) > room:
            parts.append(b"")
        parts[-1] += encoded
    return parts
