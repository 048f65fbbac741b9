"""Frames on a serial line: found behind any noise, and never made of it."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from hawatch.wire.serial_frame import MOST_PIECE_BYTES, Assembly, FrameReader, Piece, cut, frame

pieces = st.builds(
    Piece,
    lane=st.sampled_from((0, 1)),
    message=st.integers(0, 255),
    number=st.integers(0, 255),
    last=st.booleans(),
    data=st.one_of(st.binary(max_size=80), st.binary(min_size=240, max_size=MOST_PIECE_BYTES)),
)
noise = st.binary(max_size=300)


def read(*chunks: bytes) -> list[Piece]:
    reader = FrameReader()
    return [piece for chunk in chunks for piece in reader.feed(chunk)]


@given(pieces)
def test_a_frame_holds_its_piece_and_no_zero_but_its_edges(piece: Piece) -> None:
    encoded = frame(piece)
    assert (encoded[0], encoded[-1], encoded.count(0)) == (0, 0, 2)
    assert read(encoded) == [piece]


@given(st.lists(noise))
def test_any_bytes_never_raise_and_are_never_a_frame(chunks: list[bytes]) -> None:
    assert read(*chunks) == []


@given(st.lists(st.tuples(noise, pieces), max_size=6), st.integers(1, 50))
def test_frames_survive_any_noise_between_them(story: list[tuple[bytes, Piece]], step: int) -> None:
    line = b"".join(junk + frame(piece) for junk, piece in story)
    chunks = [line[at : at + step] for at in range(0, len(line), step)]
    assert read(*chunks) == [piece for _, piece in story]


@given(pieces, st.data())
def test_a_corrupted_frame_is_not_accepted_and_the_next_one_is(piece: Piece, data: st.DataObject) -> None:
    encoded = bytearray(frame(piece))
    at = data.draw(st.integers(1, len(encoded) - 2))
    encoded[at] ^= data.draw(st.integers(1, 255))
    following = Piece(lane=0, message=1, number=0, last=True, data=b"whole")
    reader = FrameReader()
    assert reader.feed(bytes(encoded) + frame(following)) == [following]
    assert reader.damaged >= 1


@given(pieces, st.data())
def test_a_frame_that_lost_bytes_in_its_middle_is_not_accepted(piece: Piece, data: st.DataObject) -> None:
    encoded = frame(piece)
    start = data.draw(st.integers(1, len(encoded) - 2))
    end = data.draw(st.integers(start + 1, len(encoded) - 1))
    assert read(encoded[:start] + encoded[end:]) == []


def test_a_flood_without_edges_is_not_kept() -> None:
    reader = FrameReader()
    for _ in range(100):
        assert reader.feed(b"\x55" * 10_000) == []
    assert len(reader._begun) <= 2 * MOST_PIECE_BYTES
    piece = Piece(lane=1, message=7, number=3, last=False, data=b"after the flood")
    assert reader.feed(frame(piece)) == [piece]
    assert reader.damaged == 1


def assembled(given_pieces: Sequence[Piece]) -> list[bytes]:
    assembly = Assembly()
    found = [assembly.add(piece) for piece in given_pieces]
    return [message for message in found if message is not None]


@given(st.binary(max_size=3000), st.integers(20, 300))
def test_a_datagram_comes_whole_out_of_its_pieces(datagram: bytes, room: int) -> None:
    assert assembled(cut(datagram, lane=1, message=300, room=room)) == [datagram]


@given(st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=5), st.data())
def test_of_a_message_that_lost_a_piece_nothing_is_made_and_the_others_come(
    datagrams: list[bytes], data: st.DataObject
) -> None:
    messages = [cut(each, lane=1, message=number, room=50) for number, each in enumerate(datagrams)]
    hurt = data.draw(st.integers(0, len(messages) - 1))
    lost = data.draw(st.integers(0, len(messages[hurt]) - 1))
    line = [
        piece
        for number, message in enumerate(messages)
        for piece in message
        if (number, piece.number) != (hurt, lost)
    ]
    assert assembled(line) == datagrams[:hurt] + datagrams[hurt + 1 :]


def test_an_urgent_message_goes_between_the_pieces_of_another() -> None:
    slow = cut(b"a long letter, in pieces", lane=1, message=0, room=5)
    quick = cut(b"now!", lane=0, message=0, room=5)
    assert assembled([*slow[:2], *quick, *slow[2:]]) == [b"now!", b"a long letter, in pieces"]
