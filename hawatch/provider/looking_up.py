"""What a provider says, looked up by path: `messages.0.status` in its JSON, one of its form's fields, its rows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from hawatch.config.provider import Match
from hawatch.config.provider_template import Template
from hawatch.provider.exchange import Answer

MOST_ROWS = 1000
_MOST_FIELDS = 200


def json_of(body: bytes) -> Any:
    """The JSON in a body; None where there is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def form_of(body: bytes | str) -> dict[str, str]:
    """The fields of a form or a query, the first of each name. ValueError for too many."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    found: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS):
        found.setdefault(name, value)
    return found


def at(value: Any, path: str) -> Any:
    """What stands at a path, where numbers count a list; None where there is nothing."""
    if isinstance(value, Mapping) and path in value:
        return value[path]
    for step in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def text_at(value: Any, path: str) -> str:
    """The same as text: a number's digits, `true` or `false`; empty where there is nothing."""
    match found := at(value, path):
        case str():
            return found
        case bool():
            return "true" if found else "false"
        case int() | float():
            return str(found)
        case _:
            return ""


def rows_of(value: Any, path: str) -> list[Any]:
    """The rows at a path; a single one counts as a list of it, nothing as none."""
    found = at(value, path)
    if found is None:
        return []
    return found[:MOST_ROWS] if isinstance(found, list) else [found]


def filled(template: Template | None, row: Any) -> str:
    """A text made of a row's fields; empty where one that it needs is not there."""
    if template is None:
        return ""
    values = {name: text_at(row, name) for name in template.names()}
    return template.fill(values).strip() if all(values.values()) else ""


def fits(match: Match, answer: Answer) -> bool:
    """Whether an answer looks like that."""
    if match.status is not None and answer.status not in match.status:
        return False
    if match.body is not None and not re.fullmatch(match.body, answer.text.strip(), re.DOTALL):
        return False
    said = json_of(answer.body) if match.fields else None
    return all(re.fullmatch(form, text_at(said, path)) for path, form in match.fields)
