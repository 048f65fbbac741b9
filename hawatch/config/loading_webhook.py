"""[channel.webhook] of a provider, from text to records: how a webhook is known, and what it is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_network

from hawatch.config import checks
from hawatch.config.provider import TWILIO_API, Encoding, Hash, Mac, Twilio, Verify, Webhook
from hawatch.config.provider_template import Template
from hawatch.config.table import Table, one_of

_GENERIC = tuple(each.value for each in Verify if each is not Verify.TWILIO)
_METHODS = ("POST", "GET")
_OVER = frozenset({"body", "url", "query", "timestamp"})
_JWT_HEADER = "MessageBird-Signature-JWT"
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_MOST_VALIDITY = 36000


def webhook(table: Table, secrets: Sequence[str]) -> Webhook:
    """The webhook of a provider that is none of ours; `secrets` are the names that the channel has."""
    verify = Verify(table.checked("verify", lambda text: one_of(text, _GENERIC)))
    default = Webhook(verify=verify, secret="")
    timestamp = table.optional("timestamp", header_name) if verify is Verify.HMAC else None
    found = Webhook(
        verify=verify,
        secret=table.checked("secret", lambda text: one_of(text, secrets)),
        url=_public(table) if table.has("url") else None,
        mac=mac(table, _OVER) if verify is Verify.HMAC else None,
        hash=table.choice("hash", Hash.SHA256) if verify is Verify.VONAGE else default.hash,
        timestamp=timestamp,
        tolerance=table.duration("tolerance", default.tolerance, 1),
        header=table.string("header", _JWT_HEADER) if verify is Verify.JWT else "",
        allow=table.strings("allow", network),
        proxies=table.strings("proxies", network),
        methods=table.strings("methods", lambda text: one_of(text, _METHODS)) or default.methods,
        answer=table.string("answer", default.answer),
        answer_type=table.string("answer_type", default.answer_type),
    )
    if found.url is None and (verify is Verify.JWT or (found.mac and "url" in found.mac.over.names())):
        raise table.error("url", "missing: the signature is over the URL that the provider calls")
    if found.mac and ("timestamp" in found.mac.over.names()) != (timestamp is not None):
        raise table.error(
            "timestamp", "names the header of the time that `over` has a place for; both or none"
        )
    table.end()
    return found


def twilio(table: Table) -> Twilio:
    """What a channel of kind twilio has of its own, but its number, which the caller has read. ConfigError."""
    default = Twilio(account="", token_file="")
    token_file = table.checked("token_file", checks.absolute_path)
    found = Twilio(
        account=table.checked("account", _like(_ACCOUNT, "is not an account SID (AC and 32 digits)")),
        token_file=token_file,
        sender=table.optional("from", _number),
        service=table.optional(
            "service", _like(_SERVICE, "is not a messaging service's SID (MG and 32 digits)")
        ),
        base_url=(table.optional("base_url", checks.url) or TWILIO_API).rstrip("/"),
        ca_file=table.optional("ca_file", checks.absolute_path),
        proxy=table.optional("proxy", checks.url),
        poll=table.duration("poll", default.poll),
        validity=int(table.duration("validity", default.validity, 1)),
        webhook=_of_twilio(table.table("webhook"), token_file) if table.has("webhook") else None,
    )
    if (found.sender is None) == (found.service is None):
        raise table.error("from", "and service: one of them says who the messages are from")
    if found.validity > _MOST_VALIDITY:
        raise table.error("validity", "Twilio tries for 10 hours at the most")
    return found


def _of_twilio(table: Table, token_file: str) -> Webhook:
    found = Webhook(
        verify=Verify.TWILIO,
        secret=token_file,
        url=_public(table),
        allow=table.strings("allow", network),
        proxies=table.strings("proxies", network),
        answer="<Response/>",
        answer_type="application/xml",
    )
    table.end()
    return found


def _public(table: Table) -> str:
    found = table.checked("url", checks.url)
    if "#" in found:
        raise table.error("url", f"{found!r} has a #, which no server is told")
    return found


# --- shared with the other provider tables --------------------------------------------------------


def mac(table: Table, places: frozenset[str]) -> Mac:
    """A keyed hash in a header, over a text with these places."""
    over = Template("{body}")
    if table.has("over"):
        over = text_with_places(table, "over", places.__contains__)
        if not over.text.isascii():
            raise table.error("over", f"{over.text!r} holds letters beyond ASCII")
    return Mac(
        header=table.checked("header", header_name),
        over=over,
        hash=table.choice("hash", Hash.SHA256),
        encoding=table.choice("encoding", Encoding.HEX),
        prefix=table.string("prefix", ""),
    )


def text_with_places(table: Table, key: str, known: Callable[[str], bool]) -> Template:
    """A string that must be there, and whose places can be filled in."""
    return with_places(table, key, table.checked(key), known)


def with_places(table: Table, key: str, written: str, known: Callable[[str], bool]) -> Template:
    """A string whose places can be filled in. ConfigError, naming the key."""
    found = Template(written)
    problem = found.wrong(known)
    if problem:
        raise table.error(key, f"{written!r} {problem}")
    return found


def pattern(text: str) -> str | None:
    """What is wrong with a regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        return f"is not a regular expression: {error.msg}"
    return None


def network(text: str) -> str | None:
    """What is wrong with an address or a network."""
    try:
        ip_network(text)
    except ValueError:
        return "is not an address or a network, like 203.0.113.0/24"
    return None


def header_name(text: str) -> str | None:
    """What is wrong with an HTTP header's name."""
    return None if text.isascii() and text.replace("-", "").isalnum() else "is not the name of a header"


def _like(form: re.Pattern[str], problem: str) -> Callable[[str], str | None]:
    return lambda text: None if form.fullmatch(text) else problem


def _number(text: str) -> str | None:
    return None if re.fullmatch(r"\+[0-9]{6,15}|[0-9]{3,6}|[A-Za-z0-9 ]{1,11}", text) else "is not a sender"
