"""What is written to the terminal, read back by a terminal of the test's own, and how much it is."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import get_character_cell_size
from rich.console import Console
from rich.text import Text

from hawatch.cli.watching.frame import frame
from hawatch.cli.watching.look import Look, Moment, Size
from hawatch.cli.watching.painting import Painter
from hawatch.cli.watching.view import View
from hawatch.verdict import VerdictKind
from tests import snapshots
from tests.watching import LARGE, NOW, SMALL, case, last_hour, look, many, split_of_two, view

_PIECE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])|([^\x1b])")


class Glass:
    """A screen that understands what the painter may write, and nothing else; it has the columns and no colours."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._cells = [[" "] * size.columns for _ in range(size.lines)]
        self._row = self._column = 0

    def take(self, text: str) -> None:
        position = 0
        for found in _PIECE.finditer(text):
            assert found.start() == position, f"not understood: {text[position : found.start()]!r}"
            position = found.end()
            if found[3] is not None:
                self._write(found[3])
            else:
                self._control(found[1], found[2])
        assert position == len(text)

    def lines(self) -> list[str]:
        return ["".join(row).rstrip() for row in self._cells]

    def _write(self, char: str) -> None:
        width = get_character_cell_size(char)
        row = self._cells[self._row]
        if width == 0:
            head = max(index for index in range(self._column) if row[index])
            row[head] += char
            return
        assert self._column + width <= self._size.columns, "beyond the right edge"
        row[self._column : self._column + width] = [char, *[""] * (width - 1)]
        self._column += width

    def _control(self, numbers: str, kind: str) -> None:
        match kind:
            case "H":
                row, column = map(int, numbers.split(";"))
                self._row, self._column = row - 1, column - 1
            case "K":
                row_cells = self._cells[self._row]
                row_cells[self._column :] = [" "] * (self._size.columns - self._column)
            case "J":
                assert numbers == "2"
                self._cells = [[" "] * self._size.columns for _ in range(self._size.lines)]
            case "m":
                pass
            case _:
                pytest.fail(f"CSI {numbers} {kind}")


def console(**settings: object) -> Console:
    fixed = {"file": io.StringIO(), "force_terminal": True, "color_system": "256", "no_color": False}
    return Console(**{**fixed, **settings})  # type: ignore[arg-type]


def drawn(seen: View, size: Size = SMALL, now: Moment = NOW, looks: Look | None = None) -> list[Text]:
    return frame(seen, size, now, looks or look())


def test_a_picture_arrives_as_it_was_laid_out() -> None:
    seen = view(split_of_two(), incidents=case(), history=last_hour())
    for size in (SMALL, LARGE):
        for looks in (look(), look("zh"), look(ascii_only=True)):
            glass, lines = Glass(size), drawn(seen, size, looks=looks)
            glass.take(Painter(console()).paint(lines, size))
            assert glass.lines() == [line.plain.rstrip() for line in lines]


def test_only_the_clock_costs_less_than_200_bytes() -> None:
    for snapshot in (snapshots.steady(), split_of_two(), snapshots.snapshot(*many(255))):
        painter, seen = Painter(console()), view(snapshot)
        painter.paint(drawn(seen), SMALL)
        for second in range(1, 5):
            later = Moment(wall=NOW.wall + second, at=NOW.at)
            assert 0 < len(painter.paint(drawn(seen, now=later), SMALL).encode()) < 200


def test_a_verdict_that_changes_costs_less_than_2000_bytes() -> None:
    for others in (0, 1, 254):
        painter = Painter(console())
        split = snapshots.router(
            split_of_two().routers[1].verdict, instance="VI_9", findings=(snapshots.BLOCKED_INBOUND,)
        )
        calm = snapshots.router(instance="VI_9")
        painter.paint(drawn(view(snapshots.snapshot(*many(others), calm))), SMALL)
        change = painter.paint(drawn(view(snapshots.snapshot(*many(others), split))), SMALL)
        assert 0 < len(change.encode()) < 2000


def test_what_has_not_changed_is_not_written() -> None:
    painter, seen = Painter(console()), view(split_of_two())
    assert painter.paint(drawn(seen), SMALL)
    assert painter.paint(drawn(seen), SMALL) == ""
    painter.forget()
    assert painter.paint(drawn(seen), SMALL).startswith("\x1b[0m\x1b[2J")


def test_another_size_is_painted_in_whole() -> None:
    painter, seen = Painter(console()), view(split_of_two())
    painter.paint(drawn(seen), SMALL)
    larger = Size(columns=100, lines=30)
    glass, lines = Glass(larger), drawn(seen, larger)
    glass.take(painter.paint(lines, larger))
    assert glass.lines() == [line.plain.rstrip() for line in lines]


def test_without_colours_there_are_none() -> None:
    seen = view(split_of_two())
    assert "\x1b[1;31m" in Painter(console()).paint(drawn(seen), SMALL)
    for plain in (console(no_color=True), console(color_system=None)):
        written = Painter(plain).paint(drawn(seen), SMALL)
        assert not re.search(r"\x1b\[[0-9;]*3[0-7]", written.replace("\x1b[30", ""))


LINE = st.text(st.sampled_from("ab ▁裂脑é\u0301"), max_size=24)
SCREEN = st.lists(LINE, min_size=3, max_size=3)
NARROW = Size(columns=12, lines=3)


@given(st.lists(SCREEN, min_size=1, max_size=5))
def test_after_any_changes_the_screen_shows_what_a_new_one_would(screens: Sequence[list[str]]) -> None:
    painter, glass = Painter(console()), Glass(NARROW)
    for screen in screens:
        texts = [Text(line) for line in screen]
        glass.take(painter.paint(texts, NARROW))
        fresh = Glass(NARROW)
        fresh.take(Painter(console()).paint(texts, NARROW))
        assert glass.lines() == fresh.lines()


def test_a_failover_is_cheap_in_chinese_too() -> None:
    painter = Painter(console())
    calm, gone = view(snapshots.steady()), view(snapshots.failover("lb01"))
    painter.paint(drawn(calm, looks=look("zh")), SMALL)
    change = painter.paint(drawn(gone, looks=look("zh")), SMALL)
    assert VerdictKind.FAILOVER.value not in change
    assert "故障切换" in change
    assert len(change.encode()) < 2000
