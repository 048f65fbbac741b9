"""The rules for a single file, in the order in which they are documented; a rule's name is a promise to its users."""

from __future__ import annotations

from hawatch.keepalived.lint.file_rules import addresses, election, speaking, spelling, tracking
from hawatch.keepalived.lint.rule import Rule
from hawatch.keepalived.lint.subject import Written

FILE_RULES: tuple[Rule[Written], ...] = (
    *spelling.RULES,
    *election.RULES,
    *speaking.RULES,
    *addresses.RULES,
    *tracking.RULES,
)
"""Looked at in each file."""
