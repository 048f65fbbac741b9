"""The provider part of a [[channel]], from text to records: [channel.send] and what else an HTTP provider has."""

from __future__ import annotations

from collections.abc import Callable

from hawatch.config import checks
from hawatch.config.loading_provider_call import call, pairs
from hawatch.config.loading_webhook import pattern, webhook
from hawatch.config.provider import (
    Call,
    HttpProvider,
    Match,
    Poll,
    ReceiptForm,
    ReplyForm,
    Send,
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
_MESSAGE = FACTS | frozenset(
    {
        "to", "digits", "text", "body", "id", "from", "time", "person", "template", "variables", "coding", "type",
    }
)  # fmt: skip
_ASKING = frozenset({"from", "time", "time_iso", "since", "since_iso"})
_SECRET = "secret."  # noqa: S105 - a prefix
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
        call=call(table, _known(_MESSAGE, files)),
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
        variables=pairs(table, "variables", lambda name: name in FACTS | {"text", "body", "person", "from"}),
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
    if found.id is None and found.time is None:
        raise fields.error(
            "id", "missing, and so is time: by one of them a reply is known when it comes again"
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
        call=call(table, _known(_ASKING, files)),
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


def _known(places: frozenset[str], files: Secrets) -> Callable[[str], bool]:
    names = {f"{_SECRET}{name}" for name, _ in files}
    return lambda name: name in places or name in names


def _time_format(text: str) -> str | None:
    if text in _TIMES or "%" in text:
        return None
    return "is neither unix, unix_ms nor iso, nor a form like %Y-%m-%d %H:%M:%S"
