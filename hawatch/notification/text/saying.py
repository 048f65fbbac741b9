"""The phrases of the dialogue, filled in, and short enough for a phone."""

from __future__ import annotations

from collections.abc import Sequence

from hawatch.notification.text.keys import SECTIONS
from hawatch.notification.text.language import Language
from hawatch.notification.text.length import fits
from hawatch.notification.text.letters import clip, shorten
from hawatch.notification.text.phrase import Phrase
from hawatch.notification.text.tag import tag
from hawatch.refusal import Refusal

_WHOLE = frozenset(
    {"code", "nonce", "undo_code", "number", "minutes", "tries", "count", "since", "until", "seconds"}
)
_SENTENCES = frozenset({"body", "reason", "state", "still"})
_SHORTEST = 6


def say(language: Language, phrase: Phrase | Refusal, /, **params: object) -> str:
    """A phrase for part of a text, or for one that needs no tag: at most two messages. TypeError: as for `tell`."""
    return _fitted(language, "", phrase, params, 2)


def tell(language: Language, pair: str, phrase: Phrase | Refusal, /, **params: object) -> str:
    """A phrase as a message of its own, with our tag: at most two messages long, the longest names clipped for it.

    TypeError: a parameter is missing, or unknown. Codes and numbers are never clipped.
    """
    return _fitted(language, f"{tag(language, pair)} ", phrase, params, 2)


def tell_lines(language: Language, pair: str, header: str, lines: Sequence[str], segments: int = 3) -> str:
    """Our tag, a header, and below it as many of the lines as fit; `+3` at the end stands for three more."""
    for shown in range(len(lines), -1, -1):
        more = [f"+{len(lines) - shown}"] if shown < len(lines) else []
        text = "\n".join([f"{tag(language, pair)} {header}", *lines[:shown], *more])
        if fits(text, segments):
            return text
    return tell(language, pair, Phrase.DETAILS, body=header)


def _fitted(
    language: Language, head: str, phrase: Phrase | Refusal, params: dict[str, object], most: int
) -> str:
    section = "refusal" if isinstance(phrase, Refusal) else "say"
    wanted = SECTIONS[section][phrase.value]
    if wanted != params.keys():
        raise TypeError(f"{phrase.value} is given {', '.join(sorted(wanted)) or 'nothing'}")
    values = {name: language.legible(value) for name, value in params.items()}
    while not fits(text := head + language.fill(f"{section}.{phrase.value}", values), most):
        name = max(values.keys() - _WHOLE, key=lambda each: (len(values[each]), each), default="")
        if not name or len(values[name]) <= _SHORTEST:
            break
        cut = shorten if name in _SENTENCES else clip
        values[name] = cut(values[name], max(len(values[name]) * 7 // 8, _SHORTEST))
    return text
