"""Blocks where keepalived expects none: what its parser makes of their braces (lib/parser.c: process_stream, 2.2.7).

It passes over the opening brace with a word in the log, reads the lines inside as lines of the block around, and takes
the closing brace for the end of that block. So whatever follows is read one level further out.
"""

from __future__ import annotations

from hawatch.errors import ConfigError
from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.keywords import ENTRIES, OPAQUE, ROOT, Level
from hawatch.keepalived.notes import Notes

_END = Statement(("}",), "")


def as_read(statements: list[Statement], notes: Notes) -> list[Statement]:
    """The statements at the levels where keepalived finds them. ConfigError: braces inside a list of entries."""
    settled, _ = _settle(statements, ROOT, "the file", notes)
    return settled


def _settle(
    statements: list[Statement], level: Level, within: str, notes: Notes
) -> tuple[list[Statement], list[Statement] | None]:
    """What is read at this level, and what falls out behind its early end (None: it ends where it should)."""
    settled: list[Statement] = []
    todo = statements[::-1]
    while todo:
        statement = todo.pop()
        if statement is _END:
            if level is not ROOT:
                return settled, todo[::-1]
            continue
        settled.append(statement)
        fallen = _inside(statement, level, within, notes)
        if fallen is not None:
            todo += [_END, *fallen[::-1]]
    return settled, None


def _inside(statement: Statement, level: Level, within: str, notes: Notes) -> list[Statement] | None:
    """Settle a statement's own block; what of it is read behind the statement, and its closing brace after that."""
    body, inner = statement.body, level.blocks.get(statement.keyword)
    if body is None or inner is OPAQUE:
        return None
    if level is ENTRIES or statement.keyword == "auth_pass":
        what = "auth_pass" if statement.keyword == "auth_pass" else "an entry"
        raise ConfigError(statement.where, f"{what} takes no block; text with a brace wants quotes")
    if inner is not None:
        statement.body, fallen = _settle(body, inner, " ".join(statement.words[:2]), notes)
        # One process reads the globals and passes over the rest by counting braces, another does the reverse.
        return None if statement.keyword == "global_defs" else fallen
    statement.body = None
    if level is not ROOT:
        text = f"{statement.keyword} takes no block here: its closing brace ends {within}"
        notes.add(statement.where, text, "stray_block")
    return body
