"""The VIPs of one virtual router as bytes in its section: how many, and what is said of each.

    how many | ( 0-1 held, 2 IPv6 (1 byte) | milliseconds | address (4 or 16 bytes) ) …

A pair of 255 virtual routers tells of thousands each second. So what is the same from one report to the next, which is
all that a standby says, is read once, and what VIPs that came together have in common once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from hawatch.errors import DecodeError
from hawatch.wire.address import REMEMBERED, address_bytes, address_text
from hawatch.wire.report import ReportedVip, not_held
from hawatch.wire.sections import Cursor, milliseconds, varint

MOST_VIP_BYTES = 60_000
"""VIPs of one router beyond this, some 3000, do not fit a datagram and are left out."""
MOST_REMEMBERED = 64
"""VIPs of a router up to which they are remembered, so that this is bounded in bytes, too."""

_TRISTATES = (None, False, True)
_HELD_OF = (None, False, True, None)
"""By both bits; the last state is one that nobody knows yet."""
_IPV6 = 4


def read_vips(value: Cursor) -> tuple[ReportedVip, ...]:
    """The VIPs; the cursor is behind them then. Raises DecodeError: "truncated" and "malformed number"."""
    count, start, data = value.varint(), value.position, value.data
    if 0 < count <= MOST_REMEMBERED and data[start + 1 : start + 2] == b"\0":
        block = data[start : start + count * (18 if data[start] & _IPV6 else 6)]
        remembered = _read_alone(block, count)
        if remembered is not None:
            value.position = start + len(block)
            return remembered
    vips, value.position = _read(data, start, count)
    return vips


@lru_cache(maxsize=2048)
def _read_alone(block: bytes, count: int) -> tuple[ReportedVip, ...] | None:
    """What these bytes say, whatever is behind them; None unless they are so many VIPs to the last byte."""
    try:
        vips, end = _read(block, 0, count)
    except DecodeError:
        return None
    return vips if end == len(block) else None


def _read(data: bytes, at: int, count: int) -> tuple[tuple[ReportedVip, ...], int]:
    """So many VIPs from there on, and where they end; those that came at the same moment begin with the same bytes."""
    vips: list[ReportedVip] = []
    head, held, seconds, size = b"", None, 0.0, 0
    for _ in range(count):
        if not (head and data.startswith(head, at)):
            head, held, seconds, size = _read_head(Cursor(data, at))
        begin = at + len(head)
        at = begin + size
        if at > len(data):
            raise DecodeError("truncated")
        address = address_text(data[begin:at])
        vips.append(
            ReportedVip(address=address, held=held, for_seconds=seconds)
            if seconds
            else not_held(address, held)
        )
    return tuple(vips), at


def _read_head(cursor: Cursor) -> tuple[bytes, bool | None, float, int]:
    """What is before an address, what it says, and how many bytes the address has."""
    begin = cursor.position
    bits, seconds = cursor.byte(), cursor.varint() / 1000
    return cursor.data[begin : cursor.position], _HELD_OF[bits & 3], seconds, 16 if bits & _IPV6 else 4


def write_vips(vips: Iterable[ReportedVip]) -> bytes:
    """As many of the VIPs as a datagram holds. Raises ValueError for what is no IP address."""
    written: list[bytes] = []
    room = MOST_VIP_BYTES
    for vip in vips:
        seconds = vip.for_seconds
        if seconds == 0:
            encoded = _packed_rest(vip.address, vip.held)
        else:
            head, address = _around(vip.address, vip.held)
            encoded = head + milliseconds(seconds) + address
        room -= len(encoded)
        if room < 0:
            break
        written.append(encoded)
    return varint(len(written)) + b"".join(written)


@lru_cache(maxsize=REMEMBERED)
def _around(address: str, held: bool | None) -> tuple[bytes, bytes]:  # noqa: FBT001 - a word, not a flag
    """What is before the milliseconds, and the address behind them."""
    packed = packed_address(address)
    return bytes((_TRISTATES.index(held) | (len(packed) == 16) * _IPV6,)), packed


@lru_cache(maxsize=REMEMBERED)
def _packed_rest(address: str, held: bool | None) -> bytes:  # noqa: FBT001 - a word, not a flag
    """Those that are not held are the same from one report to the next."""
    head, packed = _around(address, held)
    return head + b"\0" + packed


@lru_cache(maxsize=REMEMBERED)
def packed_address(address: str) -> bytes:
    """The 4 or 16 bytes of an address in text; ValueError for what is none."""
    plain = address.partition("%")[0]  # a zone means nothing on another node
    try:
        return address_bytes(plain)
    except (OSError, ValueError):
        raise ValueError(f"{address!r} is not an IP address") from None
