"""The sign at the head of our messages, by which we know them when they come back to us."""

from __future__ import annotations

import unicodedata

from hawatch.notification.text.language import Language
from hawatch.notification.text.letters import clip

LONGEST_PAIR = 20
_OPENING = "[hawatch"


def tag(language: Language, pair: str, limit: int = LONGEST_PAIR) -> str:
    """`[hawatch PAIR]`, the name clipped to `limit` characters."""
    return f"{_OPENING} {clip(language.legible(pair), limit)}]"


def is_ours(text: str) -> bool:
    """Whether a text that came in is a message of hawatch's, perhaps another's: it is not answered, or two would
    write to each other for ever. A gateway's signature or a quotation mark may stand before ours."""
    lines = unicodedata.normalize("NFKC", text).strip().splitlines()
    return bool(lines) and _OPENING in lines[0].casefold()
