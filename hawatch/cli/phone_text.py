"""How messages look on a phone in the terminal: bubbles for people, plain lines for pipes; times are local."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from hawatch.cli.columns import pad, printable, width, wrap

Json = Mapping[str, Any]

WIDEST = 80
NARROWEST = 24
FRAME = 4
ROUND = ("╭", "╮", "╰", "╯", "─", "│")
PLAIN = ("+", "+", "+", "+", "-", "|")


class Look(Protocol):
    """A way to show a text."""

    def show(self, bubble: Json) -> str:
        """The lines of one text, without the last line end."""


class PlainLook:
    """A head with the time and who wrote it, and the text as it is."""

    def show(self, bubble: Json) -> str:
        """The text stays as it was written: it may be copied or searched."""
        first, *rest = printable(bubble["text"]).splitlines() or [""]
        head = f"{_clock(bubble)} {'>' if bubble['typed'] else '<'} "
        return "\n".join([f"{head}{first}", *(f"{' ' * len(head)}{line}" for line in rest)])


class BubbleLook:
    """A frame around each text, messages at the left and replies at the right."""

    def __init__(self) -> None:
        columns = shutil.get_terminal_size((WIDEST, 24)).columns
        self._columns = max(min(columns, WIDEST), NARROWEST)
        self._frame = ROUND if _can_say("".join(ROUND)) else PLAIN

    def show(self, bubble: Json) -> str:
        """One text in its frame."""
        lines = wrap(printable(bubble["text"]), self._columns * 3 // 4 - FRAME) or [""]
        time = _clock(bubble)
        inner = max(width(time) + 1, *map(width, lines))
        top_left, top_right, bottom_left, bottom_right, flat, upright = self._frame
        framed = [
            f"{top_left}{flat} {time} {flat * (inner - width(time) - 1)}{top_right}",
            *(f"{upright} {pad(line, inner)} {upright}" for line in lines),
            f"{bottom_left}{flat * (inner + 2)}{bottom_right}",
        ]
        indent = " " * max(self._columns - inner - FRAME, 0) if bubble["typed"] else ""
        return "\n".join(f"{indent}{line}" for line in framed)


def _clock(bubble: Json) -> str:
    return f"{datetime.fromisoformat(bubble['time']).astimezone():%m-%d %H:%M:%S}"


def _can_say(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
