"""ACS3-HMAC-SHA256, the third version of Alibaba Cloud's signature.

Source: "V3版本请求体&签名机制" (help.aliyun.com, document 2593177), whose example is a test.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

from hawatch.provider.exchange import Request

ALGORITHM = "ACS3-HMAC-SHA256"
_SIGNED_TOO = frozenset({"host", "content-type"})
_UNRESERVED = "-_.~"


def sign_aliyun(request: Request, *, id: str, key: str, now: float, nonce: str) -> dict[str, str]:  # noqa: A002
    """The headers to add; `id` and `key` are the AccessKey, `now` is epoch seconds."""
    parts = urlsplit(request.url)
    digest = hashlib.sha256(request.body).hexdigest()
    added = {
        "host": parts.netloc,
        "x-acs-content-sha256": digest,
        "x-acs-date": f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
    }
    known = {name.lower(): value.strip() for name, value in (*request.headers.items(), *added.items())}
    signed = sorted(name for name in known if name.startswith("x-acs-") or name in _SIGNED_TOO)
    canonical = "\n".join(
        [
            request.method,
            quote(parts.path or "/", safe=f"/%{_UNRESERVED}"),
            _query(parts.query),
            *(f"{name}:{known[name]}" for name in signed),
            "",
            ";".join(signed),
            digest,
        ]
    )
    told = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key.encode(), told.encode(), hashlib.sha256).hexdigest()
    added["Authorization"] = (
        f"{ALGORITHM} Credential={id},SignedHeaders={';'.join(signed)},Signature={signature}"
    )
    return added


def _query(query: str) -> str:
    """Sorted by name, everything but RFC 3986's unreserved characters as %XX."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(
        f"{quote(name, safe=_UNRESERVED)}={quote(value, safe=_UNRESERVED)}" for name, value in pairs
    )
