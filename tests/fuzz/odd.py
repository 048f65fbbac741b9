"""JSON and TOML in which one value after the other is of another kind, and any text with each number in another way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

ODD: tuple[str, ...] = (
    *("null", "true", "-1", "0", "1.5", "1e999", "-1e999", "NaN", '""', '"x"', '"\\ud800"', '"\\n"'),
    *("[]", "{}", "[[]]", '[{"x": null}]', '{"x": {}}', f"1{'0' * 400}", f'"{"9" * 5000}"'),
)
"""As JSON writes them, since Python's json reads more than it should."""
ODD_TOML: tuple[str, ...] = (
    *(
        "true",
        "-1",
        "0",
        "1.5",
        "inf",
        "nan",
        '""',
        '"x"',
        '"\\u0000"',
        "[]",
        "{}",
        "[[]]",
        "[{x = 1}]",
        "[true, 1]",
    ),
    *(
        "{x = {}}",
        "2026-11-27",
        "07:32:00",
        f"0x{'F' * 4000}",
        f'"{"9" * 5000}"',
        '"/"',
        '"a@b"',
        '"{x}"',
        '"+1"',
    ),
)
ODD_DIGITS: tuple[str, ...] = ("", "-1", "9" * 30, "9" * 5000, "٣", "²", "1e9", "0x1", "0" * 20 + "1", "1_0")
_DIGITS = re.compile(rb"[0-9]+")
_MARK = json.dumps("\x7fhere\x7f")
_ASSIGNED = re.compile(rb"(?m)^(\s*[\w.-]+ *= *)(.+)$")
_DEEPEST = 6


def variants(data: bytes) -> Iterator[bytes]:
    """The input with each of its values in turn replaced by each odd one; nothing where there are none.

    Several lines of JSON are each such an input, among the others; TOML is known by its equals signs.
    """
    lines = data.split(b"\n")
    whole = _json(data)
    if isinstance(whole, dict | list):
        yield from _replaced(whole)
        return
    for number, line in enumerate(lines):
        plain = _json(line)
        if isinstance(plain, dict | list):
            for each in _replaced(plain):
                yield b"\n".join([*lines[:number], each, *lines[number + 1 :]])
    for found in _ASSIGNED.finditer(data):
        for odd in ODD_TOML:
            yield data[: found.start(2)] + odd.encode() + data[found.end(2) :]


def numbers(data: bytes) -> Iterator[bytes]:
    """The input with each of its numbers in turn written in each odd way."""
    for found in _DIGITS.finditer(data):
        for odd in ODD_DIGITS:
            yield data[: found.start()] + odd.encode() + data[found.end() :]


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _replaced(plain: Any) -> Iterator[bytes]:
    for marked in _marked(plain, 0):
        text = json.dumps(marked)
        for odd in ODD:
            yield text.replace(_MARK, odd).encode()


def _marked(plain: Any, depth: int) -> Iterator[Any]:
    """Copies in which one value is the mark."""
    yield json.loads(_MARK)
    if depth == _DEEPEST:
        return
    if isinstance(plain, dict):
        for name, each in plain.items():
            for marked in _marked(each, depth + 1):
                yield {**plain, name: marked}
    elif isinstance(plain, list):
        for at, each in enumerate(plain[:5]):
            for marked in _marked(each, depth + 1):
                yield [*plain[:at], marked, *plain[at + 1 :]]
