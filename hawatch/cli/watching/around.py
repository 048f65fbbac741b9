"""What stands around the virtual routers: peers and links, references, services, and what does not see. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from hawatch.cli.watching.look import COLOURS, Look, Piece
from hawatch.cli.watching.view import Json

_GOOD = frozenset({"up"})


def around(status: Json, columns: int, most: int, look: Look) -> list[Text]:
    """As many lines as are needed, up to `most`; the rest is cut."""
    lines: list[list[Piece]] = [[]]
    used = 0
    for text, severity in _items(status, look):
        width = cell_len(text) + 3
        if used and used + width > columns and len(lines) < most:
            lines.append([])
            used = 0
        lines[-1] += ["   " if used else "", (text, "" if severity == "ok" else COLOURS[severity])]
        used += width
    return [look.line(columns, *pieces) for pieces in lines if pieces]


def _items(status: Json, look: Look) -> Iterator[tuple[str, str]]:
    """The most important first."""
    words = look.words
    for observer in status.get("observers", ()):
        if not observer["up"]:
            told = f"{look.sign('warning')} {words.say('blind')}: {observer['name']}"
            yield f"{told}: {observer['problem']}" if observer["problem"] else told, "warning"
    for finding in status.get("findings", ()):
        severity = str(finding["severity"])
        cause = words.name("cause", finding["cause"])
        told = f"{look.sign(severity)} {cause}@{finding['node']}: {finding['summary']}"
        yield told, severity if severity in COLOURS else "unknown"
    for peer in status["peers"]:
        agent = str(peer["agent"])
        told = (
            words.say("no_agent") if agent == "none" else f"{words.say('agent')} {words.name('state', agent)}"
        )
        links = "".join(f", {_link(link, look)}" for link in peer["links"])
        worse = agent in {"silent", "left"} or any(link["state"] == "down" for link in peer["links"])
        yield f"{peer['name']}: {told}{links}", "warning" if worse else "ok"
    for each in status["references"]:
        yield f"{each['name']} {words.name('state', each['state'])}", _severity(each["state"])
    for each in status["services"]:
        told = f"{each['name']}@{each['node']} {words.name('state', each['state'])}"
        yield told, _severity(each["state"])


def _severity(state: str) -> str:
    return "ok" if state in _GOOD else "warning" if state == "down" else "unknown"


def _link(link: Json, look: Look) -> str:
    told = f"{link['name']} {look.words.name('state', link['state'])}"
    if link["state"] == "up" and link["rtt_seconds"] is not None:
        told += f" {_milliseconds(link['rtt_seconds'])}"
    if link["loss_ratio"]:
        told += f" ({look.words.say('lost', ratio=format(link['loss_ratio'], '.0%'))})"
    return told


def _milliseconds(seconds: float) -> str:
    """One digit that says something, so that it is not redrawn for nothing."""
    return f"{float(f'{seconds * 1000:.1g}'):g} ms"
