"""The provider part of a [[channel]], from text to records: [channel.send] and what else an HTTP provider has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hawatch.config import checks
from hawatch.config.loading_webhook import mac, pattern, text_with_places, webhook, with_places
from hawatch.config.provider import (
    Auth,
    Call,
    HttpProvider,
    Match,
    Pairs,
    Poll,
    ReceiptForm,
    ReplyForm,
    Scheme,
    Send,
    Signing,
    Wording,
)
from hawatch.config.provider_template import Template
from hawatch.config.table import Table

FACTS = frozenset(
    {
        "pair", "node", "occasion", "medium", "verdict", "verdict_text", "router", "vip", "owners", "cause",
        "cause_text", "code", "options", "since", "incident",
    }
)  # fmt: skip
"""What is known of the message beside its text; empty where a message has none."""
_MESSAGE = FACTS | {"to", "digits", "text", "body", "id", "from", "time", "person", "template", "variables"}
_ASKING = frozenset({"from", "time", "time_iso", "since", "since_iso"})
_WHOLE = frozenset({"variables.list", "variables.object"})
"""Places that stand alone in a string of a JSON body, and become a list or an object."""
_METHODS = ("GET", "POST", "PUT")
_SECRET = "secret."  # noqa: S105 - a prefix
_SIGNED = frozenset({"body", "query", "url", "time"})
_STATUS = range(100, 600)
_TIMES = frozenset({"unix", "unix_ms", "iso"})


def http_provider(table: Table) -> HttpProvider:
    """What a channel of kind http has of its own. ConfigError."""
    files = _secrets(table)
    if not table.has("send"):
        raise table.error("send", "missing: a [channel.send] says how a message goes out")
    found = HttpProvider(
        sender=table.string("from", ""),
        secrets=files,
        ca_file=table.optional("ca_file", checks.absolute_path),
        proxy=table.optional("proxy", checks.url),
        send=_send(table.table("send"), files),
        replies=_replies(table.table("replies"), files) if table.has("replies") else None,
        receipts=_receipts(table.table("receipts"), files) if table.has("receipts") else None,
        webhook=webhook(table.table("webhook"), [name for name, _ in files])
        if table.has("webhook")
        else None,
    )
    if found.webhook is not None and found.replies is None and found.receipts is None:
        raise table.error("webhook", "is of no use without [channel.replies] or [channel.receipts]")
    for key, form in (("replies", found.replies), ("receipts", found.receipts)):
        if form is not None and form.poll is None and found.webhook is None:
            raise table.error(key, f"comes by neither a [channel.webhook] nor a [channel.{key}.poll]")
    return found


Secrets = tuple[tuple[str, str], ...]


def _secrets(table: Table) -> Secrets:
    files = table.table("secrets")
    return tuple((name, files.checked(name, checks.absolute_path)) for name in files.values)


# --- requests -------------------------------------------------------------------------------------


def _send(table: Table, files: Secrets) -> Send:
    wordings = tuple(_wording(each) for each in table.tables("template"))
    found = Send(
        call=_call(table, _known(_MESSAGE, files)),
        wordings=wordings,
        success=_match(table.table("success")),
        temporary=_match(table.table("temporary")),
        reference=table.optional("reference"),
        problem=table.optional("problem"),
    )
    table.end()
    return found


def _wording(table: Table) -> Wording:
    found = Wording(
        id=table.checked("id"),
        occasions=frozenset(table.strings("occasions")),
        variables=_pairs(table, "variables", lambda name: name in FACTS | {"text", "body", "person", "from"}),
    )
    table.end()
    return found


def _call(table: Table, known: Callable[[str], bool]) -> Call:
    auth = table.choice("auth", Auth.NONE)
    body = "json" if table.has("json") else None
    found = Call(
        url=_url(table, known),
        method=table.optional("method", _method) or "POST",
        headers=_pairs(table, "headers", known),
        query=_pairs(table, "query", known),
        form=_pairs(table, "form", known),
        json=_json(table, known) if body else None,
        auth=auth,
        user=text_with_places(table, "user", known) if auth is Auth.BASIC else Template(""),
        password=_password(table, auth, known),
        signing=_signing(table.table("sign"), known) if table.has("sign") else None,
    )
    if found.form and found.json is not None:
        raise table.error("form", "and json: a request has one body")
    return found


def _password(table: Table, auth: Auth, known: Callable[[str], bool]) -> Template:
    match auth:
        case Auth.BASIC:
            return text_with_places(table, "password", known)
        case Auth.BEARER:
            return text_with_places(table, "token", known)
        case Auth.NONE:
            return Template("")


def _url(table: Table, known: Callable[[str], bool]) -> Template:
    found = text_with_places(table, "url", known)
    problem = checks.url(found.fill({}))
    beginning = found.text.partition("{")[0]
    if problem is None and beginning != found.text and beginning.count("/") < 3:
        problem = "has a place before its path; scheme and host are fixed"
    if problem:
        raise table.error("url", f"{found.text!r} {problem}")
    return found


def _signing(table: Table, known: Callable[[str], bool]) -> Signing:
    scheme = table.one_of("scheme", Scheme)
    named = scheme is not Scheme.HMAC
    found = Signing(
        scheme=scheme,
        key=text_with_places(table, "key", known),
        id=text_with_places(table, "id", known) if named else Template(""),
        service=table.checked("service") if scheme is Scheme.TENCENT else "",
        mac=None if named else mac(table, _SIGNED),
    )
    table.end()
    return found


def _match(table: Table) -> Match:
    fields = table.table("json")
    found = Match(
        status=_statuses(table),
        fields=tuple((path, fields.checked(path, pattern)) for path in fields.values),
        body=table.optional("body", pattern),
    )
    table.end()
    return found


def _statuses(table: Table) -> tuple[int, ...] | None:
    if not table.has("status"):
        return None
    value = table.values["status"]
    if not isinstance(value, list) or not value or not all(type(each) is int for each in value):
        raise table.error("status", "an array of HTTP status codes is wanted, like [200, 202]")
    if not all(each in _STATUS for each in value):
        raise table.error("status", "has what is no HTTP status code")
    return tuple(value)


# --- what comes in --------------------------------------------------------------------------------


def _replies(table: Table, files: Secrets) -> ReplyForm:
    default = ReplyForm(sender=Template(""), text=Template(""))
    fields = table.table("fields")
    found = ReplyForm(
        sender=_field(fields, "sender"),
        text=_field(fields, "text"),
        id=_field(fields, "id") if fields.has("id") else None,
        time=_field(fields, "time") if fields.has("time") else None,
        time_format=table.optional("time_format", _time_format) or default.time_format,
        zone=table.optional("zone", checks.time_zone) or default.zone,
        rows=table.string("rows", default.rows),
        poll=_poll(table.table("poll"), files) if table.has("poll") else None,
    )
    fields.end()
    table.end()
    return found


def _receipts(table: Table, files: Secrets) -> ReceiptForm:
    fields = table.table("fields")
    message = _field(fields, "message") if fields.has("message") else None
    reference = _field(fields, "reference") if fields.has("reference") else None
    if (message is None) == (reference is None):
        raise fields.error("message", "and reference: one of them says which message it is about")
    found = ReceiptForm(
        status=_field(fields, "status"),
        message=message,
        reference=reference,
        problem=_field(fields, "problem") if fields.has("problem") else None,
        sent=table.optional("sent", pattern),
        delivered=table.optional("delivered", pattern),
        failed=table.optional("failed", pattern),
        rows=table.string("rows", ""),
        poll=_poll(table.table("poll"), files) if table.has("poll") else None,
    )
    if found.delivered is None and found.failed is None:
        raise table.error("delivered", "missing: which words of the provider mean that a message is there")
    fields.end()
    table.end()
    return found


def _poll(table: Table, files: Secrets) -> Poll:
    default = Poll(call=Call(url=Template("")))
    found = Poll(
        call=_call(table, _known(_ASKING, files)),
        every=table.duration("every", default.every, 1),
        queue=table.boolean("queue", default=default.queue),
    )
    table.end()
    return found


def _field(table: Table, key: str) -> Template:
    """A path into a row, or a text with such paths as its places."""
    written = table.checked(key)
    found = Template(written if "{" in written else f"{{{written}}}")
    problem = found.wrong(lambda _: True)
    if problem:
        raise table.error(key, f"{written!r} {problem}")
    return found


# --- texts with places ----------------------------------------------------------------------------


def _known(places: frozenset[str], files: Secrets) -> Callable[[str], bool]:
    names = {f"{_SECRET}{name}" for name, _ in files}
    return lambda name: name in places or name in names


def _pairs(table: Table, key: str, known: Callable[[str], bool]) -> Pairs:
    """A table of names and texts with places; a whole number counts as its digits."""
    values = table.table(key)
    return tuple(
        (name, with_places(values, name, _plain(values, name, value), known))
        for name, value in values.values.items()
    )


def _plain(table: Table, key: str, value: object) -> str:
    if type(value) is int:
        return str(value)
    if not isinstance(value, str) or any(ord(each) < 32 for each in value):
        raise table.error(key, "a string of one line is wanted")
    return value


def _json(table: Table, known: Callable[[str], bool]) -> str:
    """A body as JSON, each of its strings a Template."""
    body = table.values["json"]
    _walk(table, "json", body, lambda name: known(name) or name in _WHOLE)
    return json.dumps(body, ensure_ascii=False)


def _walk(table: Table, place: str, value: Any, known: Callable[[str], bool]) -> None:
    match value:
        case str():
            with_places(table, place, value, known)
        case dict():
            for key, each in value.items():
                _walk(table, f"{place}.{key}", each, known)
        case list():
            for n, each in enumerate(value):
                _walk(table, f"{place}[{n}]", each, known)
        case bool() | int() | float():
            pass
        case _:
            raise table.error(place, "a date has no form in JSON; write it as a string")


# --- what is wrong with a string ------------------------------------------------------------------


def _method(text: str) -> str | None:
    return None if text in _METHODS else f"is none of {', '.join(_METHODS)}"


def _time_format(text: str) -> str | None:
    if text in _TIMES or "%" in text:
        return None
    return "is neither unix, unix_ms nor iso, nor a form like %Y-%m-%d %H:%M:%S"
