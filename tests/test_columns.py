"""Text in the columns of a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.cli.columns import pad, width, wrap


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("VI_1", 4), ("脑裂", 4), ("e\u0301", 1), ("Ａ", 2)])
def test_a_wide_character_takes_two_columns_and_an_accent_none(text: str, columns: int) -> None:
    assert width(text) == columns
    assert width(pad(text, 10)) == 10


def test_words_stay_whole_and_chinese_breaks_anywhere() -> None:
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("脑裂VI_1同时持有", 8) == ["脑裂VI_1", "同时持有"]
    assert wrap("a\nb", 5) == ["a", "b"]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]


@given(st.text(alphabet="ab 脑裂，。\n", max_size=60), st.integers(4, 30))
def test_no_line_is_too_wide_and_nothing_but_space_is_lost(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
