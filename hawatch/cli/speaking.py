"""What a stream can carry: letters that it has no code for must not be an error."""

from __future__ import annotations

from typing import TextIO


def speak_carefully(stream: TextIO) -> None:
    """A letter that the stream has no code for becomes a question mark."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def can_say(text: str, encoding: str) -> bool:
    """Whether every character of the text exists in the encoding; in one that is not known, none does."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
