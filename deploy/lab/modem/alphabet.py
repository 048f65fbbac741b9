"""The two alphabets of short messages: GSM 7 bit (3GPP TS 23.038 §6.2.1) in septets, and UCS-2."""

from __future__ import annotations

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = {
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
ESCAPE = 0x1B
_CODES = {character: (code,) for code, character in enumerate(BASIC) if code != ESCAPE} | {
    character: (ESCAPE, code) for code, character in EXTENDED.items()
}


def fits_gsm(text: str) -> bool:
    """Can the text be written in the 7-bit alphabet?"""
    return all(character in _CODES for character in text)


def to_septets(text: str) -> list[int]:
    """The text's septets; KeyError for a character that the alphabet has not."""
    return [code for character in text for code in _CODES[character]]


def from_septets(septets: list[int]) -> str:
    """The text of septets; an unknown escape is shown as its basic character, as phones do."""
    text = ""
    rest = iter(septets)
    for code in rest:
        if code == ESCAPE:
            second = next(rest, 0x20)
            text += EXTENDED.get(second, BASIC[second])
        else:
            text += BASIC[code]
    return text


def pack(septets: list[int]) -> bytes:
    """Septets in octets, the first in the lowest bits."""
    bits = sum(septet << 7 * place for place, septet in enumerate(septets))
    return bits.to_bytes((7 * len(septets) + 7) // 8, "little")


def unpack(octets: bytes, count: int) -> list[int]:
    """The first `count` septets of these octets."""
    bits = int.from_bytes(octets, "little")
    return [bits >> 7 * place & 0x7F for place in range(count)]
