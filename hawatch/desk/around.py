"""What the desk is told of the moment: the time, the picture, who can be reached, and what nobody can guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from hawatch.codes import Half
from hawatch.config.oncall import Contact
from hawatch.notification.plan import Hour, Roster
from hawatch.notification.text.language import Language
from hawatch.snapshot import RouterView, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """`now` is epoch seconds. `talking` are the other nodes whose agents are heard.

    `picture` gives the node's picture, the same each time: with hundreds of virtual routers it takes milliseconds to
    draw, and a desk that has nothing to do never looks.

    `half` is this node's class of codes; `draw` gives an unguessable number below the one handed in. `data` are the
    virtual routers that nothing may move without a second person. `local` is this host's time zone. `running_since` is
    when this agent began to look (epoch seconds).
    """

    now: float
    node: str
    pair: str
    picture: Callable[[], Snapshot]
    talking: frozenset[str]
    roster: Roster
    hour: Hour
    half: Half
    languages: Mapping[str, Language]
    draw: Callable[[int], int]
    data: frozenset[str] = frozenset()
    region: str | None = None
    local: tzinfo = UTC
    running_since: float = 0.0

    @property
    def snapshot(self) -> Snapshot:
        """The node as it is."""
        return self.picture()

    def language(self, person: Contact) -> Language:
        """What a person reads; English where there is nothing better."""
        return self.languages.get(person.language) or self.languages["en"]

    def clock(self, at: float, person: Contact) -> str:
        """A moment as it stands on the person's clock, such as 03:12."""
        zone = ZoneInfo(person.timezone) if person.timezone else self.local
        return f"{datetime.fromtimestamp(at, zone):%H:%M}"

    def view(self, instance: str) -> RouterView | None:
        """One virtual router in the picture."""
        return next((each for each in self.snapshot.routers if each.instance == instance), None)

    def talks_to(self, node: str) -> bool:
        """Whether a node's agent, or this one, can be asked now."""
        return node == self.node or node in self.talking
