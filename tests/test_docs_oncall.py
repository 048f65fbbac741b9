"""What docs/oncall.md says of forms and defaults is what the code does."""

from __future__ import annotations

from pathlib import Path

from hawatch.notification.policy import table as policy_table
from hawatch.reply.grammar import table as grammar_table

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "oncall.md").read_text(encoding="utf-8")


def test_the_page_has_every_form_of_an_answer() -> None:
    assert grammar_table().strip() in PAGE


def test_the_page_has_the_table_of_what_tells_whom_after_how_long() -> None:
    assert policy_table().strip() in PAGE
