"""The first lines: whose picture, the worst of it, the time, and whether it is live; below, what is muted. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.text import Text

from hawatch.cli.watching.look import COLOURS, DIM, HEAD, Look, Moment, age
from hawatch.cli.watching.rows import rows_of
from hawatch.cli.watching.view import Json, View

OLD = 5.0
"""Seconds after which a picture is told of as old; the agent makes a new one at least every second."""
NARROW = 8


def heading(view: View, columns: int, now: Moment, look: Look) -> list[Text]:
    """One line, and one for each mute."""
    status = view.picture.status
    lines = [_first(view, columns, now, look)]
    if status["maintenance"] is not None:
        lines.append(_mute(look.words.say("maintenance"), status["maintenance"], columns, look))
    for each in status.get("silences", ()):
        label = f"{look.words.say('silence')} {each['subject']}"
        lines.append(_mute(label, each, columns, look))
    return lines


def _first(view: View, columns: int, now: Moment, look: Look) -> Text:
    words, status = look.words, view.picture.status
    trouble = _trouble(view, now, look)
    clock = f"{datetime.fromtimestamp(now.wall, UTC).astimezone():%H:%M:%S}"
    right = f"  {clock} {trouble or words.say('live')}"
    if trouble:
        # What was seen last may be over: it must not look like the present.
        severity, worst = "unknown", words.say("last_known", what=_worst(status, look))
    else:
        severity, worst = str(status["severity"]), _worst(status, look)
    sign = f" {look.sign(severity)} {worst} "
    sign = look.cut(sign, max(min(cell_len(sign), columns - cell_len(right) - NARROW - 1), 3))
    room = max(columns - cell_len(right) - cell_len(sign) - 1, NARROW)
    whose = words.say("seen_from", pair=status["pair"], node=status["node"])
    left = look.cut(whose, room) if cell_len(whose) > room else whose
    gap = max(columns - cell_len(left) - 1 - cell_len(sign) - cell_len(right), 0)
    style = f"{COLOURS.get(severity, COLOURS['unknown'])} reverse"
    return look.line(
        columns,
        (left, HEAD),
        " ",
        (sign, style),
        " " * gap,
        (right, COLOURS["warning"] if trouble else ""),
    )


def _worst(status: Json, look: Look) -> str:
    """The severity as a word, what it is about, and of how many virtual routers that is so."""
    severity = str(status["severity"])
    rows = rows_of(status)
    alike = [row for row in rows if row.severity == severity]
    told = look.words.name("severity", severity).upper()
    if not rows:
        return told
    if not alike:
        return f"{told} {'' if severity == 'ok' else _outside(status, severity, look)}".rstrip()
    first = alike[0]
    if first.router["severity"] == severity or first.finding is None:
        told += f" {look.words.name('verdict', first.router['verdict'])}"
    else:
        told += f" {look.words.name('cause', first.finding['cause'])}"
    count = look.words.say("of", count=len(alike), total=len(rows))
    return f"{told} ({count})" if len(rows) > 1 else told


def _outside(status: Json, severity: str, look: Look) -> str:
    """What is so bad, and lies on no virtual router."""
    causes: Iterator[str] = (
        look.words.name("cause", each["cause"])
        for each in status.get("findings", ())
        if each["severity"] == severity
    )
    return next(causes, "")


def _trouble(view: View, now: Moment, look: Look) -> str:
    """Why the picture is not live; empty when it is."""
    silent = view.silent_for(now.at)
    if silent is not None:
        return look.words.say("no_answer", age=age(silent))
    old = now.wall - datetime.fromisoformat(view.picture.status["time"]).timestamp()
    # What is heard seldom may be as old as that.
    return look.words.say("old", age=age(old)) if old > view.interval + OLD else ""


def _mute(label: str, mute: Json, columns: int, look: Look) -> Text:
    until = f"{datetime.fromisoformat(mute['until']).astimezone():%m-%d %H:%M}"
    told = look.words.say("until", until=until, who=mute["who"])
    if mute["all"]:
        told += f", {look.words.say('everything')}"
    reason = f": {mute['reason']}" if mute["reason"] else ""
    return look.line(columns, (f"{label} ", COLOURS["info"]), (f"{told}{reason}", DIM))
