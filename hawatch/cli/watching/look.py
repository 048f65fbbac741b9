"""How text is laid into lines: signs, words, colours, and what happens to what is too long. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len, get_character_cell_size
from rich.text import Text

from hawatch.cli.columns import wrap
from hawatch.cli.watching.glyphs import Glyphs
from hawatch.cli.watching.words import Words

COLOURS = {"ok": "green", "info": "cyan", "warning": "yellow", "critical": "bold red", "unknown": "magenta"}
"""By severity; a word or a sign always says the same."""
DIM = "dim"
HEAD = "bold"
LABEL = 11
FEWEST = 8

Piece = str | tuple[str, str]
"""Text, or text with a style."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Columns and lines of a terminal."""

    columns: int
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Now: `wall` in epoch seconds, `at` in monotonic seconds."""

    wall: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What all parts of the picture share."""

    glyphs: Glyphs
    words: Words

    def sign(self, severity: str) -> str:
        """The sign of a severity, one column."""
        return self.glyphs.severities.get(severity, self.glyphs.severities["unknown"])

    def cut(self, text: str, columns: int) -> str:
        """The text in exactly so many columns, filled up or cut at its end."""
        if cell_len(text) <= columns:
            return text + " " * (columns - cell_len(text))
        return _head(text, columns - 1, self.glyphs.cut)

    def cut_front(self, text: str, columns: int) -> str:
        """The same, cut at its front: the end of an address tells more."""
        if cell_len(text) <= columns:
            return self.cut(text, columns)
        return _head(text[::-1], columns - 1, self.glyphs.cut)[::-1]

    def cut_before(self, head: str, tail: str, columns: int) -> str:
        """Head and tail in one; the head gives way first."""
        room = columns - cell_len(tail)
        if cell_len(head) <= room or room < 2:
            return self.cut(head + tail, columns)
        return self.cut(self.cut(head, room) + tail, columns)

    def line(self, columns: int, *pieces: Piece) -> Text:
        """One line of at most so many columns."""
        text = Text.assemble(*map(_in_one_line, pieces))
        if cell_len(text.plain) <= columns:
            return text
        kept = _head(text.plain, columns - 1, "").rstrip(" ")
        cut = text[: len(kept)]
        cut.append(self.glyphs.cut)
        return cut

    def labelled(self, columns: int, label: str, text: str, style: str = "") -> list[Text]:
        """A label, and the text wrapped beside it."""
        head = self.cut(f"  {label}", LABEL + 2)
        head += "" if head.endswith(" ") else " "
        first, *rest = folded(text, columns - cell_len(head)) or [""]
        indent = " " * cell_len(head)
        return [
            self.line(columns, (head, DIM), (first, style)),
            *(self.line(columns, indent, (each, style)) for each in rest),
        ]

    def rule(self, columns: int, title: str = "") -> Text:
        """A line across, with a title in it."""
        shown = f"{self.glyphs.rule} {title} " if title else ""
        rest = max(columns - cell_len(shown), 0)
        return self.line(columns, (shown + self.glyphs.rule * rest, DIM))


def folded(text: str, columns: int) -> list[str]:
    """Lines of so many columns; of a few at least, however narrow the terminal is."""
    return wrap(text, max(columns, FEWEST))


def tri(words: Words, value: object) -> str:
    """Yes, no, or unknown."""
    return words.say("unknown" if value is None else "yes" if value else "no")


def severity_of(names: Iterable[str]) -> str:
    """The worst of several severities, ok if there is none."""
    return max(names, key=badness, default="ok")


def badness(severity: str) -> int:
    """Worst first: critical, warning, unknown; a name that is not known counts as unknown."""
    return {"critical": 4, "warning": 3, "info": 1, "ok": 0}.get(severity, 2)


def age(seconds: float) -> str:
    """In at most five columns: `8s`, `4m`, `3h20`, `5d3h`, `412d`; what lies ahead counts as none."""
    whole = max(int(seconds), 0)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 60:
        return f"{minutes}m"
    if hours < 24:
        return f"{hours}h{minutes % 60:02}"
    return f"{days}d{hours % 24}h" if days < 10 else f"{days}d"


def _in_one_line(piece: Piece) -> Piece:
    """A name with a line end in it must not push anything down."""
    if isinstance(piece, str):
        return piece.replace("\n", " ")
    return piece[0].replace("\n", " "), piece[1]


def _head(text: str, columns: int, end: str) -> str:
    """As much as fits, filled up to `columns` where half a wide character would stand, and the end."""
    taken, used = [], 0
    for each in text:
        if used + get_character_cell_size(each) > columns:
            break
        taken.append(each)
        used += get_character_cell_size(each)
    return "".join(taken) + " " * max(columns - used, 0) + end
