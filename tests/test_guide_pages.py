"""The guide in two languages: the same commands in the same order, and the same numbers."""

from __future__ import annotations

import re

from tests.documents import CLONE, commands

ENGLISH, CHINESE = (CLONE / f"docs/guide-nginx-pair{language}.md" for language in ("", ".zh"))


def numbers() -> list[list[str]]:
    """The milliseconds and seconds in the table of the six events, page by page."""
    found = []
    for page in (ENGLISH, CHINESE):
        rows = re.findall(r"^\| \d\. .*$", page.read_text(), re.MULTILINE)
        found.append([number for row in rows for number in re.findall(r"\d+(?:\.\d+)?", row)])
    return found


def test_both_pages_show_the_same_commands() -> None:
    assert [each.text for each in commands(ENGLISH)] == [each.text for each in commands(CHINESE)]
    assert len(list(commands(ENGLISH))) > 20


def test_both_pages_have_the_same_six_events_with_the_same_numbers() -> None:
    one, other = numbers()
    assert [number for number in one if number not in {"01", "02"}] == [
        number for number in other if number not in {"01", "02"}
    ]
    assert len(one) > 20
