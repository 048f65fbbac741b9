"""A JSON Web Token in a header that vouches for URL and body, as MessageBird (Bird) signs its webhooks.

Source: "Verify HTTP requests" (developers.messagebird.com); the examples of its libraries are tests. HS256 (RFC 7515)
alone: an algorithm that the token itself chooses is none.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from hawatch.provider.looking_up import json_of

ISSUER = "MessageBird"
LEEWAY = 2.0
"""Seconds by which two clocks may differ."""
_MOST = 4096


def jwt_problem(token: str, url: str, body: bytes, key: str, now: float) -> str | None:
    """What is wrong with a token; None: nothing. `now` is epoch seconds."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _MOST or not token.isascii():
        return "it is no token"
    head, claims = (json_of(_bytes(each)) for each in parts[:2])
    if not isinstance(head, dict) or head.get("alg") != "HS256" or not isinstance(claims, dict):
        return "it is not signed with HS256"
    made = hmac.new(key.encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(made, _bytes(parts[2])):
        return "it is not signed with our key"
    return _claims_problem(claims, url, body, now)


def _claims_problem(claims: dict[str, Any], url: str, body: bytes, now: float) -> str | None:
    begins, ends = claims.get("nbf"), claims.get("exp")
    if claims.get("iss") != ISSUER:
        return "it is from somebody else"
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        return "it does not say for how long it holds"
    if not (
        begins <= now + LEEWAY and now - LEEWAY <= ends
    ):  # no sum with theirs, which may have hundreds of digits
        return "it does not hold now"
    if not _is_hash_of(claims.get("url_hash"), url.encode()):
        return "it is about another URL"
    if body or "payload_hash" in claims:
        return None if _is_hash_of(claims.get("payload_hash"), body) else "it is about another body"
    return None


def _is_hash_of(said: Any, content: bytes) -> bool:
    return isinstance(said, str) and hmac.compare_digest(
        said.encode(errors="replace"), hashlib.sha256(content).hexdigest().encode()
    )


def _bytes(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return b""
