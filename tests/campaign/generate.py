"""Seed and index give an episode, always the same; no clock and no other source of chance."""

from __future__ import annotations

import random
from typing import TypeVar

from tests.campaign.episode import NODES, Episode, Family, Pair, Trouble, Wire
from tests.campaign.kinds import AGENT_KINDS, FROM_START, KINDS, Kind

Drawn = TypeVar("Drawn")

INTERVALS = ((0.1, 4), (0.2, 5), (0.3, 5), (0.5, 2), (1.0, 3), (2.0, 1))
PRIORITIES = ((150, 100), (150, 100), (101, 100), (200, 50), (100, 150))
SEEN_AFTER = 4.2
"""Seconds that an effect is to last after the slowest way to bring it about."""


def generate(seed: int, index: int) -> Episode:
    """The episode of this number."""
    chance = random.Random(f"hawatch {seed}/{index}")
    pair = generate_pair(chance)
    count = chance.choices((1, 2, 3), (6, 3, 1))[0]
    return Episode(seed=seed, index=index, pair=pair, troubles=generate_troubles(chance, pair, count))


def generate_pair(chance: random.Random) -> Pair:
    """A pair that keepalived can run."""
    interval = draw(chance, INTERVALS)
    version = chance.choice((2, 3)) if interval >= 1 else 3
    family = (
        draw(chance, ((Family.FOUR, 6), (Family.SIX, 2), (Family.BOTH, 2))) if version == 3 else Family.FOUR
    )
    unicast = chance.random() < 0.25
    nopreempt = chance.random() < 0.2
    instances = 2 if chance.random() < 0.15 else 1
    agents = draw(chance, ((NODES, 8), (NODES[:1], 1), (NODES[1:], 1)))
    wire = draw(chance, ((Wire.NONE, 6), (Wire.SECOND, 3), (Wire.SERIAL, 1 if agents == NODES else 0)))
    return Pair(
        version=version,
        interval=interval,
        auth=chance.choice(("", "PASS", "PASS", "AH")) if version == 2 else "",
        unicast=unicast,
        vmac=not unicast and family is Family.FOUR and chance.random() < 0.15,
        family=family,
        vips=draw(chance, ((1, 6), (2, 2), (5, 1), (20, 1), (50, 1))),
        nopreempt=nopreempt,
        preempt_delay=2.0 if not nopreempt and interval <= 0.5 and chance.random() < 0.1 else None,
        priorities=chance.choice(PRIORITIES),
        tracked=chance.random() < 0.2,
        instances=instances,
        sync_group=instances == 2 and chance.random() < 0.6,
        wire=wire,
        agents=agents,
        witness=agents == NODES and chance.random() < 0.15,
    )


def generate_troubles(chance: random.Random, pair: Pair, count: int) -> tuple[Trouble, ...]:
    """One to three of them; the later ones begin while an earlier one lasts, or soon after it."""
    troubles: list[Trouble] = []
    begin = 0.0
    for _ in range(count):
        node = chance.choice(NODES)
        kinds = [kind for kind in KINDS.values() if can_follow(kind, node, pair, troubles)]
        kind = draw(chance, tuple((each, each.weight) for each in kinds))
        shortest = pair.down_interval + 2 * pair.interval + SEEN_AFTER + kind.longer
        lasts = round(shortest * chance.uniform(1.0, 1.15), 2)
        if kind.name in {"agent_killed", "agent_restarted"}:
            lasts = round(chance.uniform(0.3, 1.5), 2)
        troubles.append(Trouble(kind=kind.name, node=node, begin=round(begin, 2), lasts=lasts))
        begin += chance.uniform(0.1, 1.1) * max(lasts, shortest / 2)
    return tuple(troubles)


def can_follow(kind: Kind, node: str, pair: Pair, troubles: list[Trouble]) -> bool:
    """Whether this kind can be done on this node after those: each once, and not twice to one configuration."""
    if not kind.possible(pair) or (kind.name in AGENT_KINDS and node not in pair.agents):
        return False
    if kind.name in {each.kind for each in troubles}:
        return False
    classes = [exclusive(each.kind) for each in troubles]
    return exclusive(kind.name) is None or exclusive(kind.name) not in classes


def exclusive(kind: str) -> str | None:
    """Kinds that cannot overlap, since each undoes what the other does: one of a class in each episode."""
    if "_differ" in kind or kind in {"unicast_here", "priority_equal", "reload"} or kind.endswith(FROM_START):
        return "keepalived"
    if kind in {"stop", "kill_parent", "kill_both", "kill_child", "freeze", "pause", "starve", "leave_group"}:
        return "keepalived"
    if kind in AGENT_KINDS:
        return "agent"
    return "hands" if kind in {"vip_removed", "vip_added"} else None


def draw(chance: random.Random, weighted: tuple[tuple[Drawn, int], ...]) -> Drawn:
    """One of them, by their weights."""
    values = [value for value, _ in weighted]
    return chance.choices(values, [weight for _, weight in weighted])[0]
