"""Keyed fingerprints of VRRP passwords, so that they can be compared and never told."""

from __future__ import annotations

import hmac

PASSWORD_BYTES = 8
_DIGITS = 16


def password_fingerprint(key: bytes | None, password: bytes) -> str:
    """Equal for equal passwords and keys, and of no use without the key; only eight bytes are on the wire.

    Without a key (None or empty) it still compares, on one node, what is heard with what is configured.
    """
    padded = password.ljust(PASSWORD_BYTES, b"\0")[:PASSWORD_BYTES]
    return hmac.digest(key or b"no key", padded, "sha256").hex()[:_DIGITS]
