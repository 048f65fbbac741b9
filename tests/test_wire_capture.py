from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.l2 import Ether
from scapy.utils import PcapNgWriter, RawPcapReader, wrpcap

from hawatch.errors import DecodeError
from hawatch.wire.capture import CapturedFrame, PcapWriter, read_capture
from tests.decoding import outcome

SECOND = 1_000_000_000
AT = 1_700_000_000 * SECOND + 123_456_789


def read(data: bytes) -> list[CapturedFrame]:
    return list(read_capture(io.BytesIO(data), "x.pcap"))


def read_until_it_breaks(data: bytes) -> tuple[list[CapturedFrame], str]:
    """What was given, and then the error's text."""
    frames = []
    try:
        for frame in read_capture(io.BytesIO(data), "x.pcap"):
            frames.append(frame)
    except DecodeError as error:
        return frames, str(error)
    return frames, ""


# --- pcap ---------------------------------------------------------------------------------------


def pcap(
    *frames: bytes, order: str = "<", magic: int = 0xA1B2C3D4, link_type: int = 1, original: int | None = None
) -> bytes:
    """A file of frames one second apart, from AT; the format's own description, byte by byte."""
    unit = 1 if magic == 0xA1B23C4D else 1000
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    for number, frame in enumerate(frames):
        size = len(frame) if original is None else original
        stamp = (AT // SECOND + number, AT % SECOND // unit)
        data += struct.pack(order + "IIII", *stamp, len(frame), size) + frame
    return data


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "exact"), [(0xA1B2C3D4, AT // 1000 * 1000), (0xA1B23C4D, AT)])
def test_pcap_is_read_in_both_byte_orders_and_resolutions(order: str, magic: int, exact: int) -> None:
    assert read(pcap(b"one", b"two!", order=order, magic=magic)) == [
        CapturedFrame(number=1, time_ns=exact, link_type=1, data=b"one"),
        CapturedFrame(number=2, time_ns=exact + SECOND, link_type=1, data=b"two!"),
    ]


def test_time_is_in_seconds_too() -> None:
    (frame,) = read(pcap(b"one"))
    assert frame.time == 1_700_000_000.123456


def test_the_bits_above_the_link_type_are_not_part_of_it() -> None:
    (frame,) = read(pcap(b"one", link_type=0xF4000000 | 276))
    assert frame.link_type == 276


def test_a_frame_of_which_the_capture_kept_the_beginning_says_so() -> None:
    assert [frame.truncated for frame in read(pcap(b"one", original=3))] == [False]
    assert [frame.truncated for frame in read(pcap(b"one", original=60))] == [True]


def test_a_capture_without_frames_is_none() -> None:
    assert read(pcap()) == []


@given(st.integers(4, 24 + 2 * 16 + 10))
def test_a_pcap_cut_anywhere_gives_its_whole_frames_and_then_says_where(length: int) -> None:
    whole = pcap(b"first", b"other")
    assert len(whole) == 24 + 2 * 16 + 10
    frames, error = read_until_it_breaks(whole[:length])
    complete = max(0, (length - 24) // 21)
    assert [frame.data for frame in frames] == [b"first", b"other"][:complete]
    if length in {24, 24 + 21, 24 + 42}:
        assert error == ""
    else:
        assert error == f"x.pcap: cut short at byte {length}, in frame {complete + 1}"


def test_a_frame_beyond_all_sizes_is_a_damaged_file_and_costs_no_memory() -> None:
    damaged = pcap(b"one") + struct.pack("<IIII", 0, 0, 0xFFFFFFF0, 0xFFFFFFF0)
    frames, error = read_until_it_breaks(damaged)
    assert len(frames) == 1
    assert error == "x.pcap: a frame of 4294967280 bytes at byte 59, after frame 1"


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "x.pcap: empty, not a capture"),
        (b"\xd4\xc3", "x.pcap: neither pcap nor pcapng"),
        (b"hello world", "x.pcap: neither pcap nor pcapng"),
        (b"\x1f\x8b\x08\x00....", "x.pcap: neither pcap nor pcapng (compressed: unpack it first)"),
    ],
)
def test_what_is_no_capture_is_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(data)
    assert str(caught.value) == complaint


def test_a_pipe_that_gives_little_at_a_time_is_read_to_its_end() -> None:
    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 3))

    assert [frame.data for frame in read_capture(Dripping(pcap(b"first", b"other")), "pipe")] == [
        b"first",
        b"other",
    ]


