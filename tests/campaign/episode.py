"""One episode: the pair that is laid out, and the troubles that are done to it. All times are seconds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

NODES = ("lb01", "lb02")


class Wire(StrEnum):
    """What joins the nodes beside the LAN."""

    NONE = "none"
    SECOND = "second"
    SERIAL = "serial"


class Family(StrEnum):
    """Which VIPs there are; BOTH: IPv4, and IPv6 among the excluded ones."""

    FOUR = "IPv4"
    SIX = "IPv6"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What is laid out. `agents` are the nodes with an agent; with two instances VI_2 has one VIP of its own."""

    version: int
    interval: float
    auth: str = ""
    unicast: bool = False
    vmac: bool = False
    family: Family = Family.FOUR
    vips: int = 1
    nopreempt: bool = False
    preempt_delay: float | None = None
    priorities: tuple[int, int] = (150, 100)
    tracked: bool = False
    instances: int = 1
    sync_group: bool = False
    wire: Wire = Wire.NONE
    agents: tuple[str, ...] = NODES
    witness: bool = False

    @property
    def preferred(self) -> str:
        """The node with the higher priority, which owns at the start."""
        return NODES[0] if self.priorities[0] > self.priorities[1] else NODES[1]

    @property
    def lesser(self) -> str:
        """The node on which a difference between the two is said to lie."""
        return other(self.preferred)

    @property
    def down_interval(self) -> float:
        """The longest Master_Down_Interval of the two."""
        skew = (256 - min(self.priorities)) / 256
        return 3 * self.interval + skew * (self.interval if self.version == 3 else 1.0)

    @property
    def allowance(self) -> float:
        """How long an orderly handover may overlap."""
        return max(0.150, self.interval / 4)

    @property
    def names(self) -> tuple[str, ...]:
        """The instances' names."""
        return tuple(f"VI_{number}" for number in range(1, self.instances + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is done to the pair, `begin` after it had settled, and undone `lasts` later (0: at once)."""

    kind: str
    node: str
    begin: float
    lasts: float

    @property
    def end(self) -> float:
        return self.begin + self.lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A pair and its troubles, which `seed` and `index` give again."""

    seed: int
    index: int
    pair: Pair
    troubles: tuple[Trouble, ...]

    @property
    def name(self) -> str:
        return f"{self.seed}/{self.index}"

    def line(self) -> str:
        """All of it in one line for people."""
        plain = Pair(version=self.pair.version, interval=self.pair.interval)
        unusual = [
            f"{key}={value_text(value)}"
            for key, value in asdict(self.pair).items()
            if key not in {"version", "interval"} and value != asdict(plain)[key]
        ]
        words = [f"v{self.pair.version} A={self.pair.interval:g}", *unusual]
        done = [f"{t.kind}@{t.node} {t.begin:g}+{t.lasts:g}" for t in self.troubles]
        return f"{self.name}: {' '.join(words)}: {', '.join(done)}"

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Episode:
        return episode_of(json.loads(text))


def other(node: str) -> str:
    """The other node of the pair."""
    return NODES[1 - NODES.index(node)]


def episode_of(plain: dict[str, Any]) -> Episode:
    """An episode of the values that `asdict` made of one."""
    pair = dict(plain["pair"])
    pair |= {"family": Family(pair["family"]), "wire": Wire(pair["wire"])}
    pair |= {"priorities": tuple(pair["priorities"]), "agents": tuple(pair["agents"])}
    troubles = tuple(Trouble(**each) for each in plain["troubles"])
    return Episode(seed=plain["seed"], index=plain["index"], pair=Pair(**pair), troubles=troubles)


def value_text(value: object) -> str:
    """A field's value in a line for people."""
    return "+".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
