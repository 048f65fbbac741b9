"""For each table of hawatch.toml the least documents in which its keys mean something, for the tests of the reference.

A base is a document and the way to its table. Each table has one at least, by its title.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

Doc = dict[str, Any]


@dataclass(frozen=True)
class Base:
    """A document, and where the table is in it."""

    doc: Doc
    way: tuple[str | int, ...]

    def with_key(self, key: str, value: Any) -> Doc:
        """The document with this key in the table."""
        doc = deepcopy(self.doc)
        self.table(doc)[key] = value
        return doc

    def without(self, *keys: str) -> Doc:
        """The document with the table, but without these keys of it."""
        doc = deepcopy(self.doc)
        for key in keys:
            self.table(doc).pop(key, None)
        return doc

    def table(self, doc: Any) -> Doc:
        """The table in a copy of the document."""
        for step in self.way:
            doc = doc[step]
        return cast("Doc", doc)


def _channel(kind: str, **own: Any) -> Doc:
    return {"channel": [{"name": "modem", "kind": kind, **own}]}


_SMTP = {"host": "mail.example.org"}
_IMAP = {"host": "mail.example.org", "user": "u", "password_file": "/p"}
_MAIL = _channel("mail", **{"from": "h@example.org"}, smtp=_SMTP, imap=_IMAP)
_SEND = {"url": "https://sms.example.org/send"}
_SECRETS = {"key": "/k", "password": "/p", "token": "/t", "hook": "/h", "id": "/i"}
_FIELDS = {"sender": "from", "text": "text", "id": "id"}
_POLL = {"url": "https://sms.example.org/list"}
_TWILIO = {
    "account": "AC" + "0" * 32,
    "token_file": "/t",
    "from": "+15005550006",
    "webhook": {"url": "https://ops.example.org/hook/c"},
}
_TWILIO_SERVICE = {"account": "AC" + "0" * 32, "token_file": "/t", "service": "MG" + "0" * 32}
_CONTACT = {"name": "alice", "way": [{"channel": "modem", "to": "+8613800000001"}]}
_HERE = ("channel", 0)


def _http(**own: Any) -> Doc:
    return _channel("http", secrets=_SECRETS, send=_SEND, **own)


def _replies(**own: Any) -> Doc:
    return _http(replies={"fields": _FIELDS, "poll": _POLL, **own})


def _receipts(poll: Doc = _POLL, **fields: Any) -> Doc:
    fields = fields or {"message": "m"}
    return _http(receipts={"fields": {"status": "s", **fields}, "delivered": "ok", "poll": poll})


def _failing() -> Doc:
    return _http(receipts={"fields": {"status": "s", "message": "m"}, "failed": "no", "poll": _POLL})


def _webhook(**own: Any) -> Doc:
    return _http(
        replies={"fields": _FIELDS},
        webhook={"verify": "path", "secret": "hook", **own},
    )


def _requests(place: str, base: Base) -> dict[str, list[Base]]:
    """The tables that belong to a request, in a document that has one."""

    def asked(**own: Any) -> Base:
        doc = deepcopy(base.doc)
        base.table(doc).update(own)
        return Base(doc, base.way)

    def signed(scheme: str, **own: Any) -> Base:
        doc = asked(sign={"scheme": scheme, "key": "{secret.key}", **own}).doc
        return Base(doc, (*base.way, "sign"))

    aliyun = signed("aliyun", id="i")
    tencent = signed("tencent", id="i", service="sms")
    hmac = signed("hmac", header="X-S")
    return {
        f"[{place}]": [base],
        f'[{place}], with `auth = "basic"`': [asked(auth="basic", user="u", password="p")],
        f'[{place}], with `auth = "bearer"`': [asked(auth="bearer", token="t")],
        f"[{place}.headers]": [Base(asked(headers={}).doc, (*base.way, "headers"))],
        f"[{place}.query]": [Base(asked(query={}).doc, (*base.way, "query"))],
        f"[{place}.form]": [Base(asked(form={}).doc, (*base.way, "form"))],
        f"[{place}.sign]": [aliyun, tencent, hmac],
        f"[{place}.sign], with the scheme aliyun or tencent": [aliyun, tencent],
        f"[{place}.sign], with the scheme tencent": [tencent],
        f"[{place}.sign], with the scheme hmac": [hmac],
    }


def _first(doc: Doc, *way: str | int) -> Base:
    return Base(doc, way)


_WITNESS = {"name": "witness1", "link": [{"remote": "192.168.136.170"}]}
_PASSIVE = {"name": "n", "command_file": "/c"}
_PASSIVE_ICINGA = {"name": "n", "icinga2": "https://i.example.org:5665", "password_file": "/p"}
_MONITOR_ALERT = {"name": "n", "alertmanager": "http://a.example.org:9093"}
_SPOOL = _channel("smstools", spool="/s", replies="/r")
_HMAC = _webhook(verify="hmac", header="X-S")

BASES: dict[str, list[Base]] = {
    "[node]": [_first({"node": {}}, "node")],
    "[keepalived]": [_first({"keepalived": {}}, "keepalived")],
    "[observe]": [_first({"observe": {}}, "observe")],
    "[listen]": [_first({"listen": {}}, "listen")],
    "[peer_link]": [_first({"peer_link": {}}, "peer_link")],
    "[[peer]]": [_first({"peer": [{"name": "lb02"}]}, "peer", 0)],
    "[[peer.link]], over IP": [
        _first({"peer": [{"name": "lb02", "link": [{"remote": "192.168.136.162"}]}]}, "peer", 0, "link", 0)
    ],
    "[[peer.link]], over a serial cable": [
        _first({"peer": [{"name": "lb02", "link": [{"device": "/dev/ttyS0"}]}]}, "peer", 0, "link", 0)
    ],
    "[[witness]]": [_first({"witness": [_WITNESS]}, "witness", 0)],
    "[[witness.link]]": [_first({"witness": [_WITNESS]}, "witness", 0, "link", 0)],
    "[[reference]]": [_first({"reference": [{"address": "192.168.136.2"}]}, "reference", 0)],
    "[[service]]": [
        _first({"service": [{way: value}]}, "service", 0)
        for way, value in (
            ("http", "http://127.0.0.1/"),
            ("tcp", "127.0.0.1:80"),
            ("process", "nginx"),
            ("plugin", "/bin/true"),
            ("unit", "nginx.service"),
            ("command", ["/bin/true"]),
        )
    ],
    "[service.guard]": [
        _first({"service": [{"name": "nginx", "process": "nginx", "guard": {}}]}, "service", 0, "guard")
    ],
    "[[virtual_router]]": [_first({"virtual_router": [{"instance": "VI_1"}]}, "virtual_router", 0)],
    "[[accept]]": [_first({"accept": [{"cause": "peer_unverified"}]}, "accept", 0)],
    "[oncall]": [
        _first({"oncall": {}, "contact": [{"name": "alice"}, {"name": "bob"}]}, "oncall"),
    ],
    "[[contact]]": [
        _first({"contact": [{"name": "alice"}]}, "contact", 0),
        _first({**_SPOOL, "contact": [_CONTACT]}, "contact", 0),
    ],
    "[[contact.way]]": [_first({**_SPOOL, "contact": [_CONTACT]}, "contact", 0, "way", 0)],
    "[[notify]]": [
        _first(
            {"notify": [{"cause": "stale_arp", "by": "sms"}], "contact": [{"name": "alice"}]}, "notify", 0
        ),
        _first(
            {"notify": [{"verdict": "no_owner", "by": "sms"}], "contact": [{"name": "alice"}]}, "notify", 0
        ),
    ],
    "[[channel]]": [
        _first(doc, *_HERE)
        for doc in (
            _channel("phone"),
            _SPOOL,
            _channel("gammu", spool="/s", replies="/r"),
            _channel("script", command=["/bin/true"]),
            _channel("apprise", urls_file="/u"),
            _MAIL,
            _channel("twilio", **_TWILIO),
            _receipts(),
        )
    ],
    "[channel.probe]": [
        _first(
            _channel("smstools", spool="/s", replies="/r", probe={"to": "+8613800000009"}), *_HERE, "probe"
        ),
        _first(
            _channel("mail", **{"from": "h@example.org"}, smtp=_SMTP, imap=_IMAP, probe={}), *_HERE, "probe"
        ),
    ],
    "[[channel]], of kind smstools or gammu": [
        _first(_SPOOL, *_HERE),
        _first(_channel("gammu", spool="/s"), *_HERE),
    ],
    "[[channel]], of kind script": [_first(_channel("script", command=["/bin/true"]), *_HERE)],
    "[[channel]], of kind apprise": [_first(_channel("apprise", urls_file="/u"), *_HERE)],
    "[[channel]], of kind mail": [_first(_MAIL, *_HERE)],
    "[channel.smtp]": [
        _first(_channel("mail", **{"from": "h@example.org"}, smtp=_SMTP), *_HERE, "smtp"),
        _first(
            _channel("mail", **{"from": "h@example.org"}, smtp={**_SMTP, "user": "u", "password_file": "/p"}),
            *_HERE,
            "smtp",
        ),
    ],
    "[channel.imap]": [_first(_MAIL, *_HERE, "imap")],
    "[[channel]], of kind twilio": [
        _first(_channel("twilio", **_TWILIO), *_HERE),
        _first(_channel("twilio", **_TWILIO_SERVICE), *_HERE),
    ],
    "[channel.webhook], of kind twilio": [_first(_channel("twilio", **_TWILIO), *_HERE, "webhook")],
    "[[channel]], of kind http": [_first(_http(), *_HERE)],
    "[channel.secrets]": [_first(_http(), *_HERE, "secrets")],
    **_requests("channel.send", _first(_http(), *_HERE, "send")),
    "[[channel.send.template]]": [
        _first(_channel("http", send={**_SEND, "template": [{"id": "1"}]}), *_HERE, "send", "template", 0)
    ],
    "[channel.send.template.variables]": [
        _first(
            _channel("http", send={**_SEND, "template": [{"id": "1", "variables": {}}]}),
            *_HERE,
            "send",
            "template",
            0,
            "variables",
        )
    ],
    "[channel.send.success]": [
        _first(_channel("http", send={**_SEND, "success": {}}), *_HERE, "send", "success")
    ],
    "[channel.send.success.json]": [
        _first(_channel("http", send={**_SEND, "success": {"json": {}}}), *_HERE, "send", "success", "json")
    ],
    "[channel.send.temporary]": [
        _first(_channel("http", send={**_SEND, "temporary": {}}), *_HERE, "send", "temporary")
    ],
    "[channel.send.temporary.json]": [
        _first(
            _channel("http", send={**_SEND, "temporary": {"json": {}}}), *_HERE, "send", "temporary", "json"
        )
    ],
    "[channel.replies]": [_first(_replies(), *_HERE, "replies")],
    "[channel.replies.fields]": [
        _first(_replies(), *_HERE, "replies", "fields"),
        _first(_replies(fields={"sender": "from", "text": "text", "time": "t"}), *_HERE, "replies", "fields"),
    ],
    "[channel.receipts]": [_first(_receipts(), *_HERE, "receipts"), _first(_failing(), *_HERE, "receipts")],
    "[channel.receipts.fields]": [
        _first(_receipts(), *_HERE, "receipts", "fields"),
        _first(_receipts(reference="r"), *_HERE, "receipts", "fields"),
    ],
    **_requests("channel.replies.poll", _first(_replies(), *_HERE, "replies", "poll")),
    **_requests("channel.receipts.poll", _first(_receipts(), *_HERE, "receipts", "poll")),
    "[channel.webhook], of kind http": [_first(_webhook(), *_HERE, "webhook")],
    '[channel.webhook], with `verify = "hmac"`': [
        _first(_HMAC, *_HERE, "webhook"),
        _first(
            _webhook(verify="hmac", header="X-S", over="{timestamp}{body}", timestamp="X-T"),
            *_HERE,
            "webhook",
        ),
    ],
    '[channel.webhook], with `verify = "jwt"`': [
        _first(_webhook(verify="jwt", url="https://ops.example.org/hook/c"), *_HERE, "webhook")
    ],
    '[channel.webhook], with `verify = "vonage"`': [_first(_webhook(verify="vonage"), *_HERE, "webhook")],
    "[[passive]]": [
        _first({"passive": [_PASSIVE]}, "passive", 0),
        _first({"passive": [{"name": "n", "spool": "/s"}]}, "passive", 0),
        _first({"passive": [_PASSIVE_ICINGA]}, "passive", 0),
    ],
    '[[passive]], with `check = "instance"`': [
        _first({"passive": [{**_PASSIVE, "check": "instance", "instance": "VI_1"}]}, "passive", 0)
    ],
    "[[passive]], with `icinga2`": [_first({"passive": [_PASSIVE_ICINGA]}, "passive", 0)],
    "[[monitor]]": [
        _first({"monitor": [_PASSIVE]}, "monitor", 0),
        _first({"monitor": [_PASSIVE_ICINGA]}, "monitor", 0),
        _first({"monitor": [_MONITOR_ALERT]}, "monitor", 0),
    ],
    "[[monitor]], with `command_file`": [_first({"monitor": [_PASSIVE]}, "monitor", 0)],
    "[[monitor]], with `icinga2`": [_first({"monitor": [_PASSIVE_ICINGA]}, "monitor", 0)],
    "[[monitor]], with `alertmanager`": [
        _first({"monitor": [_MONITOR_ALERT]}, "monitor", 0),
        _first({"monitor": [{**_MONITOR_ALERT, "password_file": "/p"}]}, "monitor", 0),
    ],
    "[monitor.matchers]": [
        _first({"monitor": [{**_MONITOR_ALERT, "matchers": {}}]}, "monitor", 0, "matchers")
    ],
}

FREE_ENTRIES = {
    "name and path": ("extra", "/x"),
    "label and value": ("team", "net"),
    "name and text with places": ("extra", "x"),
    "path and regular expression": ("a.b", "0|1"),
}
"""An entry for each kind of table whose keys are the user's own."""


def written(value: Any) -> str:
    """A document as TOML, in which every table is written in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)} = {written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def document(doc: Doc) -> str:
    """A whole file."""
    return "".join(f"{key} = {written(value)}\n" for key, value in doc.items())
