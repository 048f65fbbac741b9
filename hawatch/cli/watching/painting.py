"""From one screen to the next with few bytes: only cells that differ are written, wherever they are. Pure.

The control sequences are those of ECMA-48: CUP (`CSI row ; column H`), EL (`CSI K`), ED (`CSI 2 J`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from rich.text import Text

from hawatch.cli.watching.look import Size

Cell = tuple[str, Style]
"""A character with what combines with it; the right half of a wide one is empty."""

PLAIN = Style.null()
BLANK: Cell = (" ", PLAIN)
JUMP = 8
"""A jump over fewer cells than this costs more than to write them again."""
ERASE_LEAST = 4
CLEAR = "\x1b[0m\x1b[2J"
_SYSTEMS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}


class Painter:
    """Remembers what stands on the screen."""

    def __init__(self, console: Console) -> None:
        """`console` knows what colours the terminal has, and whether any are wanted."""
        self._console = console
        self._system = _SYSTEMS.get(console.color_system or "")
        self._size: Size | None = None
        self._rows: list[tuple[Cell, ...]] = []

    def paint(self, lines: Sequence[Text], size: Size) -> str:
        """What to write so that these lines stand there; empty when they do."""
        written = ""
        if size != self._size:
            written, self._size = CLEAR, size
            self._rows = [(BLANK,) * size.columns] * size.lines
        for index in range(size.lines):
            line = lines[index] if index < len(lines) else Text("")
            row = tuple(_cells(line, size.columns, self._console))
            if row != self._rows[index]:
                written += "".join(self._changes(self._rows[index], row, index))
                self._rows[index] = row
        return written

    def forget(self) -> None:
        """Something else may have been written: the next picture is painted in whole."""
        self._size = None

    def _changes(self, before: tuple[Cell, ...], after: tuple[Cell, ...], index: int) -> Iterator[str]:
        for start, end in _runs(before, after):
            yield f"\x1b[{index + 1};{start + 1}H"
            blank = _blank_from(after)
            if end > blank and len(after) - max(start, blank) >= ERASE_LEAST:
                yield self._text(after[start:blank])
                yield "\x1b[K"
                return
            yield self._text(after[start:end])

    def _text(self, cells: Sequence[Cell]) -> str:
        return "".join(
            self._styled("".join(char for char, _ in group), style)
            for style, group in groupby(cells, key=lambda cell: cell[1])
        )

    def _styled(self, text: str, style: Style) -> str:
        if self._system is None:
            return text
        if self._console.no_color:
            style = style.without_color
        return style.render(text, color_system=self._system)


def _cells(line: Text, columns: int, console: Console) -> Iterator[Cell]:
    """Exactly so many cells."""
    cells: list[Cell] = []
    for text, style, _ in line.render(console):
        for char in text:
            width = get_character_cell_size(char)
            if width == 0 and cells:
                head = max(index for index in range(len(cells)) if cells[index][0])
                cells[head] = (cells[head][0] + char, cells[head][1])
            elif width:
                cells += [(char, style or PLAIN), *[("", style or PLAIN)] * (width - 1)]
    cells = cells[:columns] + [BLANK] * max(columns - len(cells), 0)
    if get_character_cell_size(cells[-1][0][:1] or " ") > 1:
        cells[-1] = BLANK
    return iter(cells)


def _runs(before: tuple[Cell, ...], after: tuple[Cell, ...]) -> Iterator[tuple[int, int]]:
    """Where they differ, from and to; what lies close together is one run. No run begins in half a character."""
    run: tuple[int, int] | None = None
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            continue
        start = index - 1 if new[0] == "" else index
        end = index + 1
        while end < len(after) and after[end][0] == "":
            end += 1
        if run is not None and start - run[1] < JUMP:
            run = (run[0], end)
            continue
        if run is not None:
            yield run
        run = (start, end)
    if run is not None:
        yield run


def _blank_from(row: tuple[Cell, ...]) -> int:
    """Where the blank end of a row begins."""
    end = len(row)
    while end and row[end - 1] == BLANK:
        end -= 1
    return end
