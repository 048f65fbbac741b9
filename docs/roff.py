"""Man pages in troff's man macros, from plain pieces of text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

_WIDTH = 78
_CODE = re.compile(r"`([^`]+)`")


def escaped(text: str) -> str:
    """Text that means itself: signs of troff are escaped, minus stays minus, and what is not ASCII is named."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace('"', "\\(dq")
    return "".join(each if ord(each) < 128 else f"\\[u{ord(each):04X}]" for each in plain)


def bold(text: str) -> str:
    """In bold."""
    return f"\\fB{escaped(text)}\\fR"


def italic(text: str) -> str:
    """In italics, as what the reader puts in the place."""
    return f"\\fI{escaped(text)}\\fR"


def prose(text: str) -> str:
    """Running text; what stands in backticks becomes bold."""
    lines = textwrap.wrap(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)
    found = "\n".join(lines)
    parts = _CODE.split(found)
    marked = "".join(bold(part) if n % 2 else escaped(part) for n, part in enumerate(parts))
    return "".join(f"{_harmless(line)}\n" for line in marked.splitlines())


def _harmless(line: str) -> str:
    """A line that is no request."""
    return f"\\&{line}" if line.startswith((".", "'")) else line


def literal(lines: Iterable[str]) -> str:
    """Lines as they stand, set off."""
    shown = "".join(f"{_harmless(escaped(line))}\n" for line in lines)
    return f".RS 4\n.nf\n{shown}.fi\n.RE\n"


def item(head: str, text: str) -> str:
    """One entry of a list; `head` is troff already."""
    return f".TP\n{head}\n{prose(text) or '.br' + chr(10)}"


def section(name: str, *parts: str) -> str:
    """A section with what is in it."""
    return f".SH {name}\n{''.join(parts)}"


def subsection(name: str, *parts: str) -> str:
    """A part of a section."""
    return f'.SS "{escaped(name)}"\n{"".join(parts)}'


def paragraph(text: str) -> str:
    """A paragraph of prose."""
    return f".PP\n{prose(text)}"


def blocks(text: str) -> str:
    """Paragraphs, and indented lines as they stand, as the help of a command has them."""
    return "".join(_blocks(text.strip("\n").splitlines()))


def _blocks(lines: list[str]) -> Iterator[str]:
    words: list[str] = []
    shown: list[str] = []
    for line in [*lines, ""]:
        if line.startswith("  "):
            if words:
                yield paragraph(" ".join(words))
                words = []
            shown.append(line.strip())
            continue
        if shown:
            yield ".PP\n" + literal(shown)
            shown = []
        if line:
            words.append(line)
        elif words:
            yield paragraph(" ".join(words))
            words = []


def page(name: str, number: int, source: str, manual: str, *parts: str) -> str:
    """A whole page. It has no date: the same source gives the same page."""
    head = f'.\\" Made from the code by `make docs`.\n.TH {escaped(name.upper())} {number} "" "{source}" "{manual}"\n'
    return head + ".nh\n.ad l\n" + "".join(parts)
