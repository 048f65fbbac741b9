"""The peer key as text: made, or taken over from the other node."""

from __future__ import annotations

import base64

from hawatch.cli.choosing import SHORTEST_KEY
from hawatch.errors import HawatchError

KEY_BYTES = 32
_LONGEST = 4096


def key_text(random: bytes) -> str:
    """A key of random bytes, in a form that survives being copied by hand."""
    return base64.b64encode(random).decode()


def taken_over(data: bytes, source: str) -> str:
    """A key that comes from somewhere else. HawatchError, naming the source, for what is none."""
    try:
        text = data.strip().decode("ascii")
    except UnicodeDecodeError:
        raise HawatchError(f"--key-from {source}: is not a key of hawatch (hawatch init makes one)") from None
    if not text:
        raise HawatchError(f"--key-from {source}: nothing came")
    if len(text) < SHORTEST_KEY:
        raise HawatchError(
            f"--key-from {source}: the key is {len(text)} bytes long; {SHORTEST_KEY} is the least"
        )
    if len(text) > _LONGEST or not text.isprintable() or " " in text:
        raise HawatchError(f"--key-from {source}: is not a key of hawatch (hawatch init makes one)")
    return text