@given(st.lists(st.tuples(st.integers(0, 2**32 * SECOND - 1), st.binary(max_size=40))))
def test_what_is_written_is_read_to_the_nanosecond(frames: list[tuple[int, bytes]]) -> None:
    stream = io.BytesIO()
    writer = PcapWriter(stream, link_type=101)
    for at, data in frames:
        writer.write(at, data)
    assert read(stream.getvalue()) == [
        CapturedFrame(number=number, time_ns=at, link_type=101, data=data)
        for number, (at, data) in enumerate(frames, start=1)
    ]


def test_scapy_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    with path.open("wb") as stream:
        PcapWriter(stream).write(AT, b"0123456789abcdef")
    with RawPcapReader(str(path)) as reader:
        ((data, meta),) = list(reader)
        assert reader.nano
    assert (data, meta.sec * SECOND + meta.usec, meta.wirelen) == (b"0123456789abcdef", AT, 16)


@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("endianness", ["<", ">"])
def test_what_scapy_writes_is_read(tmp_path: Path, nano: bool, endianness: str) -> None:
    path = tmp_path / "x.pcap"
    packet = Ether(b"0123456789abcdef")
    packet.time = 1_700_000_000.5
    wrpcap(str(path), [packet, packet], nano=nano, endianness=endianness)
    assert [(frame.time, frame.data) for frame in read(path.read_bytes())] == [
        (1_700_000_000.5, b"0123456789abcdef")
    ] * 2


# --- pcapng -------------------------------------------------------------------------------------


