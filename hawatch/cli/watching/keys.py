"""Bytes of a terminal to keys. Pure; a sequence may come in pieces, as over a slow line."""

from __future__ import annotations

import codecs
import re

UP, DOWN, PAGE_UP, PAGE_DOWN, HOME, END = "up", "down", "page-up", "page-down", "home", "end"
ENTER, ESCAPE, ERASE = "enter", "escape", "erase"

_SEQUENCES = {
    "A": UP,
    "B": DOWN,
    "H": HOME,
    "F": END,
    "1~": HOME,
    "4~": END,
    "5~": PAGE_UP,
    "6~": PAGE_DOWN,
    "7~": HOME,
    "8~": END,
}
_CONTROLS = {"\r": ENTER, "\n": ENTER, "\x7f": ERASE, "\x08": ERASE}
_WHOLE = re.compile(r"\x1b(?:O[ -~]|\[[0-?]*[ -/]*[@-~]|[^\[O])")
_BEGUN = re.compile(r"\x1b(?:O|\[[0-?]*[ -/]*)?$")


class Keys:
    """Takes what was read, gives what was pressed: a printable character, or one of the names above."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    @property
    def begun(self) -> bool:
        """Whether a sequence has begun that may yet go on."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[str]:
        """The keys that are complete."""
        text, self._rest = self._rest + self._decoder.decode(data), ""
        pressed: list[str] = []
        while text:
            if text[0] != "\x1b":
                pressed += _plain(text[0])
                text = text[1:]
            elif whole := _WHOLE.match(text):
                pressed += _sequence(whole[0])
                text = text[whole.end() :]
            elif _BEGUN.match(text):
                self._rest, text = text, ""
            else:
                text = text[1:]
        return pressed

    def end(self) -> list[str]:
        """Nothing more came: what had begun was the Escape key."""
        begun, self._rest = self._rest, ""
        return [ESCAPE] if begun else []


def _plain(char: str) -> list[str]:
    if char in _CONTROLS:
        return [_CONTROLS[char]]
    return [char] if char.isprintable() else []


def _sequence(text: str) -> list[str]:
    """An unknown one is nothing: half of it must not count as keys."""
    if text[1] not in "[O":
        return [ESCAPE, *_plain(text[1])]
    known = _SEQUENCES.get(text[2:])
    return [known] if known else []
