"""The VIPs of a router in a report: what is remembered of them is what their bytes say, of whatever bytes come."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.wire.address import address_text
from hawatch.wire.report import ReportedVip
from hawatch.wire.report_vips import MOST_REMEMBERED, read_vips, write_vips
from hawatch.wire.sections import Cursor, milliseconds, varint

HEADS = [b"\x00", b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x07", b"\xf9"]
TIMES = [b"\0", b"\x01", b"\x80\x00", b"\xb9\x60", b"\xff" * 8 + b"\x7f", b"\xff" * 9, b"\xff" * 10]
heads = st.builds(bytes.__add__, st.sampled_from(HEADS), st.sampled_from(TIMES[:4]) | st.sampled_from(TIMES))
addresses = st.sampled_from([bytes(4), b"\x0a\0\0\x01", bytes(16), b"\x0a\0\0\x01" * 4]) | st.binary(
    max_size=17
)
blocks = st.lists(st.builds(bytes.__add__, heads, addresses), max_size=6).map(b"".join)
behind = st.sampled_from([b"", b"\0", b"\x01\0\0\0\0\0", b"\x80"])
counts = st.integers(0, 8) | st.sampled_from([20, MOST_REMEMBERED, MOST_REMEMBERED + 1, 2**62])


def _plainly(value: Cursor) -> tuple[ReportedVip, ...]:
    """One VIP after the other, as the form of the datagram is told."""
    vips = []
    for _ in range(value.varint()):
        bits, seconds = value.byte(), value.varint() / 1000
        address = address_text(value.take(16 if bits & 4 else 4))
        held = {1: False, 2: True}.get(bits & 3)
        vips.append(ReportedVip(address=address, held=held, for_seconds=seconds))
    return tuple(vips)


def _outcome(read: object, data: bytes) -> object:
    assert callable(read)
    cursor = Cursor(data)
    try:
        return read(cursor), cursor.position
    except DecodeError as error:
        return error.reason


def _reads_as_plainly(data: bytes) -> None:
    plain = _outcome(_plainly, data)
    for _ in ("read", "remembered"):
        assert _outcome(read_vips, data) == plain


@given(counts, blocks, behind)
@example(2, b"\x01\0\x0a\0\0\x01" * 2, b"\x01")
@example(2, b"\x05\0" + bytes(16) + b"\x01\0\0\0\0\0", b"\x01" * 20)  # as long as two IPv6 ones, and more
@example(3, b"\x01\0\x0a\0\0\x01\x02\x80\x01\0\0\0\0\x02\x80\x01\0\0\0\x01", b"")
@example(1, b"", b"")
@example(1, b"\x01", b"")
def test_what_is_remembered_is_read_as_plainly(count: int, block: bytes, more: bytes) -> None:
    _reads_as_plainly(varint(count) + block + more)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_as_plainly_or_refused_for_the_same_reason(junk: bytes) -> None:
    _reads_as_plainly(junk)


@given(counts, blocks, st.data())
def test_what_is_cut_off_is_refused_though_the_whole_is_remembered(
    count: int, block: bytes, data: st.DataObject
) -> None:
    whole = varint(count) + block
    _reads_as_plainly(whole)
    _reads_as_plainly(whole[: data.draw(st.integers(0, len(whole)))])


def test_a_standbys_vips_are_the_same_objects_from_one_report_to_the_next() -> None:
    vips = tuple(ReportedVip(address=f"10.0.0.{number}", held=False) for number in range(1, 21))
    encoded = write_vips(vips)
    first, again = read_vips(Cursor(encoded)), read_vips(Cursor(encoded + b"more of the router"))
    assert first == vips
    assert again is first


@given(st.floats(-1e6, 1e12) | st.integers(0, 10**15).map(lambda number: number / 1000))
def test_milliseconds_are_rounded_down_once_what_fractions_lose_is_made_good(seconds: float) -> None:
    assert milliseconds(seconds) == varint(max(0, int(round(seconds * 1000, 3))))
