"""One question of each webhook: is it forged, and by what is that seen?"""

from __future__ import annotations

import hmac
from enum import StrEnum
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from hawatch.config.provider import Verify, Webhook
from hawatch.provider.hook import HookCall
from hawatch.provider.looking_up import form_of, json_of, text_at
from hawatch.provider.signing.mac import mac_of
from hawatch.provider.verifying.jwt import jwt_problem
from hawatch.provider.verifying.twilio import twilio_signatures
from hawatch.provider.verifying.vonage import vonage_signature


class Forged(StrEnum):
    """Why a webhook is not believed."""

    METHOD = "method"
    ADDRESS = "address"
    SIGNATURE = "signature"
    TOO_OLD = "too old"


def forged(webhook: Webhook, call: HookCall, key: str, now: float) -> Forged | None:
    """Why it is not believed; None: it is. `key` is what the secret's file holds, `now` is epoch seconds."""
    if call.method not in webhook.methods:
        return Forged.METHOD
    if webhook.allow and not _is_within(caller(webhook, call), webhook.allow):
        return Forged.ADDRESS
    match webhook.verify:
        case Verify.PATH:
            return None if alike(call.secret, key) else Forged.SIGNATURE
        case Verify.TWILIO:
            given = call.headers.get("x-twilio-signature", "")
            wanted = twilio_signatures(full_url(webhook, call), call.body, key)
            return None if any(alike(given, each) for each in wanted) else Forged.SIGNATURE
        case Verify.HMAC:
            return _by_mac(webhook, call, key, now)
        case Verify.JWT:
            token = call.headers.get(webhook.header.lower(), "")
            return (
                None
                if jwt_problem(token, full_url(webhook, call), call.body, key, now) is None
                else Forged.SIGNATURE
            )
        case Verify.VONAGE:
            return _by_parameters(webhook, call, key, now)


def caller(webhook: Webhook, call: HookCall) -> str:
    """Who calls: the other end of the connection, or whom a proxy that is believed has named last."""
    named = [each.strip() for each in call.headers.get("x-forwarded-for", "").split(",") if each.strip()]
    peer = call.peer
    while named and _is_within(peer, webhook.proxies):
        peer = named.pop()
    return peer


def full_url(webhook: Webhook, call: HookCall) -> str:
    """The URL that the provider has called, as it knows it: a proxy may have changed what has come here."""
    url = webhook.url or ""
    if not call.query:
        return url
    own = urlsplit(url).query
    return f"{url.partition('?')[0]}?{call.query}" if own else f"{url}?{call.query}"


def alike(given: str, wanted: str) -> bool:
    """Whether two texts are the same, in a time that does not tell where they differ; nothing is like nothing."""
    return bool(wanted) and hmac.compare_digest(given.encode(errors="replace"), wanted.encode())


def _by_mac(webhook: Webhook, call: HookCall, key: str, now: float) -> Forged | None:
    if webhook.mac is None:
        return Forged.SIGNATURE
    said = call.headers.get((webhook.timestamp or "").lower(), "")
    values = {
        "body": call.body,
        "query": call.query.encode(),
        "url": full_url(webhook, call).encode(),
        "timestamp": said.encode(errors="replace"),
    }
    if not alike(call.headers.get(webhook.mac.header.lower(), ""), mac_of(webhook.mac, values, key)):
        return Forged.SIGNATURE
    return _too_old(said, webhook, now) if webhook.timestamp else None


def _by_parameters(webhook: Webhook, call: HookCall, key: str, now: float) -> Forged | None:
    fields = fields_of(call)
    given = fields.pop("sig", "").lower()
    if not alike(given, vonage_signature(fields, key, webhook.hash)):
        return Forged.SIGNATURE
    return _too_old(fields.get("timestamp", ""), webhook, now)


def _too_old(said: str, webhook: Webhook, now: float) -> Forged | None:
    if not (said.isascii() and said.isdigit() and len(said) <= 13):
        return Forged.TOO_OLD
    made = int(said) / (1000 if len(said) > 11 else 1)
    return None if abs(now - made) <= webhook.tolerance else Forged.TOO_OLD


def fields_of(call: HookCall) -> dict[str, str]:
    """The parameters of a call, wherever they stand."""
    if call.method == "GET":
        return form_of(call.query)
    said = json_of(call.body)
    if isinstance(said, dict):
        return {name: text_at(said, name) for name in said}
    return form_of(call.body)


def _is_within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        found = ip_address(address.removeprefix("::ffff:"))
    except ValueError:
        return False
    return any(found in ip_network(each) for each in networks)
