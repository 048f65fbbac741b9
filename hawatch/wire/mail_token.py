"""Tokens in mail: what shows that an answer is to a mail that was sent to this very address.

    token       base32 (RFC 4648, lower case, no padding) of hour (4) | HMAC-SHA256, first 10 bytes
    Message-ID  <MESSAGE.TOKEN@DOMAIN>, where MESSAGE is the id of ours in the outbox

The HMAC covers the hour of writing, the address, and the message; in an address to answer to, the message is empty.
Letters are written small and read in any case, since mail servers may change the case of an address.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

HOUR = 3600.0
TOKEN_LETTERS = 23
_HOUR_BYTES, _MAC_BYTES = 4, 10
_PURPOSE = b"hawatch mail token 1"
_TOKEN = rf"[a-zA-Z2-7]{{{TOKEN_LETTERS}}}"
_MESSAGE_ID = re.compile(rf"<?([A-Za-z0-9-]+)\.({_TOKEN})@[^\s<>@]+>?", re.ASCII)
_THREAD = "thread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """What a token vouches for: the address it was made for, and when (epoch seconds, to the hour).

    `message` is the id of the message that it came with, None for an address to answer to.
    """

    address: str
    written_at: float
    message: str | None = None


class MailTokens:
    """Makes tokens, and says what one is worth; agents with the same key take each other's."""

    def __init__(self, key: bytes) -> None:
        """`key` is the peer key, or one of this node's own. ValueError for an empty key."""
        if not key:
            raise ValueError("the key is empty")
        self._key = hmac.digest(key, _PURPOSE, "sha256")

    def token(self, address: str, written_at: float, message: str = "") -> str:
        """For one address, and one message to it."""
        hour = max(int(written_at // HOUR), 0).to_bytes(_HOUR_BYTES, "big")
        return base64.b32encode(hour + self._mac(hour, address, message)).decode().lower().rstrip("=")

    def message_id(self, address: str, written_at: float, message: str, domain: str) -> str:
        """The Message-ID of one of our messages, angle brackets included."""
        return f"<{message}.{self.token(address, written_at, message)}@{domain}>"

    def of_address(self, token: str, addresses: Iterable[str]) -> Vouched | None:
        """Which of these addresses a token in a recipient's address was made for; None: none of them."""
        return self._vouched(token, addresses, "")

    def of_message_id(self, text: str, addresses: Iterable[str]) -> Vouched | None:
        """Which of our messages, to which of these addresses, has this Message-ID; None: none of ours."""
        found = _MESSAGE_ID.fullmatch(text.strip())
        return None if found is None else self._vouched(found[2], addresses, found[1])

    def _vouched(self, token: str, addresses: Iterable[str], message: str) -> Vouched | None:
        try:
            raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        except (binascii.Error, ValueError):
            return None
        hour, mac = raw[:_HOUR_BYTES], raw[_HOUR_BYTES:]
        for address in addresses:
            if hmac.compare_digest(mac, self._mac(hour, address, message)):
                written_at = int.from_bytes(hour, "big") * HOUR
                return Vouched(address=address, written_at=written_at, message=message or None)
        return None

    def _mac(self, hour: bytes, address: str, message: str) -> bytes:
        parts = (hour, address.lower().encode(), message.encode())
        signed = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
        return hmac.digest(self._key, signed, "sha256")[:_MAC_BYTES]


def thread_id(incident: str, domain: str) -> str:
    """What all mails about one incident refer to; no mail has it, and nothing is believed because of it."""
    name = re.sub(r"[^A-Za-z0-9-]+", "-", incident).strip("-") or "incident"
    return f"<{name}.{_THREAD}@{domain}>"
