"""What one episode gave: the ground truth, and what the agents said. Times are CLOCK_MONOTONIC seconds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.campaign.episode import Episode, episode_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A trouble as it was really done; the calls that begin and end it return by `begun` and `undone`."""

    number: int
    begin: float
    begun: float
    end: float
    undone: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """From `start` to `end` exactly these nodes held one address."""

    vip: str
    start: float
    end: float
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """From `start` to `end` a process was `running`, `stopped` or `gone`; `what` is keepalived or agent."""

    what: str
    node: str
    start: float
    end: float
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A verdict that an agent gave, of one instance."""

    time: float
    node: str
    instance: str
    verdict: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blamed:
    """The causes that stood from `time` on, each as `cause@node`; `mild` are those that are information."""

    time: float
    node: str
    instance: str
    causes: frozenset[str]
    mild: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What status, metrics and plugin of an agent showed while its journal stood still; empty: all the same."""

    time: float
    node: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One episode. It was watched from `settled` to `ended`; `owner` is who held at `settled`.

    `vips` are the addresses of each instance; `problem` says why the lab could not play it.
    """

    episode: Episode
    settled: float = 0.0
    ended: float = 0.0
    owner: str = ""
    vips: dict[str, tuple[str, ...]] = field(default_factory=dict)
    done: tuple[Done, ...] = ()
    holdings: tuple[Holding, ...] = ()
    lives: tuple[Lived, ...] = ()
    said: tuple[Said, ...] = ()
    blamed: tuple[Blamed, ...] = ()
    compared: tuple[Compared, ...] = ()
    problem: str = ""

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=sorted)

    @classmethod
    def from_json(cls, text: str) -> Record:
        """The record of a line that `to_json` wrote."""
        plain: dict[str, Any] = json.loads(text)
        plain["episode"] = episode_of(plain["episode"])
        plain["vips"] = {name: tuple(vips) for name, vips in plain["vips"].items()}
        plain["done"] = tuple(Done(**each) for each in plain["done"])
        plain["holdings"] = tuple(
            Holding(**{**each, "nodes": tuple(each["nodes"])}) for each in plain["holdings"]
        )
        plain["lives"] = tuple(Lived(**each) for each in plain["lives"])
        plain["said"] = tuple(Said(**each) for each in plain["said"])
        plain["blamed"] = tuple(
            Blamed(**{**each, "causes": frozenset(each["causes"]), "mild": frozenset(each["mild"])})
            for each in plain["blamed"]
        )
        plain["compared"] = tuple(
            Compared(**{**each, "differences": tuple(each["differences"])}) for each in plain["compared"]
        )
        return cls(**plain)

    # --- questions about one moment ---------------------------------------------------------------

    def holders(self, instance: str, at: float) -> frozenset[str]:
        """Who held any VIP of the instance."""
        mine = self.vips[instance]
        held = [h.nodes for h in self.holdings if h.vip in mine and h.start <= at < h.end]
        return frozenset(node for nodes in held for node in nodes)

    def state(self, what: str, node: str, at: float) -> str:
        """In which state keepalived or the agent of a node was; `gone` where there is none."""
        return next(
            (
                each.state
                for each in self.lives
                if (each.what, each.node) == (what, node) and each.start <= at < each.end
            ),
            "gone",
        )

    def verdict(self, node: str, instance: str, at: float) -> Said | None:
        """The verdict that stood."""
        mine = [s for s in self.said if (s.node, s.instance) == (node, instance) and s.time <= at]
        return mine[-1] if mine else None

    def blamed_between(self, node: str, instance: str, start: float, end: float) -> Iterable[Blamed]:
        """Every set of causes that stood at some time from start to end."""
        mine = [b for b in self.blamed if (b.node, b.instance) == (node, instance)]
        before = [b for b in mine if b.time <= start]
        return before[-1:] + [b for b in mine if start < b.time <= end]


def edges(record: Record, instance: str) -> list[float]:
    """Every moment at which the ground truth changed, in order, the beginning and the end of the watch among them."""
    mine = record.vips[instance]
    times = {record.settled, record.ended}
    for done in record.done:
        times |= {done.begin, done.begun, done.end, done.undone}
    for holding in record.holdings:
        if holding.vip in mine:
            times |= {holding.start, holding.end}
    for lived in record.lives:
        times |= {lived.start, lived.end}
    return sorted(time for time in times if record.settled <= time <= record.ended)
