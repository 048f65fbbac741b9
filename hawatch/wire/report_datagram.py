"""A NodeReport as authenticated datagrams, and back.

The header and the seal are those of hawatch/wire/sealed.py, the sections those of hawatch/wire/report_sections.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hawatch.wire import report_sections
from hawatch.wire.report import NodeReport
from hawatch.wire.sealed import FIXED_BYTES, MAC_BYTES, MINOR, MOST_BYTES, Sealed, packed, seal, unseal
from hawatch.wire.sections import Cursor

__all__ = ["MAC_BYTES", "SLICE_BYTES", "STAMP_BITS", "Envelope", "decode", "encode"]

STAMP_BITS = 48
SLICE_BYTES = MOST_BYTES
"""The size from which a report is cut into slices."""

_MAGIC = b"hW"
_ASKS, _ANSWERS, _LEAVING, _TAKES_LETTERS, _WANTS_RELAY = 1, 2, 4, 8, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a datagram says of itself.

    `boot_id` (16 hexadecimal digits) is one run of the sender's agent, `sequence` counts that run's datagrams (64
    bits). `asks` wants a fresh report back at once, `answers` is one. `stamp` is the sender's clock in microseconds (48
    bits), `echoed_stamp` the last one it heard from us, and `held` for how many microseconds before it sent this.
    `takes_letters`: the sender reads the datagrams of hawatch/wire/letter_datagram.py (from minor version 2).
    `wants_relay`: the sender misses a peer's own word, and a witness is to pass on what it has of it.
    """

    boot_id: str
    sequence: int
    stamp: int = 0
    echoed_stamp: int | None = None
    held: int = 0
    asks: bool = False
    answers: bool = False
    takes_letters: bool = False
    wants_relay: bool = False
    minor: int = MINOR


def encode(envelope: Envelope, report: NodeReport, key: bytes, limit: int = SLICE_BYTES) -> list[bytes]:
    """The report as one datagram, or as several slices of about `limit` bytes with consecutive sequence numbers.

    Only the last slice asks or answers, so that one question gets one answer. Raises ValueError for an empty key and
    for a report that no datagram can hold (an address that is none, a number out of range).
    """
    common = report_sections.write_timing(envelope.stamp, envelope.echoed_stamp, envelope.held)
    common += report_sections.write_node(report)
    routers = [report_sections.write_router(router) for router in report.routers]
    parts = packed(routers, limit - len(common) - FIXED_BYTES)
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
    sealed = unseal(datagram, _MAGIC, key, kind="hawatch report")
    contents = report_sections.read(Cursor(sealed.body))
    envelope = Envelope(
        boot_id=sealed.boot_id,
        sequence=sealed.sequence,
        stamp=contents.stamp,
        echoed_stamp=contents.echoed_stamp,
        held=contents.held,
        asks=bool(sealed.flags & _ASKS),
        answers=bool(sealed.flags & _ANSWERS),
        takes_letters=bool(sealed.flags & _TAKES_LETTERS),
        wants_relay=bool(sealed.flags & _WANTS_RELAY),
        minor=sealed.minor,
    )
    return envelope, contents.report(leaving=bool(sealed.flags & _LEAVING))


def _sealed(envelope: Envelope, body: bytes, key: bytes, *, leaving: bool) -> bytes:
    flags = envelope.asks * _ASKS | envelope.answers * _ANSWERS | leaving * _LEAVING
    flags |= envelope.takes_letters * _TAKES_LETTERS | envelope.wants_relay * _WANTS_RELAY
    sealed = Sealed(
        boot_id=envelope.boot_id,
        sequence=envelope.sequence,
        body=body,
        flags=flags,
        minor=envelope.minor,
    )
    return seal(_MAGIC, sealed, key)
