"""A keyed hash in a header, over whatever a provider says: for requests that go out, and webhooks that come in."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from hawatch.config.provider import Encoding, Hash, Mac
from hawatch.provider.exchange import Request

_HASHES = {Hash.SHA1: hashlib.sha1, Hash.SHA256: hashlib.sha256, Hash.SHA512: hashlib.sha512}


def mac_of(mac: Mac, values: Mapping[str, bytes], key: str) -> str:
    """What stands in the header. The text may hold bytes that are no UTF-8: each counts as it is."""
    over = mac.over.fill({name: value.decode("latin-1") for name, value in values.items()}).encode("latin-1")
    if mac.hash is Hash.MD5HASH:
        made = hashlib.md5(over + key.encode(), usedforsecurity=False).digest()
    else:
        made = hmac.new(key.encode(), over, _HASHES[mac.hash]).digest()
    shown = made.hex() if mac.encoding is Encoding.HEX else base64.b64encode(made).decode()
    return mac.prefix + shown


def sign_mac(request: Request, mac: Mac | None, *, key: str, now: float) -> dict[str, str]:
    """The header to add; `now` is epoch seconds."""
    if mac is None:
        return {}
    values = {
        "body": request.body,
        "url": request.url.encode(),
        "query": urlsplit(request.url).query.encode(),
        "time": str(int(now)).encode(),
    }
    return {mac.header: mac_of(mac, values, key)}
