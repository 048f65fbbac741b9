"""Words that carriers act on when they stand in a text message, so that none of ours may hold them."""

from __future__ import annotations

import re

_WORDS = (
    "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "START", "YES", "UNSTOP", "HELP", "INFO", "T", "TD",
)  # fmt: skip
_COMMAND = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(_WORDS)})(?![a-z0-9])|退订", re.IGNORECASE | re.ASCII)


def carrier_word(text: str) -> str | None:
    """The first word in a text that carriers take as a command, if it stands there by itself; None: there is none."""
    found = _COMMAND.search(text)
    return found[0] if found else None
