"""The lines that the demo prints."""

from __future__ import annotations

import textwrap

from deploy.lab.errors import LabError

INDENT = " " * 41
WIDTH = 120


def say(text: str = "") -> None:
    """One line to the person who watches."""
    print(text, flush=True)


def row(who: str, what: str, then: str) -> None:
    """One line of an act's table."""
    say(f"     {who:<10} {what:<24} {then}")


def expect(seen: object, wanted: object, what: str) -> None:
    """The demo is honest: what is not so ends it with exit code 1."""
    if seen != wanted:
        raise LabError(f"{what}: {seen!r} instead of {wanted!r}")


def wrapped(text: str) -> str:
    """A long text, to stand in the last column of an act's table."""
    return f"\n{INDENT}".join(textwrap.wrap(text, WIDTH - len(INDENT)))