class Section:
    """Writes one section's blocks in its byte order."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.data = self.block(0x0A0D0D0A, self.pack("IHHq", 0x1A2B3C4D, 1, 0, -1))

    def pack(self, layout: str, *values: int) -> bytes:
        return struct.pack(self.order + layout, *values)

    def block(self, kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        total = 12 + len(body)
        return self.pack("II", kind, total) + body + self.pack("I", total)

    def option(self, code: int, value: bytes) -> bytes:
        return self.pack("HH", code, len(value)) + value + bytes(-len(value) % 4)

    def interface(self, link_type: int = 1, snaplen: int = 0, options: bytes = b"") -> Section:
        end = self.option(0, b"") if options else b""
        self.data += self.block(1, self.pack("HHI", link_type, 0, snaplen) + options + end)
        return self

    def enhanced(self, data: bytes, units: int, interface: int = 0, original: int | None = None) -> Section:
        size = len(data) if original is None else original
        head = self.pack("IIIII", interface, units >> 32, units & 0xFFFFFFFF, len(data), size)
        comment = self.option(1, b"a comment") + self.option(0, b"")
        self.data += self.block(6, head + data + bytes(-len(data) % 4) + comment)
        return self

    def old(self, data: bytes, units: int, interface: int = 0) -> Section:
        stamp = (units >> 32, units & 0xFFFFFFFF)
        self.data += self.block(2, self.pack("HHIIII", interface, 9, *stamp, len(data), len(data)) + data)
        return self

    def simple(self, data: bytes, original: int | None = None) -> Section:
        self.data += self.block(3, self.pack("I", len(data) if original is None else original) + data)
        return self

    def other(self, kind: int) -> Section:
        self.data += self.block(kind, b"whatever")
        return self


orders = pytest.mark.parametrize("order", ["<", ">"])


@orders
def test_pcapng_packets_of_all_three_kinds_are_read(order: str) -> None:
    section = Section(order).interface(snaplen=4).other(4)
    section.enhanced(b"first", AT // 1000, original=60).other(0x0BAD).old(b"second", AT // 1000)
    section.simple(b"thir", original=5)
    assert read(section.data) == [
        CapturedFrame(number=1, time_ns=AT // 1000 * 1000, link_type=1, data=b"first", truncated=True),
        CapturedFrame(number=2, time_ns=AT // 1000 * 1000, link_type=1, data=b"second"),
        CapturedFrame(number=3, time_ns=None, link_type=1, data=b"thir", truncated=True),
    ]
    assert read(section.data)[2].time is None


@orders
@pytest.mark.parametrize(
    ("resolution", "units", "time_ns"),
    [
        (6, AT // 1000, AT // 1000 * 1000),
        (9, AT, AT),
        (3, AT // 1_000_000, AT // 1_000_000 * 1_000_000),
        (0, 1_700_000_000, 1_700_000_000 * SECOND),
        (0x80 | 10, 1_700_000_000 * 1024 + 256, 1_700_000_000 * SECOND + SECOND // 4),
    ],
)
def test_each_interface_has_its_own_resolution(order: str, resolution: int, units: int, time_ns: int) -> None:
    section = Section(order).interface(options=Section(order).option(2, b"lo"))
    section.interface(link_type=101, options=section.option(9, bytes((resolution,))))
    frames = read(section.enhanced(b"a", AT // 1000).enhanced(b"b", units, interface=1).data)
    assert [(frame.link_type, frame.time_ns) for frame in frames] == [(1, AT // 1000 * 1000), (101, time_ns)]


@orders
def test_an_interfaces_time_offset_is_added(order: str) -> None:
    section = Section(order)
    section.interface(options=section.option(14, section.pack("q", 1_700_000_000)))
    (frame,) = read(section.enhanced(b"a", 5).data)
    assert frame.time_ns == 1_700_000_000 * SECOND + 5000


def test_sections_of_different_byte_order_follow_each_other_with_their_own_interfaces() -> None:
    one = Section("<").interface(link_type=1).enhanced(b"one", 1)
    two = Section(">").interface(link_type=113).enhanced(b"two", 2)
    assert [(frame.number, frame.link_type, frame.data) for frame in read(one.data + two.data)] == [
        (1, 1, b"one"),
        (2, 113, b"two"),
    ]


def test_a_pcapng_cut_anywhere_gives_its_whole_frames_and_then_says_where() -> None:
    head = Section("<").interface().data
    first, second = (
        Section("<").interface().enhanced(data, 1).data[len(head) :] for data in (b"first", b"other")
    )
    whole = head + first + second
    boundaries = {28, len(head), len(head + first), len(whole)}
    for length in range(4, len(whole) + 1):
        frames, error = read_until_it_breaks(whole[:length])
        complete = (length >= len(head + first)) + (length == len(whole))
        assert [frame.data for frame in frames] == [b"first", b"other"][:complete]
        if length in boundaries:
            assert error == ""
        else:
            assert error == f"x.pcap: cut short at byte {length}, in frame {complete + 1}"


def damaged(change: Callable[[Section], object]) -> bytes:
    section = Section("<").interface().enhanced(b"good", 1)
    change(section)
    return section.data


def add(data: bytes) -> Callable[[Section], None]:
    def change(section: Section) -> None:
        section.data += data

    return change


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (
            damaged(lambda section: section.enhanced(b"x", 1, interface=7)),
            "interface 7, which is not described",
        ),
        (damaged(add(struct.pack("<II", 6, 11))), "a block of 11 bytes"),
        (damaged(add(struct.pack("<II", 6, 14))), "a block of 14 bytes"),
        (damaged(add(struct.pack("<II", 6, 0xFFFFFFFC))), "a block of 4294967292 bytes"),
        (damaged(add(struct.pack("<III", 6, 12, 16))), "two different lengths"),
        (damaged(add(struct.pack("<III", 6, 12, 12))), "a packet block cut short"),
        (damaged(add(struct.pack("<III", 3, 12, 12))), "a packet block cut short"),
        (damaged(add(struct.pack("<III", 1, 12, 12))), "an interface description cut short"),
        (
            damaged(add(struct.pack("<IIIIIIII", 6, 32, 0, 0, 0, 8, 8, 32))),
            "a frame of 8 bytes in a block with room for 0",
        ),
        (damaged(add(struct.pack("<IIII", 0x0A0D0D0A, 28, 7, 0))), "a section without a byte order"),
        (
            damaged(add(struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 9, 0, -1, 28))),
            "pcapng version 9, which is not known",
        ),
    ],
)
def test_a_damaged_pcapng_names_the_place_after_its_whole_frames(data: bytes, complaint: str) -> None:
    frames, error = read_until_it_breaks(data)
    assert [frame.data for frame in frames] == [b"good"]
    assert error.startswith("x.pcap: ")
    assert complaint in error
    assert error.endswith("after frame 1")


def test_what_scapy_writes_as_pcapng_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    packet = Ether(b"0123456789abcdef")
    packet.time = 1_700_000_000.5
    writer = PcapNgWriter(str(path))
    writer.write([packet, packet])
    writer.close()
    assert [(frame.time, frame.data) for frame in read(path.read_bytes())] == [
        (1_700_000_000.5, b"0123456789abcdef")
    ] * 2


@given(
    st.sampled_from(
        [b"", pcap(), pcap(order=">"), Section("<").interface().data, Section(">").interface().data]
    ),
    st.binary(max_size=120),
)
def test_any_bytes_are_frames_or_are_refused(head: bytes, data: bytes) -> None:
    assert outcome(read, head + data) is not None


@given(st.data())
def test_any_damage_is_read_or_refused(data: st.DataObject) -> None:
    section = Section("<").interface(options=Section("<").option(9, b"\x09")).enhanced(b"first", 1)
    whole = bytearray(section.old(b"other", 2).simple(b"third").data)
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert outcome(read, bytes(whole)) is not None
