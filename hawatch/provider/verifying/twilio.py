"""X-Twilio-Signature: HMAC-SHA1 over the URL that Twilio calls and all that it posts.

Source: "Security: Validating Requests" (twilio.com/docs/usage/security), whose example is a test. With or without the
port in the URL, since what Twilio puts in there has changed over time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit, urlunsplit

_PORTS = {"http": 80, "https": 443}
_MOST_FIELDS = 200


def twilio_signatures(url: str, body: bytes, token: str) -> list[str]:
    """What the header may hold. ValueError for more fields than any message has."""
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    posted = "".join(name + value for name, value in sorted(set(pairs)))
    return [
        base64.b64encode(hmac.new(token.encode(), (each + posted).encode(), hashlib.sha1).digest()).decode()
        for each in dict.fromkeys(_spellings(url))
    ]


def _spellings(url: str) -> Iterator[str]:
    yield url
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    without = host.removesuffix(f":{parts.port}") if parts.port else host
    yield urlunsplit(parts._replace(netloc=parts.netloc.replace(host, without)))
    port = parts.port or _PORTS.get(parts.scheme)
    yield urlunsplit(parts._replace(netloc=parts.netloc.replace(host, f"{without}:{port}")))
