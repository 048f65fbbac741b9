"""Include lines of a keepalived.conf: which files are meant, and whether it matters if there are none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hawatch.errors import ConfigError
from hawatch.keepalived.files import Files
from hawatch.keepalived.notes import Notes

_INCLUDE = re.compile(r"include([rmwba]?)[ \t]+(.*)", re.DOTALL)
_VARIANTS = {"r": "r", "m": "rm", "w": "rmw", "b": "rb", "a": "rmwb"}
_OPTIONS = {"read": "r", "readable": "r", "match": "m", "wildcard_match": "w", "brace_match": "b"}
_WILDCARD = re.compile(r"[*?\[]")
MOST_ALTERNATIVES = 1000


@dataclass(frozen=True, slots=True)
class IncludeCheck:
    """What makes a missing file an error, as letters: readable, match, wildcard match, brace match."""

    letters: str = ""

    def with_variant(self, variant: str) -> IncludeCheck:
        """The check for one include line; `variant` is the letter behind the word, or empty."""
        return IncludeCheck(self.letters + _VARIANTS.get(variant, ""))

    def changed(self, options: tuple[str, ...], where: str) -> IncludeCheck:
        """What an include_check line makes of it; none named: all. ConfigError: an unknown option."""
        if not options:
            return IncludeCheck("rmwb")
        letters = set(self.letters)
        for option in options:
            letter = _OPTIONS.get(option.lstrip("+-"))
            if letter is None:
                raise ConfigError(where, f"include_check: unknown option {option!r}")
            if option[0] == "-":
                letters.discard(letter)
            elif option[0] == "+":
                letters.add(letter)
            else:
                letters = {"r", letter}
        return IncludeCheck("".join(sorted(letters)))


def read_include(text: str) -> tuple[str, str] | None:
    """The pattern and the variant letter of an include line; None for any other line."""
    found = _INCLUDE.fullmatch(text)
    return (found[2], found[1]) if found and found[2] else None


def matching_files(
    files: Files, pattern: str, check: IncludeCheck, where: str, notes: Notes
) -> Iterator[str]:
    """The files that an include line means, in keepalived's order; ConfigError if the check demands one more."""
    alternatives = _alternatives(pattern, where)
    any_match = False
    for alternative in alternatives:
        found = _matches(files, alternative)
        if not found and len(alternatives) > 1 and "b" in check.letters:
            raise ConfigError(where, f"no file {alternative}")
        any_match = any_match or bool(found)
        yield from found
    if not any_match:
        needed = "w" if _WILDCARD.search(pattern) else "m"
        if needed in check.letters:
            raise ConfigError(where, f"no file {pattern}")
        notes.add(where, f"no file {pattern}", "include_missing")


def _matches(files: Files, pattern: str) -> list[str]:
    try:
        return files.glob(pattern)
    except OSError as error:
        raise ConfigError(error.filename or pattern, error.strerror or str(error)) from None


def _alternatives(pattern: str, where: str) -> list[str]:
    """The pattern with its {a,b} groups written out, nested ones too."""
    done: list[str] = []
    todo = [pattern]
    while todo:
        text = todo.pop(0)
        group = _first_group(text)
        if group is None:
            done.append(text)
        else:
            start, end, parts = group
            todo[:0] = [text[:start] + part + text[end:] for part in parts]
        if len(todo) + len(done) > MOST_ALTERNATIVES:
            raise ConfigError(where, "too many alternatives in braces")
    return done


def _first_group(text: str) -> tuple[int, int, list[str]] | None:
    """Start, end and parts of the first {…} that is closed and holds a comma."""
    start = text.find("{")
    while start >= 0:
        depth, parts, begin = 0, [], start + 1
        for position in range(start, len(text)):
            sign = text[position]
            depth += (sign == "{") - (sign == "}")
            if (sign == "," and depth == 1) or depth == 0:
                parts.append(text[begin:position])
                begin = position + 1
            if depth == 0:
                break
        if depth == 0 and len(parts) > 1:
            return start, begin, parts
        start = text.find("{", start + 1)
    return None
