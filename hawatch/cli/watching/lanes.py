"""The last hour as lanes of characters: letters and heights tell as much as the colours. Pure.

Time is cut into slices that do not move while time goes on, so that a lane is redrawn when a slice is over, no sooner.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.text import Text

from hawatch.cli.watching.look import COLOURS, DIM, HEAD, Look, Moment, Piece, badness, folded
from hawatch.cli.watching.rows import Row
from hawatch.cli.watching.view import Json
from hawatch.verdict import VerdictKind

HOUR = 3600.0
LABEL_LEAST, LABEL_MOST = 14, 30
FRESH = 30.0
SEVERAL = "several"
LETTERS = {
    "degraded": "D",
    "switchover": "S",
    "failover": "F",
    "failback": "B",
    "split_brain": "X",
    "split_brain_suspected": "x",
    "no_owner": "0",
    "conflict": "C",
    "flapping": "~",
    "isolated": "I",
    "indeterminate": "?",
    "down": "d",
    "silent": "s",
    "left": "l",
    "none": "n",
    SEVERAL: "*",
}
"""What begins a span that is not the usual; the usual ones have none."""
USUAL = frozenset({"steady", "up"})
_VERDICTS = frozenset(each.value for each in VerdictKind)


@dataclass(frozen=True, slots=True)
class Slices:
    """The hour in `count` equal slices, which ends where the present one does; epoch seconds."""

    end: float
    count: int

    @classmethod
    def until(cls, wall: float, count: int) -> Slices:
        """The slice in which `wall` lies is the last."""
        width = HOUR / count
        return cls(end=(math.floor(wall / width) + 1) * width, count=count)

    def values(self, spans: Sequence[Sequence[object]]) -> list[object]:
        """The most telling value of each slice, None where nothing is known."""
        width = HOUR / self.count
        begin = self.end - HOUR
        found: list[object] = [None] * self.count
        for start, end, value in spans:
            first = max(math.floor((_seconds(start) - begin) / width), 0)
            last = min(math.ceil((_seconds(end) - begin) / width), self.count)
            for index in range(first, max(last, min(first + 1, self.count))):
                found[index] = max(found[index], value, key=_telling)
        return found


def lanes(history: Json, row: Row, columns: int, now: Moment, look: Look) -> Iterator[Text]:
    """The verdict, who was heard and who held what, the links and agents; with a scale, and what the letters mean."""
    chosen = [lane for lane in history["lanes"] if _belongs(lane, row)]
    named = [(_label(lane, look), lane) for lane in sorted(chosen, key=_order)]
    if not named:
        return
    label = max(LABEL_LEAST, *(cell_len(name) for name, _ in named))
    label = min(label, LABEL_MOST, columns // 3) + 3
    slices = Slices.until(now.wall, max(columns - label, 10))
    met: set[str] = set()
    yield _scale(slices, label, columns, look)
    for name, lane in named:
        values = slices.values(_until_now(lane["spans"], history["to"], now.wall))
        met |= {value for value in values if isinstance(value, str)}
        yield look.line(columns, f"{look.cut(f'  {name}', label - 1)} ", *_drawn(values, look))
    yield from _legend(met, columns, look)


def _until_now(spans: Sequence[Sequence[object]], told: object, wall: float) -> list[Sequence[object]]:
    """What held when the agent last told of it holds still, unless that is long ago."""
    if not spans or wall - _seconds(told) > FRESH:
        return list(spans)
    *before, (start, _, value) = spans
    return [*before, (start, wall, value)]


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _telling(value: object) -> tuple[int, int]:
    """What was short and bad must not be lost in a slice."""
    if value is None:
        return 0, 0
    if value == SEVERAL:
        return 2, 0
    if isinstance(value, bool):
        return 1, int(value)
    return 1, _worse(str(value))


def _worse(value: str) -> int:
    if value in USUAL:
        return 0
    return 1 + badness(_severity(value))


def _severity(value: str) -> str:
    if value in USUAL:
        return "ok"
    if value in _VERDICTS:
        return str(VerdictKind(value).severity)
    return {"none": "info", SEVERAL: "warning"}.get(value, "warning")


def _belongs(lane: Json, row: Row) -> bool:
    instance, vrid, family = row.key
    if lane["kind"] in {"link", "agent"}:
        return True
    if lane["instance"] != instance:
        return False
    return lane["kind"] == "vip" or (lane["vrid"], lane["family"]) == (vrid, family)


def _order(lane: Json) -> tuple[object, ...]:
    kinds = ("verdict", "advertiser", "vip", "link", "agent")
    kind = kinds.index(lane["kind"]) if lane["kind"] in kinds else len(kinds)
    return kind, str(lane.get("vip", "")), str(lane.get("node") or lane.get("peer") or "")


def _label(lane: Json, look: Look) -> str:
    words, kind = look.words, lane["kind"]
    if kind == "verdict":
        return str(lane["instance"])
    if kind == "advertiser":
        return words.say("lane_heard", node=lane["node"])
    if kind == "vip":
        return f"{lane['node']} {lane['vip']}"
    if kind == "link":
        return words.say("lane_link", link=lane["link"], peer=lane["peer"])
    return words.say("lane_agent", peer=lane["peer"])


def _drawn(values: Sequence[object], look: Look) -> Iterator[Piece]:
    """Runs of one value: the letter of what is not usual, then its height."""
    start = 0
    for index in range(1, len(values) + 1):
        if index == len(values) or values[index] != values[start]:
            value, length = values[start], index - start
            letter = LETTERS.get(value, "") if isinstance(value, str) else ""
            yield (letter + _fill(value, look) * (length - len(letter)), _style(value))
            start = index


def _fill(value: object, look: Look) -> str:
    if value is None:
        return look.glyphs.faint
    if isinstance(value, bool):
        return look.glyphs.full if value else look.glyphs.low
    severity = _severity(str(value))
    if severity == "ok" and value in USUAL:
        return look.glyphs.rule
    return look.glyphs.full if severity == "critical" else look.glyphs.half


def _style(value: object) -> str:
    if value is None or value is False:
        return DIM
    if value is True:
        return COLOURS["info"]
    return COLOURS.get(_severity(str(value)), "")


def _scale(slices: Slices, label: int, columns: int, look: Look) -> Text:
    """Minutes before the end, at every quarter of an hour."""
    marks = [" "] * slices.count
    for minutes in (60, 45, 30, 15):
        told = look.words.say("ago_minutes", minutes=minutes)
        start = round((60 - minutes) / 60 * slices.count)
        if start + len(told) <= slices.count:
            marks[start : start + len(told)] = told
    end = f"{datetime.fromtimestamp(slices.end, UTC).astimezone():%H:%M}"
    if slices.count > 4 * len(end):
        marks[-len(end) :] = end
    title = look.cut(f"  {look.words.say('last_hour')}", label)
    return look.line(columns, (title, HEAD), ("".join(marks), DIM))


def _legend(met: set[str], columns: int, look: Look) -> Iterator[Text]:
    """The letters that occur."""
    told = [
        f"{LETTERS[value]} {look.words.name(_kind(value), value)}"
        for value in sorted(met, key=lambda each: -_worse(each))
        if value in LETTERS
    ]
    glyphs = look.glyphs
    words: Mapping[str, str] = {
        glyphs.rule: look.words.say("usual"),
        glyphs.full: look.words.say("yes"),
        glyphs.low: look.words.say("no"),
        glyphs.faint: look.words.say("unknown"),
    }
    told += [f"{sign} {word}" for sign, word in words.items()]
    for line in folded("   ".join(told), columns - 2):
        yield look.line(columns, (f"  {line}", DIM))


def _kind(value: str) -> str:
    return "verdict" if value in _VERDICTS or value == SEVERAL else "state"
