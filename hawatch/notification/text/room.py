"""How much of a brief a message shows, and in which order it is given up until the message fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hawatch.notification.text.brief import Brief, Option
from hawatch.notification.text.language import Language
from hawatch.notification.text.letters import clip, clip_apart, clip_head

MOST_LISTED = 8
FULL = 64
"""As long as a host name can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many names and options are shown, and the longest that a node's name and another may be.

    `teller` and `minutes` are whether it is said who tells, and how long it has lasted.
    """

    instances: int
    vips: int
    options: int
    names: int = FULL
    nodes: int = FULL
    teller: bool = True
    minutes: bool = True


def rooms(brief: Brief) -> Iterator[Room]:
    """Ever smaller, in the order in which things are given up.

    Fewer virtual routers, fewer VIPs; who tells; long names, last those of nodes; options but the first; the minutes;
    still shorter names; the first option. A name goes before an option: at night `demote lb02` is worth more.
    """
    room = Room(
        instances=min(len(brief.instances), MOST_LISTED),
        vips=min(len(brief.vips), MOST_LISTED),
        options=len(brief.options),
    )
    yield room
    for change in _changes(room):
        yield (room := replace(room, **change))


def _changes(room: Room) -> Iterator[dict[str, Any]]:
    yield from ({"instances": shown} for shown in range(room.instances - 1, 0, -1))
    yield from ({"vips": shown} for shown in range(room.vips - 1, 0, -1))
    yield {"teller": False}
    yield from ({"names": longest} for longest in (32, 24, 16, 12, 10, 8))
    yield from ({"nodes": longest} for longest in (32, 24, 16, 12, 10))
    yield from ({"options": shown} for shown in range(room.options - 1, 0, -1))
    yield {"minutes": False}
    yield {"names": 6}
    yield {"nodes": 8}
    yield {"options": 0}
    yield {"nodes": 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A brief in a language, as far as a room lets it be seen; `nodes` has how each node is shown."""

    language: Language
    brief: Brief
    room: Room
    nodes: Mapping[str, str]
    options: tuple[Option, ...]

    def name(self, name: str) -> str:
        """A name that is no node's: a virtual router, a person."""
        return clip(self.language.legible(name), self.room.names)

    def vip(self, address: str) -> str:
        """A virtual address."""
        return clip_head(self.language.legible(address), self.room.names)

    def node(self, name: str) -> str:
        """A node's name."""
        return self.nodes[name]


def look(language: Language, brief: Brief, room: Room, others: Iterable[str] = ()) -> View:
    """What the room lets one see; `others` are nodes that are named beside those of the brief.

    If two nodes cannot be told apart in it, no option is offered: it could be misread.
    """
    nodes = {brief.node, *brief.owners, *(option.node for option in brief.options), *others}
    nodes |= {brief.cause_node} if brief.cause_node is not None else set()
    nodes |= {option.target for option in brief.options if option.target is not None}
    legible = {node: language.legible(node) for node in nodes}
    distinct = len(set(legible.values())) == len(nodes)
    apart = clip_apart(frozenset(legible.values()), room.nodes) if distinct else None
    return View(
        language=language,
        brief=brief,
        room=room,
        nodes={node: apart[text] if apart else clip(text, room.nodes) for node, text in legible.items()},
        options=brief.options[: room.options] if apart else (),
    )
