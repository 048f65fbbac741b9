"""Where the picture is shown: a terminal that is redrawn in place, or one that can only print line after line."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Protocol, TextIO

from rich.console import Console
from rich.text import Text

from hawatch.cli.watching.look import Size
from hawatch.cli.watching.painting import Painter

# The alternate screen, no cursor, no wrapping at the right edge; and the way back (xterm's private modes).
ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"
LEAVE = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
FALLBACK = Size(columns=80, lines=24)


class Screen(Protocol):
    """Something that shows a picture."""

    def enter(self) -> None:
        """Begin, or go on after a pause."""

    def show(self, lines: Sequence[Text], size: Size, gist: object) -> None:
        """Show it; of two pictures with an equal gist, only the times differ."""

    def leave(self) -> None:
        """Give the terminal back as it was."""


class PaintedScreen:
    """The terminal's alternate screen."""

    def __init__(self, stream: TextIO, console: Console) -> None:
        self._stream = stream
        self._painter = Painter(console)
        self._encoding = stream.encoding or "ascii"

    def enter(self) -> None:
        """Clear the alternate screen."""
        self._painter.forget()
        self._write(ENTER)

    def show(self, lines: Sequence[Text], size: Size, gist: object) -> None:
        """Write what differs."""
        del gist
        self._write(self._painter.paint(lines, size))

    def leave(self) -> None:
        """Back to what stood there before."""
        self._write(LEAVE)

    def _write(self, text: str) -> None:
        """In one piece: no half picture is seen."""
        if text:
            self._stream.buffer.write(text.encode(self._encoding, "replace"))
            self._stream.buffer.flush()


class PrintedScreen:
    """A terminal without a cursor that could be moved: a picture below the other, whenever something is new."""

    def __init__(self, print_lines: Callable[[str], None]) -> None:
        self._print = print_lines
        self._shown: object = None

    def enter(self) -> None:
        """Nothing to prepare."""

    def show(self, lines: Sequence[Text], size: Size, gist: object) -> None:
        """Print all of it, without what is blank."""
        del size
        if gist != self._shown:
            self._shown = gist
            self._print(plain_text(lines))

    def leave(self) -> None:
        """Nothing to give back."""


def plain_text(lines: Sequence[Text]) -> str:
    """The lines without colours and without blank ones, ended."""
    return "".join(f"{line.plain.rstrip()}\n" for line in lines if line.plain.strip())


def size_of(descriptor: int) -> Size:
    """The terminal's size; 80 by 24 where it has none."""
    try:
        columns, lines = os.get_terminal_size(descriptor)
    except OSError:
        return FALLBACK
    return Size(columns=columns or FALLBACK.columns, lines=lines or FALLBACK.lines)
