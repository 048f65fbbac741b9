"""The whole picture for a terminal of any size: lines of text, never more and never wider than it has. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from hawatch.cli.watching import details
from hawatch.cli.watching.around import around
from hawatch.cli.watching.heading import heading
from hawatch.cli.watching.lanes import lanes
from hawatch.cli.watching.look import COLOURS, DIM, Look, Moment, Size
from hawatch.cli.watching.nodes import side_by_side
from hawatch.cli.watching.rows import Row
from hawatch.cli.watching.table import table
from hawatch.cli.watching.view import View

ROOMY = Size(columns=120, lines=40)
"""From here on everything is shown from the start."""
LOW = 14
"""With fewer lines than this there are the virtual routers, and nothing else."""
ROWS_LEAST = 3
ENTRIES = 8


def shows_more(view: View, size: Size) -> bool:
    """Whether lanes, nodes and evidence are shown."""
    if view.more is not None:
        return view.more
    return size.columns >= ROOMY.columns and size.lines >= ROOMY.lines


def frame(view: View, size: Size, now: Moment, look: Look) -> list[Text]:
    """As many lines as the terminal has; fewer if there is less to say, but for the last, which stays at the bottom."""
    columns, status = size.columns, view.picture.status
    head = heading(view, columns, now, look)[: max(size.lines - 4, 1)]
    foot = _foot(view, columns, look, more=shows_more(view, size))
    low = size.lines < LOW
    below = [] if low else around(status, columns, 3 if size.lines >= ROOMY.lines else 2, look)
    rows = view.rows()
    room = size.lines - len(head) - 1 - 1 - (len(below) + 1 if below else 0)
    body: list[Text] = []
    chosen = rows[view.index(rows)] if rows else None
    if chosen is not None and not low:
        body = list(_body(view, chosen, size, now, look))
    shown = _rows_shown(len(rows), room, len(body), size)
    listed = table(view, rows, Size(columns=columns, lines=max(shown, 1) + 1), now, look)
    middle = [*listed, *_scrolled(view, body, room - len(listed) + 1, columns, look)]
    lines = [*head, *middle[: max(size.lines - len(head) - len(below) - 1 - bool(below), 0)]]
    filler = size.lines - len(lines) - len(below) - bool(below) - 1
    lines += [Text("")] * max(filler, 0)
    if below:
        lines += [look.rule(columns), *below]
    return [*lines, foot][-size.lines :] if size.lines > 1 else head[:1]


def _rows_shown(rows: int, room: int, body: int, size: Size) -> int:
    """The details get what they need, and the virtual routers at least a half; or less where there is much to show."""
    if not body:
        return min(rows, room)
    least = room // 3 if size.lines >= ROOMY.lines else room // 2
    return min(rows, max(room - body - 1, least, ROWS_LEAST))


def _scrolled(view: View, body: list[Text], room: int, columns: int, look: Look) -> list[Text]:
    """A rule, and what fits of the details below it; how much more there is."""
    room -= 1
    if not body or room < 2:
        return []
    offset = min(view.scrolled, max(len(body) - room, 0))
    shown = body[offset : offset + room]
    hidden = len(body) - offset - len(shown)
    if hidden:
        shown = shown[:-1]
        told = look.words.say("more_lines", count=hidden + 1)
        return [look.rule(columns), *shown, look.line(columns, (f"  {look.glyphs.cut} {told}", DIM))]
    return [look.rule(columns), *shown]


def _body(view: View, row: Row, size: Size, now: Moment, look: Look) -> Iterator[Text]:
    columns = size.columns
    more = shows_more(view, size)
    yield from details.summary(row, columns, now, look)
    yield from details.findings(list(row.router["findings"]), columns, look)
    yield from details.incident(view, row, columns, look)
    if more:
        yield from details.timeline(view, row, columns, look, most=ENTRIES)
        yield Text("")
        yield from side_by_side(view, row, columns, look)
        yield Text("")
    else:
        yield from details.vips(row, columns, look)
    yield from details.last_move(row, columns, now, look)
    if more:
        if view.picture.history is not None:
            yield from lanes(view.picture.history, row, columns, now, look)
            yield Text("")
        yield from details.evidence(row, columns, look)


def _foot(view: View, columns: int, look: Look, *, more: bool) -> Text:
    words = look.words
    if view.asking is not None:
        asked = words.say(f"ask_{view.asking.deed}", id=view.asking.incident)
        return look.line(columns, (asked, "bold reverse"))
    if view.typing is not None:
        return look.line(columns, (words.say("filtering", typed=view.typing), "bold"))
    if view.notice:
        return look.line(columns, (view.notice, "bold"))
    keys = words.say("keys", arrows=look.glyphs.arrows, more=words.say("less" if more else "more"))
    kept = words.say("filter", filter=view.filter) if view.filter else ""
    return look.line(columns, (f"{kept}  " if kept else "", COLOURS["info"]), (keys, DIM))
