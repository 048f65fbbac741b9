"""The filter `hawatch_toml`: a dictionary of YAML as the text of a TOML file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime

BARE = re.compile(r"[A-Za-z0-9_-]+")
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def toml(document: Mapping[str, object]) -> str:
    """The text; lists of dictionaries become `[[tables]]`. TypeError names what TOML has no word for, such as null."""
    return "\n".join(_table(document, ())).lstrip("\n") + "\n"


def _table(table: Mapping[str, object], path: tuple[str, ...]) -> Iterator[str]:
    """A table's own keys first: what follows a header belongs to it."""
    later = []
    for key, value in table.items():
        inner = (*path, str(key))
        if isinstance(value, Mapping):
            later.append((f"\n[{_name(inner)}]", value, inner))
        elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
            later += [(f"\n[[{_name(inner)}]]", each, inner) for each in value]
        else:
            yield f"{_key(str(key))} = {_value(value, inner)}"
    for header, value, inner in later:
        yield header
        yield from _table(value, inner)


def _value(value: object, path: tuple[str, ...]) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(value))
        case float():
            return repr(float(value)) if math.isfinite(value) else str(float(value))
        case str():
            return _text(str(value))
        case datetime() | date():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(_value(each, path) for each in value)}]"
        case Mapping():
            pairs = (f"{_key(str(key))} = {_value(each, (*path, str(key)))}" for key, each in value.items())
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
    raise TypeError(f"{_name(path)}: TOML has no word for {type(value).__name__}")


def _text(text: str) -> str:
    shown = (ESCAPES.get(c) or (c if ord(c) >= 0x20 and ord(c) != 0x7F else f"\\u{ord(c):04x}") for c in text)
    return f'"{"".join(shown)}"'


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else _text(key)


def _name(path: tuple[str, ...]) -> str:
    return ".".join(map(_key, path))


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """The filters by their names."""
        return {"hawatch_toml": toml}
