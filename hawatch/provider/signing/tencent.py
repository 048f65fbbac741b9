"""TC3-HMAC-SHA256, Tencent Cloud's signature for requests with a JSON body.

Source: "签名方法 v3" (cloud.tencent.com, document 213/30654), whose example is a test.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlsplit

from hawatch.provider.exchange import Request

ALGORITHM = "TC3-HMAC-SHA256"
_SIGNED = "content-type;host"


def sign_tencent(request: Request, *, id: str, key: str, service: str, now: float) -> dict[str, str]:  # noqa: A002
    """The headers to add; `id` and `key` are the SecretId and SecretKey, `now` is epoch seconds."""
    parts = urlsplit(request.url)
    kind = next((value for name, value in request.headers.items() if name.lower() == "content-type"), "")
    canonical = "\n".join(
        [
            request.method,
            parts.path or "/",
            parts.query,
            f"content-type:{kind.strip().lower()}",
            f"host:{parts.netloc.lower()}",
            "",
            _SIGNED,
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    day = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"
    scope = f"{day}/{service}/tc3_request"
    told = "\n".join([ALGORITHM, str(int(now)), scope, hashlib.sha256(canonical.encode()).hexdigest()])
    made = f"TC3{key}".encode()
    for step in (day, service, "tc3_request"):
        made = hmac.new(made, step.encode(), hashlib.sha256).digest()
    signature = hmac.new(made, told.encode(), hashlib.sha256).hexdigest()
    return {
        "Host": parts.netloc,
        "X-TC-Timestamp": str(int(now)),
        "Authorization": (
            f"{ALGORITHM} Credential={id}/{scope}, SignedHeaders={_SIGNED}, Signature={signature}"
        ),
    }
