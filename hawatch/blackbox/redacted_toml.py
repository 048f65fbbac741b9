"""A configuration for somebody else's eyes: what it says, written anew without comments, keys and secrets."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

LEFT_OUT = "(left out)"
_SECRET_NAME = re.compile(r"pass|secret|token|auth|credential|private|(^|_)key$|(^|_)pin$", re.IGNORECASE)
_USER_IN_URL = re.compile(r"(?<=://)[^/@\s]*@")
_QUERY_IN_URL = re.compile(r"(?<=\?)\S*")
# As long as a key, and neither a path nor a sentence.
_LOOKS_SECRET = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def redacted(text: str) -> str:
    """The same settings as TOML, each secret as `(left out)`. tomllib.TOMLDecodeError for what is no TOML."""
    return "\n".join(_table(_without_secrets("", tomllib.loads(text)), ())) + "\n"


def _without_secrets(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_secrets(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_secrets(name, each) for each in value]
    if _SECRET_NAME.search(name):
        return LEFT_OUT
    return _without_secret_parts(name, value) if isinstance(value, str) else value


def _without_secret_parts(name: str, text: str) -> str:
    """A path, an address or a name as it is; of a command its program; of a URL no user and no query."""
    if name in {"plugin", "command"}:
        program, blank, _ = text.strip().partition(" ")
        return f"{program} {LEFT_OUT}" if blank else program
    if "://" in text:
        return _QUERY_IN_URL.sub(LEFT_OUT, _USER_IN_URL.sub(f"{LEFT_OUT}@", text))
    return LEFT_OUT if not text.startswith("/") and _LOOKS_SECRET.fullmatch(text) else text


def _table(table: dict[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """The plain values first: behind a heading everything belongs to it."""
    deeper: list[tuple[str, Any]] = []
    for name, value in table.items():
        if isinstance(value, dict) or _is_array_of_tables(value):
            deeper.append((name, value))
        else:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in deeper:
        here = (*path, name)
        heading = ".".join(map(_key, here))
        for each in value if isinstance(value, list) else [value]:
            yield f"\n[[{heading}]]" if isinstance(value, list) else f"\n[{heading}]"
            yield from _table(each, here)


def _is_array_of_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime() | date() | time():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            return f"{{ {', '.join(f'{_key(name)} = {_value(each)}' for name, each in value.items())} }}"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case int() if value.bit_length() > 64:
            return hex(value)  # it was hexadecimal, and Python writes no decimal of thousands of digits
    return str(value)
