"""The nodes side by side: what each is known to do for one virtual router. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.text import Text

from hawatch.cli.watching.look import COLOURS, HEAD, Look, Piece, tri
from hawatch.cli.watching.rows import Row
from hawatch.cli.watching.view import Json, View

MOST = 4


def node_names(status: Json) -> list[str]:
    """This node and those that it knows, in one order on all of them."""
    return sorted({str(status["node"]), *(str(peer["name"]) for peer in status["peers"])})


def side_by_side(view: View, row: Row, columns: int, look: Look) -> Iterator[Text]:
    """A column for each node; the first four."""
    names = node_names(view.picture.status)[:MOST]
    width = (columns - 2) // len(names)
    blocks = [list(_block(name, view, row, look)) for name in names]
    for cells in zip_longest(*blocks, fillvalue=("", "")):
        yield look.line(columns, "  ", *(_cell(cell, width, look) for cell in cells))


def _cell(cell: tuple[str, str], width: int, look: Look) -> Piece:
    text, style = cell
    return f"{look.cut(text, width - 2)}  ", style


def _block(name: str, view: View, row: Row, look: Look) -> Iterator[tuple[str, str]]:
    status, words = view.picture.status, look.words
    yield name, HEAD
    yield _agent(name, status, look)
    yield f"  {words.say('heard')}: {tri(words, _heard(name, view, row))}", ""
    for vip in row.router["vips"]:
        holds = vip["held_by"].get(name)
        style = COLOURS["unknown"] if holds is None else ""
        yield f"  {words.say('holds')} {vip['address']}: {tri(words, holds)}", style
    for service in status["services"]:
        if service["node"] == name:
            style = COLOURS["warning"] if service["state"] == "down" else ""
            yield f"  {service['name']}: {words.name('state', service['state'])}", style
    for finding in _found(name, status, row):
        told = f"  {look.sign(finding['severity'])} {words.name('cause', finding['cause'])}"
        yield told, COLOURS.get(finding["severity"], COLOURS["unknown"])


def _agent(name: str, status: Json, look: Look) -> tuple[str, str]:
    words = look.words
    if name == status["node"]:
        return f"  {words.say('agent')}: {words.say('this_node')}", ""
    state = next((str(peer["agent"]) for peer in status["peers"] if peer["name"] == name), "none")
    style = "" if state == "up" else COLOURS["warning"]
    return f"  {words.say('agent')}: {words.name('state', state)}", style


def _heard(name: str, view: View, row: Row) -> object:
    """What the history says of now; the status does not tell."""
    instance, vrid, family = row.key
    for lane in (view.picture.history or {}).get("lanes", ()):
        here = lane["kind"] == "advertiser" and lane["node"] == name and lane["instance"] == instance
        if here and (lane["vrid"], lane["family"]) == (vrid, family) and lane["spans"]:
            return lane["spans"][-1][2]
    return None


def _found(name: str, status: Json, row: Row) -> Sequence[Json]:
    both = [*row.router["findings"], *status.get("findings", ())]
    return [finding for finding in both if finding["node"] == name]
