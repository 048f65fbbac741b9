"""Names and other people's words, made fit for a text message."""

from __future__ import annotations

import unicodedata
from functools import partial

from hawatch.notification.text.length import BASIC, EXTENSION, Alphabet, alphabet_of

MARK = ".."
"""Stands where something was cut out."""

_KNOWN = BASIC | EXTENSION
_NEAREST = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "→": "->", "·": ".", "•": "-", "×": "x", "¦": "|",
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE", "þ": "th", "ð": "d",
        "、": ",", "。": ".", "「": '"', "」": '"',
    }
)  # fmt: skip


def legible(text: str, alphabet: Alphabet) -> str:
    """The text on one line without what cannot be printed, in the letters of the alphabet.

    A letter that GSM 7-bit lacks becomes its nearest (é stays, ê becomes e), one that has none a question mark.
    """
    shown = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    if alphabet is Alphabet.UCS2 or alphabet_of(shown) is Alphabet.GSM7:
        return shown
    return "".join(map(_in_gsm, shown.translate(_NEAREST)))


def _in_gsm(char: str) -> str:
    if char in _KNOWN:
        return char
    parts = unicodedata.normalize("NFKD", char)
    kept = "".join(part for part in parts if part in _KNOWN)
    return kept if kept or all(map(unicodedata.combining, parts)) else "?"


def clip(name: str, limit: int) -> str:
    """A name of `limit` characters at the most; the middle goes, since both ends tell names apart."""
    if len(name) <= limit:
        return name
    room = max(limit - len(MARK), 2)
    tail = room // 2
    return name[: room - tail] + MARK + name[-tail:]


def clip_head(name: str, limit: int) -> str:
    """A name of `limit` characters at the most, by its end, which is what tells addresses apart."""
    return name if len(name) <= limit else MARK + name[-max(limit - len(MARK), 1) :]


def shorten(text: str, limit: int) -> str:
    """A sentence of `limit` characters at the most; the rest goes."""
    return text if len(text) <= limit else text[: max(limit - len(MARK), 0)].rstrip() + MARK


def clip_apart(names: frozenset[str], limit: int) -> dict[str, str] | None:
    """The names, each with how it is shown; None if two could not be told apart in so few characters.

    First the domain goes that all have in common, then a name's middle, its head, or all before they differ.
    """
    bare = _without_common_domain(names)
    begun = _common_prefix(sorted(bare.values()))
    for cut in (clip, clip_head, partial(_from, begun)):
        shown = {name: short if len(short) <= limit else cut(short, limit) for name, short in bare.items()}
        if len(set(shown.values())) == len(names):
            return shown
    return None


def _without_common_domain(names: frozenset[str]) -> dict[str, str]:
    split = {name: name.split(".") for name in names}
    domains = {tuple(labels[1:]) for labels in split.values()}
    hosts = {labels[0] for labels in split.values()}
    if len(domains) != 1 or len(hosts) != len(names) or "" in hosts or any(map(str.isdigit, hosts)):
        return {name: name for name in names}
    return {name: labels[0] for name, labels in split.items()}


def _common_prefix(names: list[str]) -> int:
    if not names:
        return 0
    first, last = names[0], names[-1]
    return next((i for i, char in enumerate(first) if last[i : i + 1] != char), len(first))


def _from(begin: int, name: str, limit: int) -> str:
    return MARK + shorten(name[begin:], max(limit - len(MARK), len(MARK) + 1))
