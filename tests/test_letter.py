"""Letters as datagrams: what one agent writes another reads, whatever comes of the parts on their way."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import random
import tracemalloc
import zlib
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hawatch.errors import DecodeError, HawatchError
from hawatch.wire import letter_assembly
from hawatch.wire.letter import MOST_BODY_BYTES, Acknowledgement, Letter, LetterPart, cut, joined
from hawatch.wire.letter_assembly import LetterAssembly
from hawatch.wire.letter_datagram import Cover, Kind, Mail, cut_for, decode, encode, is_mail
from hawatch.wire.report import NodeReport
from hawatch.wire.report_datagram import Envelope
from hawatch.wire.report_datagram import decode as decode_report
from hawatch.wire.report_datagram import encode as encode_report
from hawatch.wire.sealed import MAC_BYTES, MOST_BYTES
from hawatch.wire.sections import section, text, varint

KEY = b"the key of this pair"
COVER = Cover(boot_id="0123456789abcdef", sequence=7, node="lb01", to="fedcba9876543210")
HEADER_BYTES = 21

ids = st.text(min_size=1, max_size=50)
versions = st.text(min_size=1, max_size=16)
sequences = st.integers(0, 2**63 - 1)
boot_ids = st.binary(min_size=8, max_size=8).map(bytes.hex)
bodies = st.binary(max_size=300) | st.integers(0, MOST_BODY_BYTES).map(lambda size: b"a" * size)
letters = st.builds(Letter, id=ids, version=versions, body=bodies)
acknowledgements = st.builds(Acknowledgement, id=ids, version=versions, sequence=sequences)
covers = st.builds(
    Cover,
    boot_id=boot_ids,
    sequence=st.integers(0, 2**32),
    node=st.text(min_size=1, max_size=60),
    to=boot_ids,
)


def noise(size: int) -> bytes:
    """A body that no compression makes smaller."""
    return random.Random(size).randbytes(size)


def letter(about: str, body: bytes) -> Letter:
    return Letter(id=about, version=hashlib.sha256(body).hexdigest()[:16], body=body)


def signed(body: bytes) -> bytes:
    return body + hmac.new(KEY, body, hashlib.sha256).digest()[:MAC_BYTES]


def with_sections(*sections: bytes) -> bytes:
    """A datagram with the right key and any sections behind a good cover."""
    begin = encode(Mail(cover=COVER), KEY)[0][:-MAC_BYTES]
    return signed(begin + b"".join(sections))


@given(covers, st.lists(letters, max_size=6), st.lists(acknowledgements, max_size=30))
def test_what_is_written_is_read_as_it_was(
    cover: Cover, some: list[Letter], news: list[Acknowledgement]
) -> None:
    parts = tuple(part for each in some for part in cut_for(cover.node, each))
    datagrams = encode(Mail(cover=cover, parts=parts, acknowledgements=tuple(news)), KEY)
    read = [decode(datagram, KEY) for datagram in datagrams]
    assert [mail.cover for mail in read] == [
        replace(cover, sequence=cover.sequence + number) for number in range(len(read))
    ]
    assert tuple(part for mail in read for part in mail.parts) == parts
    assert [each for mail in read for each in mail.acknowledgements] == news
    assert max(map(len, datagrams)) <= MOST_BYTES


@pytest.mark.parametrize("node", ["a", "n" * 255])
@pytest.mark.parametrize("about", ["i", "i" * 200])
def test_the_longest_letter_under_the_longest_names_passes_any_path_unfragmented(
    node: str, about: str
) -> None:
    longest = Letter(id=about, version="v" * 64, body=noise(MOST_BODY_BYTES))
    cover = replace(COVER, node=node, sequence=2**62)
    datagrams = encode(Mail(cover=cover, parts=cut_for(node, longest)), KEY)
    assert max(map(len, datagrams)) <= MOST_BYTES
    assert joined([part for each in datagrams for part in decode(each, KEY).parts]) == longest


def test_several_small_letters_and_acknowledgements_share_a_datagram() -> None:
    parts = tuple(
        part for number in range(8) for part in cut_for("lb01", letter(f"code/{number}", b"{}" * 20))
    )
    news = tuple(Acknowledgement(id=f"incident/{n}", version="0" * 16, sequence=n) for n in range(8))
    assert len(encode(Mail(cover=COVER, parts=parts, acknowledgements=news), KEY)) == 1


def test_a_body_is_compressed_only_when_that_makes_it_shorter() -> None:
    (wordy,) = cut(letter("a", b'{"state": "open"}' * 50), 1000)
    (noisy,) = cut(letter("b", noise(300)), 1000)
    assert (wordy.compressed, noisy.compressed) == (True, False)
    assert len(wordy.data) < 100


@given(st.binary(max_size=200))
@example(b"hL")
def test_any_bytes_are_refused_with_a_reason(junk: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(junk, KEY)


@given(st.lists(st.tuples(st.integers(0, 6), st.binary(max_size=60)), max_size=6))
def test_any_sections_with_the_right_key_are_read_or_refused(some: list[tuple[int, bytes]]) -> None:
    assembly = LetterAssembly()
    with contextlib.suppress(DecodeError):
        for part in decode(with_sections(*(section(kind, value) for kind, value in some)), KEY).parts:
            assembly.add(part, 1)


@given(st.binary(max_size=200))
def test_any_body_with_the_right_key_is_read_or_refused(body: bytes) -> None:
    header = encode(Mail(cover=COVER), KEY)[0][:HEADER_BYTES]
    with contextlib.suppress(DecodeError):
        assert decode(signed(header + body), KEY).cover.boot_id == COVER.boot_id


@given(st.data())
def test_no_bit_can_be_changed_unnoticed(data: st.DataObject) -> None:
    (datagram,) = encode(Mail(cover=COVER, parts=cut_for("lb01", letter("a", b"{}"))), KEY)
    changed = bytearray(datagram)
    changed[data.draw(st.integers(0, len(datagram) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DecodeError):
        decode(bytes(changed), KEY)


def test_each_refusal_has_its_own_reason() -> None:
    (datagram,) = encode(Mail(cover=COVER), KEY)
    part = text("a") + text("v")
    cases = {
        "wrong key": encode(Mail(cover=COVER), b"another key")[0],
        "not a letter": b"xx" + datagram[2:],
        "truncated": datagram[:20],
        "newer major version": signed(datagram[:2] + b"\x02" + datagram[3:-MAC_BYTES]),
        "older major version": signed(datagram[:2] + b"\x00" + datagram[3:-MAC_BYTES]),
        "malformed cover": signed(datagram[:HEADER_BYTES]),
        "malformed letter": with_sections(section(Kind.PART, part + varint(2) + varint(2) + b"\0")),
        "malformed text": with_sections(section(Kind.ACKNOWLEDGEMENT, b"\x01\xff\x01v\0")),
    }
    reasons = {}
    for expected, case in cases.items():
        with pytest.raises(DecodeError) as caught:
            decode(case, KEY)
        reasons[expected] = caught.value.reason
    assert reasons == {reason: reason for reason in cases}


def test_a_section_of_a_newer_minor_version_is_skipped() -> None:
    news = Acknowledgement(id="a", version="v", sequence=5)
    begin = encode(Mail(cover=replace(COVER, minor=9), acknowledgements=(news,)), KEY)[0][:-MAC_BYTES]
    mail = decode(signed(begin + section(200, b"something that nobody knows today")), KEY)
    assert (mail.cover.minor, mail.acknowledgements) == (9, (news,))


def test_letters_and_reports_do_not_pass_for_each_other() -> None:
    report = encode_report(
        Envelope(boot_id=COVER.boot_id, sequence=1), NodeReport(node="lb01", routers=()), KEY
    )[0]
    (mail,) = encode(Mail(cover=COVER), KEY)
    assert (is_mail(mail), is_mail(report)) == (True, False)
    with pytest.raises(DecodeError, match="wrong key"):
        decode(b"hL" + report[2:], KEY)
    with pytest.raises(DecodeError, match="wrong key"):
        decode_report(b"hW" + mail[2:], KEY)


@pytest.mark.parametrize(
    ("about", "version", "size"),
    [("", "v", 0), ("i" * 201, "v", 0), ("a", "", 0), ("a", "v" * 65, 0), ("a", "v", MOST_BODY_BYTES + 1)],
)
def test_a_letter_that_nobody_could_send_cannot_be_written(about: str, version: str, size: int) -> None:
    with pytest.raises(HawatchError, match="letter"):
        Letter(id=about, version=version, body=bytes(size))


def test_a_name_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="node's name"):
        encode(Mail(cover=replace(COVER, node="n" * 256)), KEY)


# --- parts put together ----------------------------------------------------------------------------


@given(st.randoms(use_true_random=False), st.integers(0, 20_000))
def test_parts_in_any_order_and_doubled_make_the_letter_once_complete(
    chance: random.Random, size: int
) -> None:
    whole = letter("incident/lb01-7", noise(size))
    parts = list(cut_for("lb01", whole))
    chance.shuffle(parts)
    doubled = [part for part in parts[:-1] for _ in range(2)] + parts[-1:]
    assembly = LetterAssembly()
    assert [assembly.add(part, 1) for part in doubled[:-1]] == [None] * (len(doubled) - 1)
    assert assembly.add(doubled[-1], 2) == (whole, 2)


def test_parts_of_two_versions_do_not_mix_and_the_later_one_wins() -> None:
    former, latter = letter("a", noise(2500)), letter("a", noise(2600))
    old, new = cut_for("lb01", former), cut_for("lb01", latter)
    assembly = LetterAssembly()
    assert assembly.add(old[0], 1) is None
    assert assembly.add(new[0], 11) is None
    assert assembly.add(old[1], 2) is None
    assert assembly.add(old[2], 3) is None
    assert assembly.add(new[2], 13) is None
    assert assembly.add(new[1], 12) == (latter, 13)


def test_of_many_incomplete_letters_the_oldest_are_given_up() -> None:
    assembly = LetterAssembly()
    some = [letter(f"a/{number}", noise(2000)) for number in range(letter_assembly.MOST_INCOMPLETE + 1)]
    for each in some:
        assembly.add(cut_for("lb01", each)[0], 1)
    assert assembly.add(cut_for("lb01", some[1])[1], 2) == (some[1], 2)
    assert assembly.add(cut_for("lb01", some[0])[1], 2) is None


def test_incomplete_letters_do_not_take_more_memory_than_they_may() -> None:
    assembly = LetterAssembly()
    for number in range(letter_assembly.MOST_INCOMPLETE):
        for part in cut_for("lb01", letter(f"a/{number}", noise(MOST_BODY_BYTES)))[:-1]:
            assembly.add(part, 1)
    held = [each.size for each in assembly._letters.values()]
    assert sum(held) == assembly._size <= letter_assembly.MOST_INCOMPLETE_BYTES
    assert len(held) > 4


@pytest.mark.parametrize(
    "data",
    [
        zlib.compress(bytes(MOST_BODY_BYTES + 1)),
        zlib.compress(b"{}" * 100)[:-1],
        b"no compressed data",
    ],
)
def test_what_does_not_unpack_to_a_letter_is_refused(data: bytes) -> None:
    bad = LetterPart(id="a", version="v", number=0, parts=1, data=data, compressed=True)
    with pytest.raises(DecodeError, match="malformed letter"):
        LetterAssembly().add(bad, 1)


def test_a_small_part_that_unpacks_to_very_much_takes_no_memory() -> None:
    data = zlib.compress(bytes(30_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError, match="malformed letter"):
            joined([LetterPart(id="a", version="v", number=0, parts=1, data=data, compressed=True)])
        assert tracemalloc.get_traced_memory()[1] < 10 * MOST_BODY_BYTES
    finally:
        tracemalloc.stop()


def test_a_letter_longer_than_any_is_refused() -> None:
    parts = [
        LetterPart(id="a", version="v", number=number, parts=40, data=bytes(1000)) for number in range(40)
    ]
    with pytest.raises(DecodeError, match="malformed letter"):
        joined(parts)
