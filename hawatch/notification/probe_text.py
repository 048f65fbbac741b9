"""The text that an agent sends to itself to see whether answers would come back: never a command, never answered."""

from __future__ import annotations

import re
from base64 import b32encode

TOKEN_BITS = 128
_BYTES = TOKEN_BITS // 8
_LETTERS = 26  # of base32, without its padding
_FORM = re.compile(rf"hawatch\s+probe\s+([a-z2-7]{{{_LETTERS}}})(?![a-z0-9])", re.IGNORECASE | re.ASCII)


def token_of(number: int) -> str:
    """The token that an unguessable number below 2**TOKEN_BITS makes: 26 letters and digits."""
    return b32encode(number.to_bytes(_BYTES)).decode("ascii").rstrip("=").lower()


def probe_text(token: str) -> str:
    """The whole text, which fits one message in any alphabet."""
    return f"hawatch probe {token}"


def token_in(text: str) -> str | None:
    """The token of a probe that came in, whoever's it is, whatever a carrier has put around it; None: it is none."""
    found = _FORM.search(text)
    return None if found is None else found[1].lower()
