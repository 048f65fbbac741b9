"""From a Call of hawatch.toml to a request: places filled in, each in the way that its place needs, and signed."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from hawatch.config.provider import Auth, Call, Scheme, Signing
from hawatch.config.provider_template import Template
from hawatch.errors import HawatchError
from hawatch.provider.exchange import Request, place_of
from hawatch.provider.signing.aliyun import sign_aliyun
from hawatch.provider.signing.mac import sign_mac
from hawatch.provider.signing.tencent import sign_tencent

Json = Any
_JSON_TYPE = "application/json; charset=utf-8"
_FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a request is made (epoch seconds), and what is never the same again."""

    now: float
    nonce: str


def draw_request(
    call: Call,
    values: Mapping[str, str],
    moment: Moment,
    *,
    parts: Mapping[str, Json] | None = None,
    ca_file: str | None = None,
    proxy: str | None = None,
) -> Request:
    """The request. `parts` take the place of whole strings of a JSON body. HawatchError for a header of two lines."""
    headers = {name: _one_line(name, value.fill(values)) for name, value in call.headers}
    body = _body(call, values, parts or {}, headers)
    _say_who(call, values, headers)
    url = call.url.fill(values, lambda text: quote(text, safe=""))
    if call.query:
        query = urlencode([(name, value.fill(values)) for name, value in call.query])
        url = f"{url}{'&' if '?' in url else '?'}{query}"
    request = Request(
        method=call.method,
        url=url,
        headers=headers,
        body=body,
        ca_file=ca_file,
        proxy=proxy,
        place=place_of(call.url.text),
    )
    return _signed(call, request, values, moment)


def _body(call: Call, values: Mapping[str, str], parts: Mapping[str, Json], headers: dict[str, str]) -> bytes:
    kind = next((name for name in headers if name.lower() == "content-type"), "Content-Type")
    if call.json is not None:
        headers.setdefault(kind, _JSON_TYPE)
        return json.dumps(_filled(json.loads(call.json), values, parts), ensure_ascii=False).encode()
    if call.form:
        headers.setdefault(kind, _FORM_TYPE)
        return urlencode([(name, value.fill(values)) for name, value in call.form]).encode()
    return b""


def _filled(value: Json, values: Mapping[str, str], parts: Mapping[str, Json]) -> Json:
    match value:
        case str():
            whole = value.removeprefix("{").removesuffix("}")
            return (
                parts[whole] if value == f"{{{whole}}}" and whole in parts else Template(value).fill(values)
            )
        case dict():
            return {key: _filled(each, values, parts) for key, each in value.items()}
        case list():
            return [_filled(each, values, parts) for each in value]
        case _:
            return value


def _say_who(call: Call, values: Mapping[str, str], headers: dict[str, str]) -> None:
    match call.auth:
        case Auth.BASIC:
            both = f"{call.user.fill(values)}:{call.password.fill(values)}"
            headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
        case Auth.BEARER:
            headers["Authorization"] = _one_line("Authorization", f"Bearer {call.password.fill(values)}")
        case Auth.NONE:
            pass


def _one_line(name: str, value: str) -> str:
    if not value.isprintable():
        raise HawatchError(f"the header {name} would have more than one line")
    return value.encode().decode("latin-1")


def _signed(call: Call, request: Request, values: Mapping[str, str], moment: Moment) -> Request:
    if call.signing is None:
        return request
    added = _signature(call.signing, request, values, moment)
    return replace(request, headers={**request.headers, **added})


def _signature(
    signing: Signing, request: Request, values: Mapping[str, str], moment: Moment
) -> dict[str, str]:
    key, name = signing.key.fill(values), signing.id.fill(values)
    match signing.scheme:
        case Scheme.ALIYUN:
            return sign_aliyun(request, id=name, key=key, now=moment.now, nonce=moment.nonce)
        case Scheme.TENCENT:
            return sign_tencent(request, id=name, key=key, service=signing.service, now=moment.now)
        case Scheme.HMAC:
            return sign_mac(request, signing.mac, key=key, now=moment.now)
