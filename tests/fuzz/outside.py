"""What servers elsewhere say: monitoring systems, providers of text messages, mailboxes, calendars."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

from hawatch import clock
from hawatch.config.monitor import Monitor
from hawatch.config.provider import Hash, Mac, ReceiptForm, ReplyForm, Twilio, Verify, Webhook
from hawatch.config.provider_template import Template
from hawatch.drill.client import Asking, ask_by
from hawatch.errors import DeliveryError, HawatchError, ObserverError
from hawatch.mirror.mark import Mark
from hawatch.monitors.alertmanager import Alertmanager
from hawatch.monitors.icinga2 import Icinga2
from hawatch.monitors.nagios import look_in
from hawatch.provider.exchange import Answer as Exchanged
from hawatch.provider.hook import HookCall
from hawatch.provider.looking_up import form_of, json_of, rows_of, text_at
from hawatch.provider.twilio_api import TwilioApi
from hawatch.provider.verifying import forged
from hawatch.provider.verifying.jwt import ISSUER
from hawatch.provider.verifying.verdict import caller
from hawatch.reach.icinga2 import said
from hawatch.reach.web import Answer, Api
from hawatch.replies.provider_rows import moment, receipts_of, replies_of
from hawatch.replies.twilio_rows import arrival_of_post, receipt_of_row, reply_of_row
from hawatch.rota.calendar import shifts_in
from hawatch.witness.client import _get
from tests.fuzz.target import Target, finite, text_in

NOW = 1_795_000_000.0
NO_SECRET = "/dev/null"
KEY = "the key of a webhook"


# --- monitoring systems --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saying(Api):
    """A server that gives one answer to everything."""

    content: bytes = b""
    status: int = 200

    def ask(self, _method: str, _url: str, body: Any = None, **_more: Any) -> Answer:  # type: ignore[override]
        json.dumps(body)
        return Answer(status=self.status, reason="OK", content=self.content)


def _times(mark: Mark | None) -> tuple[float | None, ...]:
    return () if mark is None else (mark.since, mark.until)


def _icinga(data: bytes) -> None:
    for status in (200, 404, 500):
        answer = Answer(status=status, reason="?", content=data)
        assert "\n" not in said(answer).words
    tool = Icinga2(Monitor(name="m", icinga2="https://m", password_file=NO_SECRET), lambda: NOW)
    tool._icinga.api = _Saying(place="m", patience=1.0, content=data)
    look = tool._look("web")
    finite(look.well_at, *_times(look.mark))


def _alertmanager(data: bytes) -> None:
    tool = Alertmanager(Monitor(name="m", alertmanager="https://m"), lambda: NOW)
    tool._api = _Saying(place="m", patience=1.0, content=data)
    for mark in tool._look("web").silences:
        finite(*_times(mark))


def _nagios(data: bytes) -> None:
    look = look_in(text_in(data), "web", "hawatch", NOW)
    if look is not None:
        finite(look.well_at, look.started, *_times(look.mark))


# --- a rota --------------------------------------------------------------------------------------

_PEOPLE = {"ann": ZoneInfo("Europe/Berlin"), "bob": ZoneInfo("UTC"), "王伟": ZoneInfo("Asia/Shanghai")}


def _rota(data: bytes) -> None:
    for shifts in shifts_in(data, _PEOPLE, NOW, NOW + 14 * 86400, most_calls=3_000).values():
        finite(*(each.start for each in shifts), *(each.end for each in shifts))
        assert list(shifts) == sorted(shifts, key=lambda each: (each.start, each.end))


# --- providers of text messages ------------------------------------------------------------------

_REPLIES = ReplyForm(
    sender=Template("{from}"), text=Template("{text}"), time=Template("{time}"), rows="messages"
)
_RECEIPTS = ReceiptForm(
    status=Template("{status}"), reference=Template("{id}"), delivered="ok", failed="no.*", rows="messages"
)
_FORMS = ("iso", "unix", "unix_ms", "%Y-%m-%d %H:%M:%S%z")
_URL = "https://ops.example.org/hook/gw"
_MAC = Mac(header="X-Sign", over=Template("{timestamp}{url}{body}"))
_WEBHOOKS = (
    *(
        Webhook(verify=each, secret="k", url=_URL, header="X-Jwt", mac=_MAC, methods=("GET", "POST"))
        for each in Verify
    ),
    Webhook(
        verify=Verify.HMAC,
        secret="k",
        url=f"{_URL}?a=b",
        mac=_MAC,
        timestamp="X-Time",
        hash=Hash.MD5HASH,
        allow=("192.0.2.0/24", "2001:db8::/32"),
        proxies=("127.0.0.0/8", "::1/128"),
    ),
)


def _webhook(data: bytes) -> None:
    """A query, headers and a body, as whoever finds the port sends them, and as a provider would sign them."""
    head, _, body = data.partition(b"\n\n")
    query, *lines = head.decode("latin-1").split("\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)
    }
    for webhook in _WEBHOOKS:
        for method in ("POST", "GET", "PUT"):
            call = HookCall(
                channel="gw", method=method, query=query, headers=headers, body=body, peer="127.0.0.1"
            )
            _one_call(webhook, call)
            _one_call(webhook, _signed(call))


def _one_call(webhook: Webhook, call: HookCall) -> None:
    with suppress(ValueError):  # what Webhooks.take answers with "not understood"
        forged(webhook, call, KEY, NOW)
        caller(webhook, call)
        form = form_of(call.body)
        arrival_of_post(form, form_of(call.query), "gw")


def _signed(call: HookCall) -> HookCall:
    """With a token of whoever has the key, and the body as its claims."""
    hashed = {"url_hash": hashlib.sha256(_URL.encode()).hexdigest()}
    claims = json_of(call.body)
    told = {"iss": ISSUER, **hashed, **claims} if isinstance(claims, dict) else claims
    parts = [
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in ({"alg": "HS256"}, told)
    ]
    mac = hmac.new(KEY.encode(), b".".join(parts), hashlib.sha256).digest()
    token = b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()
    return HookCall(
        channel=call.channel,
        method=call.method,
        query="",
        headers={**call.headers, "x-jwt": token},
        body=call.body,
        peer="192.0.2.7",
    )


def _rows(data: bytes) -> None:
    """Lists that providers are asked for, and what they say of one message."""
    plain = json_of(data)
    list(replies_of(_REPLIES, "gw", plain))
    list(receipts_of(_RECEIPTS, "gw", plain))
    for row in rows_of(plain, "messages"):
        for reply in filter(None, [reply_of_row(row, "gw")]):
            finite(reply.sent_at)
        receipt_of_row(row, "gw")
        for form in _FORMS:
            finite(moment(text_at(row, "time"), form, "Europe/Berlin"))
    path = text_at(plain, "next_page_uri")
    if path:
        with suppress(HawatchError):
            _finished(_asked_next(path))
    retry = Exchanged(status=429, headers={"retry-after": text_at(plain, "retry_after")}).retry_after
    finite(retry)


async def _asked_next(path: str) -> None:
    api = TwilioApi(Twilio(account="AC1", token_file=NO_SECRET), timeout=1.0)

    async def exchanged(request: Any, seconds: float) -> Exchanged:
        assert request.url.startswith("https://api.twilio.com/"), request.url
        return Exchanged(status=200)

    hidden = mock.Mock(values={"token": "t"})
    with mock.patch("hawatch.provider.twilio_api.exchange", exchanged):
        await api.get_next(path, hidden)


def _finished(doing: Coroutine[Any, Any, Any]) -> None:
    """Run what waits for nothing."""
    with suppress(StopIteration):
        doing.send(None)
        raise AssertionError("it waits")


# --- a service behind a VIP ----------------------------------------------------------------------


def _http(data: bytes) -> None:
    """The first line of an answer, as a drill's client and a witness read it; every request comes to something."""

    async def ask() -> None:
        reader = asyncio.StreamReader(limit=1024)
        reader.feed_data(data)
        reader.feed_eof()

        async def connected(*_where: Any, **_how: Any) -> Any:
            return reader, mock.Mock()

        asking = Asking({"it": ask_by("http://192.0.2.10/")}, clock=clock, every=1.0, patience=1.0)
        with mock.patch("hawatch.drill.client.asyncio.open_connection", connected):
            await asking._one("it", ask_by("http://192.0.2.10/"))
        assert len(asking.samples["it"]) == 1
        here, there = socket.socketpair()
        with here, there:
            here.setblocking(False)
            there.send(data[:4096])
            there.shutdown(socket.SHUT_WR)
            await _get(here, "http://192.0.2.10/")

    asyncio.run(ask())


TARGETS: dict[str, Target] = {
    "icinga_answer": Target(run=_icinga, allowed=(DeliveryError,)),
    "alertmanager_answer": Target(run=_alertmanager, allowed=(DeliveryError,)),
    "nagios_status": Target(run=_nagios, allowed=()),
    "rota_calendar": Target(run=_rota, allowed=(ObserverError,)),
    "http_answer": Target(run=_http, allowed=()),
    "webhook": Target(run=_webhook, allowed=()),
    "provider_rows": Target(run=_rows, allowed=()),
}
