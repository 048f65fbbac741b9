"""Mail addresses: one spelling for each, since an address says who an answer is from."""

from __future__ import annotations

import re

from hawatch.config import checks

LONGEST_LOCAL = 64
LONGEST = 254
"""Octets of the part before the @ and of a whole address (RFC 5321 §4.5.3.1)."""
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")


def to_address(text: str) -> str | None:
    """An address of the plain form LOCAL@DOMAIN, in lower case; None for everything else.

    Quoted local parts and letters beyond ASCII are none: no mailbox of a person on call needs them, and they are the
    stuff that forged headers are made of.
    """
    local, at, domain = text.rpartition("@")
    if not at or len(text) > LONGEST or len(local) > LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        return None
    if checks.host(domain) is not None or checks.parse_address(domain) or domain.endswith("."):
        return None
    return text.lower()


def address(text: str) -> str | None:
    """What is wrong with an address."""
    return None if to_address(text) else "is not a mail address, like anna@example.org"
