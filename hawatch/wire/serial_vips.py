"""The VIPs of one virtual router in few bytes: what those next to each other have in common is said once.

    runs: ( 0-1 held, 2 IPv6 | how many | milliseconds | addresses … ) …

An address is told by how far it is from the one of its family before: the double of the distance, less one if it is
lower. A 0 says that the whole address follows, as the first of a family always does. Fifty VIPs of one network that
came at the same moment take about 60 bytes, where a list with everything of each takes 370. A reader of minor
version 3 knows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hawatch.errors import DecodeError
from hawatch.wire.address import address_bytes, address_text
from hawatch.wire.report import ReportedVip
from hawatch.wire.sections import Cursor, varint

SINCE_MINOR = 3
"""From this minor version on a reader knows runs."""
ALIKE_SECONDS = 0.02
"""Holds that differ by no more are told as the shortest of them: no hold is told longer than it was."""

_TRISTATES = (None, False, True)
_IPV6 = 4
_FAR = 1 << 40


def write_runs(vips: Sequence[ReportedVip]) -> bytes:
    """The VIPs in their order. Raises ValueError for what is no IP address."""
    before: dict[int, int] = {}
    return b"".join(_run(run, before) for run in _runs(vips))


def _runs(vips: Sequence[ReportedVip]) -> Iterator[list[ReportedVip]]:
    """Those that go together: the same state, the same family, and holds that are alike."""
    run: list[ReportedVip] = []
    shortest = longest = 0.0
    for vip in vips:
        shortest, longest = min(shortest, vip.for_seconds), max(longest, vip.for_seconds)
        alike = run and vip.held is run[0].held and _is_ipv6(vip) == _is_ipv6(run[0])
        if not alike or longest - shortest > ALIKE_SECONDS:
            if run:
                yield run
            run, shortest, longest = [], vip.for_seconds, vip.for_seconds
        run.append(vip)
    if run:
        yield run


def _is_ipv6(vip: ReportedVip) -> bool:
    return ":" in vip.address


def _run(run: Sequence[ReportedVip], before: dict[int, int]) -> bytes:
    """One run; `before` is the last address of each family, by its length in bytes."""
    seconds = min(vip.for_seconds for vip in run)
    head = bytes((_TRISTATES.index(run[0].held) | _is_ipv6(run[0]) * _IPV6,))
    told = head + varint(len(run)) + varint(max(0, int(round(seconds * 1000, 3))))
    for vip in run:
        packed = address_bytes(vip.address.partition("%")[0])
        number = int.from_bytes(packed, "big")
        step = number - before.get(len(packed), number)
        before[len(packed)] = number
        if step == 0 or abs(step) >= _FAR:
            told += b"\0" + packed
        else:
            told += varint(2 * step if step > 0 else -2 * step - 1)
    return told


def read_runs(encoded: bytes) -> tuple[ReportedVip, ...]:
    """The VIPs. Raises DecodeError: "truncated" and "malformed …"."""
    cursor = Cursor(encoded)
    vips: list[ReportedVip] = []
    before: dict[int, int] = {}
    while not cursor.exhausted:
        bits, count, seconds = cursor.byte(), cursor.varint(), cursor.varint() / 1000
        length = 16 if bits & _IPV6 else 4
        held = _TRISTATES[bits & 3] if bits & 3 < len(_TRISTATES) else None
        for _ in range(count):
            before[length] = number = _next(cursor, before.get(length), length)
            address = address_text(number.to_bytes(length, "big"))
            vips.append(ReportedVip(address=address, held=held, for_seconds=seconds))
    return tuple(vips)


def _next(cursor: Cursor, before: int | None, length: int) -> int:
    step = cursor.varint()
    if step == 0:
        return cursor.number(length)
    number = -1 if before is None else before + (step // 2 if step % 2 == 0 else -(step + 1) // 2)
    if not 0 <= number < 1 << 8 * length:
        raise DecodeError("malformed address")
    return number
