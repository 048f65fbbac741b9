"""A request to a provider, from text to a record: [channel.send] and every poll have one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hawatch.config import checks
from hawatch.config.loading_webhook import mac, text_with_places, with_places
from hawatch.config.provider import NOTHING, Auth, Call, Pairs, Scheme, Signing
from hawatch.config.provider_template import Template
from hawatch.config.table import BEYOND, Table

Known = Callable[[str], bool]
_WHOLE = frozenset({"variables.list", "variables.object"})
"""Places that stand alone in a string of a JSON body, and become a list or an object."""
_METHODS = ("GET", "POST", "PUT")
_SIGNED = frozenset({"body", "query", "url", "time"})


def call(table: Table, known: Known) -> Call:
    """The request that a table describes; `known` are the places that can be filled in. ConfigError."""
    auth = table.choice("auth", Auth.NONE)
    body = "json" if table.has("json") else None
    found = Call(
        url=_url(table, known),
        method=table.optional("method", _method) or "POST",
        headers=pairs(table, "headers", known),
        query=pairs(table, "query", known),
        form=pairs(table, "form", known),
        json=_json(table, known) if body else None,
        auth=auth,
        user=text_with_places(table, "user", known) if auth is Auth.BASIC else NOTHING,
        password=_password(table, auth, known),
        signing=_signing(table.table("sign"), known) if table.has("sign") else None,
    )
    if found.form and found.json is not None:
        raise table.error("form", "and json: a request has one body")
    return found


def _password(table: Table, auth: Auth, known: Known) -> Template:
    match auth:
        case Auth.BASIC:
            return text_with_places(table, "password", known)
        case Auth.BEARER:
            return text_with_places(table, "token", known)
        case Auth.NONE:
            return NOTHING


def _url(table: Table, known: Known) -> Template:
    found = text_with_places(table, "url", known)
    problem = checks.url(found.fill({}))
    beginning = found.text.partition("{")[0]
    if problem is None and beginning != found.text and beginning.count("/") < 3:
        problem = "has a place before its path; scheme and host are fixed"
    if problem:
        raise table.error("url", f"{found.text!r} {problem}")
    return found


def _signing(table: Table, known: Known) -> Signing:
    scheme = table.one_of("scheme", Scheme)
    named = scheme is not Scheme.HMAC
    found = Signing(
        scheme=scheme,
        key=text_with_places(table, "key", known),
        id=text_with_places(table, "id", known) if named else NOTHING,
        service=table.checked("service") if scheme is Scheme.TENCENT else "",
        mac=None if named else mac(table, _SIGNED),
    )
    table.end()
    return found


# --- texts with places ----------------------------------------------------------------------------


def pairs(table: Table, key: str, known: Known) -> Pairs:
    """A table of names and texts with places; a whole number counts as its digits."""
    values = table.table(key)
    return tuple(
        (name, with_places(values, name, _plain(values, name, value), known))
        for name, value in values.values.items()
    )


def _plain(table: Table, key: str, value: object) -> str:
    if type(value) is int and abs(value) < BEYOND:
        return str(value)
    if not isinstance(value, str) or any(ord(each) < 32 for each in value):
        raise table.error(key, "a string of one line is wanted")
    return value


def _json(table: Table, known: Known) -> str:
    """A body as JSON, each of its strings a Template."""
    body = table.values["json"]
    _walk(table, "json", body, lambda name: known(name) or name in _WHOLE)
    return json.dumps(body, ensure_ascii=False)


def _walk(table: Table, place: str, value: Any, known: Known) -> None:
    match value:
        case str():
            with_places(table, place, value, known)
        case dict():
            for key, each in value.items():
                _walk(table, f"{place}.{key}", each, known)
        case list():
            for n, each in enumerate(value):
                _walk(table, f"{place}[{n}]", each, known)
        case bool() | int() | float() if -BEYOND < value < BEYOND:
            pass
        case int() | float():
            raise table.error(place, "is too large, or no number, and has no form in JSON")
        case _:
            raise table.error(place, "a date has no form in JSON; write it as a string")


def _method(text: str) -> str | None:
    return None if text in _METHODS else f"is none of {', '.join(_METHODS)}"
