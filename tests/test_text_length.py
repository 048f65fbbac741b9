"""How long a text is for a phone, against the numbers of 3GPP TS 23.038 and 23.040."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.notification.text.length import (
    BASIC,
    EXTENSION,
    Alphabet,
    alphabet_of,
    fits,
    segments,
    split,
    units,
)

GSM = st.text(alphabet=sorted(BASIC | EXTENSION), max_size=700)
ANY = st.text(alphabet=st.characters(exclude_categories=["Cs"]) | st.sampled_from("€[a裂😀"), max_size=300)


def test_the_default_alphabet_has_every_code_but_the_escape_and_the_extension_table_ten() -> None:
    assert len(BASIC) == 127
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


@pytest.mark.parametrize(
    ("text", "alphabet", "length"),
    [
        ("", Alphabet.GSM7, 0),
        ("[hawatch lab1]", Alphabet.GSM7, 16),
        ("10 € {x} ^~\\|", Alphabet.GSM7, 20),
        ("ÄÖÜ èéùì Δ Ω @ £ _", Alphabet.GSM7, 18),
        ("it’s", Alphabet.UCS2, 4),
        ("ê", Alphabet.UCS2, 1),
        ("`", Alphabet.UCS2, 1),
        ("[HAW]lab1裂脑 VRID51:r2,r3均MASTER 03:12。回47确认,47 2降级r3,47 0详情", Alphabet.UCS2, 59),
        ("😀", Alphabet.UCS2, 2),
    ],
)
def test_one_letter_outside_both_tables_makes_the_whole_text_ucs2(
    text: str, alphabet: Alphabet, length: int
) -> None:
    assert alphabet_of(text) is alphabet
    assert units(text) == length


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("裂" * 70, 1),
        ("裂" * 71, 2),
        ("裂" * 134, 2),
        ("裂" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 66, 2),  # 33 whole ones to a part, and one unit of it stays empty
        ("😀" * 67, 3),
    ],
)
def test_a_text_is_sent_as_so_many_messages(text: str, count: int) -> None:
    assert segments(text) == count
    assert fits(text, count)
    assert not fits(text, count - 1)


def test_an_escape_and_its_character_stay_together_over_a_boundary() -> None:
    assert split("a" * 152 + "€" + "b" * 160) == ["a" * 152, "€" + "b" * 151, "b" * 9]


def test_a_surrogate_pair_stays_together_over_a_boundary() -> None:
    assert split("裂" * 66 + "😀" + "脑" * 10) == ["裂" * 66, "😀" + "脑" * 10]


@given(GSM | ANY)
def test_the_parts_are_the_text_each_full_and_none_too_long(text: str) -> None:
    alphabet, parts = alphabet_of(text), split(text)
    alone, of_several = alphabet.value
    lengths = [sum(map(alphabet.units_of, part)) for part in parts]
    assert "".join(parts) == text
    assert max(lengths) <= (alone if len(parts) == 1 else of_several)
    if len(parts) > 1:
        assert sum(lengths) > alone
        for length, following in zip(lengths, parts[1:], strict=False):
            assert length + alphabet.units_of(following[0]) > of_several


@given(ANY)
def test_ucs2_is_counted_as_utf_16_is_sent(text: str) -> None:
    if alphabet_of(text) is Alphabet.UCS2:
        assert units(text) == len(text.encode("utf-16-be")) // 2
        assert all(len(part.encode("utf-16-be")) <= 140 for part in split(text))
