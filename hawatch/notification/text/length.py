"""How long a text is for a phone: which alphabet it needs, and how many messages (segments) it is sent as.

GSM 7-bit: 3GPP TS 23.038 §6.2.1, the default alphabet, and §6.2.1.1, its extension table, each character of which is
two septets (escape and character). National language tables are not used: hardly a modem has them. Whatever is in
neither table makes the whole text UCS-2, which is counted in UTF-16 code units, as phones treat it.
Lengths of a part of several: 3GPP TS 23.040 §9.2.3.24.1 (a header of six octets).
"""

from __future__ import annotations

from enum import Enum

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
_ALL = BASIC | EXTENSION


class Alphabet(Enum):
    """What a text is sent in; the values are units in a message alone, and in each of several."""

    GSM7 = (160, 153)
    UCS2 = (70, 67)

    def units_of(self, char: str) -> int:
        """The septets, or UTF-16 code units, of one character."""
        if self is Alphabet.GSM7:
            return 2 if char in EXTENSION else 1
        return 2 if ord(char) > 0xFFFF else 1


def alphabet_of(text: str) -> Alphabet:
    """The alphabet that a text needs."""
    return Alphabet.GSM7 if _ALL.issuperset(text) else Alphabet.UCS2


def units(text: str) -> int:
    """The length in units of the text's alphabet: septets, or UTF-16 code units."""
    alphabet = alphabet_of(text)
    return sum(map(alphabet.units_of, text))


def split(text: str) -> list[str]:
    """The text as it is sent, message by message; a character of two units is never torn apart.

    An empty text is one empty message.
    """
    alphabet = alphabet_of(text)
    alone, of_several = alphabet.value
    if units(text) <= alone:
        return [text]
    parts, begin, filled = [], 0, 0
    for index, char in enumerate(text):
        wanted = alphabet.units_of(char)
        if filled + wanted > of_several:
            parts.append(text[begin:index])
            begin, filled = index, 0
        filled += wanted
    return [*parts, text[begin:]]


def segments(text: str) -> int:
    """How many messages the text is sent as."""
    return len(split(text))


def fits(text: str, most: int) -> bool:
    """Whether the text is sent as so many messages at the most."""
    alone, _ = Alphabet.GSM7.value
    return len(text) <= most * alone and segments(text) <= most
