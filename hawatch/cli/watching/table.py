"""The table of virtual routers; its columns follow from names, not from what happens: so little is redrawn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len
from rich.text import Text

from hawatch.cli.watching.look import COLOURS, DIM, HEAD, Look, Moment, Piece, Size, age
from hawatch.cli.watching.nodes import node_names
from hawatch.cli.watching.rows import Row
from hawatch.cli.watching.view import View

MARKS = 4
"""Columns for the mark of the chosen one and the sign, each with a space."""
AGE = 5
VERDICT_NARROW, VERDICT_WIDE = 13, 21
WIDE = 110
SHORT = {"split_brain_suspected": "split_brain?"}
"""For where there is no room."""
CAUSE_LEAST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """How wide each column is; `cause` takes what is left."""

    verdict: int
    router: int
    owners: int
    vips: int
    cause: int


def columns_of(rows: Sequence[Row], nodes: Sequence[str], columns: int) -> Columns:
    """Room for the longest names, and less of it where there is not enough."""
    verdict = VERDICT_WIDE if columns >= WIDE else VERDICT_NARROW
    router = max([6, *(cell_len(row.name) for row in rows)])
    owners = max(6, cell_len("+".join(nodes[:2])))
    vips = max([7, *(cell_len(_vips(row)) for row in rows)])
    left = columns - MARKS - verdict - AGE - 5
    # Each gives way in turn, and none below what still tells something.
    router = min(router, 24, max(left - owners - vips - CAUSE_LEAST, 8))
    vips = min(vips, 40, max(left - router - owners - CAUSE_LEAST, 15))
    owners = min(owners, 24, max(left - router - vips - CAUSE_LEAST, 6))
    cause = max(left - router - owners - vips, 0)
    return Columns(verdict=verdict, router=router, owners=owners, vips=vips, cause=cause)


def table(view: View, rows: tuple[Row, ...], size: Size, now: Moment, look: Look) -> list[Text]:
    """A head, and as many of the rows as `size` has further lines: the page with the chosen one."""
    words = look.words
    if not rows:
        wanted = view.filter if view.typing is None else view.typing
        text = words.say("no_match", filter=wanted) if wanted else words.say("nothing")
        return [look.line(size.columns, (text, COLOURS["unknown"]))]
    columns, room = size.columns, max(size.lines - 1, 1)
    widths = columns_of(rows, node_names(view.picture.status), columns)
    chosen = view.index(rows)
    first = min(chosen // room * room, max(len(rows) - room, 0))
    shown = rows[first : first + room]
    lines = [_head(widths, _where(first, len(shown), len(rows), look), columns, look)]
    for index, row in enumerate(shown, first):
        lines.append(look.line(columns, *_pieces(row, widths, now, look, chosen=index == chosen)))
    return lines


def _where(first: int, shown: int, total: int, look: Look) -> str:
    if shown == total:
        return ""
    return " " + look.words.say("rows", first=first + 1, last=first + shown, total=total)


def _head(widths: Columns, where: str, columns: int, look: Look) -> Text:
    words = look.words
    cause = look.cut(words.say("cause"), max(widths.cause - cell_len(where), 0))
    cells = [
        " " * (MARKS - 1),
        look.cut(words.say("verdict"), widths.verdict),
        " " * max(AGE - cell_len(words.say("since")), 0) + words.say("since"),
        look.cut(words.say("router"), widths.router),
        look.cut(words.say("owners"), widths.owners),
        look.cut(words.say("vips"), widths.vips),
        cause + where,
    ]
    return look.line(columns, (" ".join(cells), HEAD))


def _pieces(row: Row, widths: Columns, now: Moment, look: Look, *, chosen: bool) -> list[Piece]:
    router = row.router
    mark = look.glyphs.chosen if chosen else " "
    style = COLOURS.get(router["severity"], COLOURS["unknown"])
    since = age(now.wall - datetime.fromisoformat(router["since"]).timestamp())
    owners = "+".join(map(str, router["owners"])) or look.words.say("none")
    return [
        (f"{mark} ", HEAD),
        (f"{look.sign(row.severity)} ", COLOURS.get(row.severity, COLOURS["unknown"])),
        (look.cut(_verdict(row, widths.verdict, look), widths.verdict), style),
        f" {since:>{AGE}} ",
        (look.cut(row.name, widths.router), HEAD if chosen else ""),
        f" {look.cut(owners, widths.owners)} {look.cut_front(_vips(row), widths.vips)} ",
        (_cause(row, widths.cause, look), DIM if row.severity in {"ok", "info"} else ""),
    ]


def _verdict(row: Row, columns: int, look: Look) -> str:
    name = str(row.router["verdict"])
    told = look.words.name("verdict", name)
    return SHORT.get(name, told) if cell_len(told) > columns else told


def _vips(row: Row) -> str:
    addresses = [str(vip["address"]) for vip in row.router["vips"]]
    if not addresses:
        return "-"
    return addresses[0] if len(addresses) == 1 else f"{addresses[0]} +{len(addresses) - 1}"


def _cause(row: Row, columns: int, look: Look) -> str:
    if row.finding is None or columns < 2:
        return ""
    more = len(row.router["findings"]) - 1
    tail = f"@{row.finding['node']}" + (f" +{more}" if more else "")
    return look.cut_before(look.words.name("cause", row.finding["cause"]), tail, columns).rstrip(" ")
