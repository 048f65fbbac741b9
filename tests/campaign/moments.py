"""Quiet moments: nothing has changed for a while, so that every agent has to say what is so, and both the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from tests.campaign.episode import Pair
from tests.campaign.errors import Category, Error
from tests.campaign.kinds import kind_of
from tests.campaign.record import Record, edges
from tests.campaign.splits import new_agent, overlaps
from tests.campaign.verdicts import MOVED, may_stand, needs_unreachable
from tests.campaign.world import world

FLAPS = 3
REMEMBERED = 10.0
"""Master_Down_Intervals, or seconds, for which a disturber is remembered: the longer of both."""
JUST_BEFORE = 0.05


def quiet_after(pair: Pair) -> float:
    """Seconds without a change of the ground truth after which a verdict is due."""
    return 2 * pair.interval + 3.5


@dataclass
class Moments:
    """What came of the quiet moments of one episode."""

    errors: list[Error] = field(default_factory=list)
    judged: int = 0
    undecidable: int = 0


def judge_moments(record: Record, instance: str) -> Moments:
    """Every agent at the end of every quiet time."""
    found, pair = Moments(), record.episode.pair
    marks = edges(record, instance)
    for begin, end in pairwise(marks):
        if end - begin < quiet_after(pair):
            continue
        for node in pair.agents:
            now = world(record, instance, begin)
            fresh = any(new_agent(record, each, begin) > 0 for each in pair.agents)
            if now.sees(node) and not fresh and not is_vague(record, begin):
                found.judged += 1
                judge_moment(record, instance, node, begin, end, found)
    return found


def judge_moment(record: Record, instance: str, node: str, begin: float, end: float, found: Moments) -> None:
    """One agent at the end of one quiet time."""
    now, at = world(record, instance, begin), end - JUST_BEFORE
    standing = record.verdict(node, instance, at)
    said = standing.verdict if standing else "nothing"
    right = may_stand(now, node) | remembered(record, instance, at)
    if not now.provable(node) and overlaps(record, instance):
        right |= {"split_brain"}  # a proof stands until it is disproved, and nothing comes that could
    if said not in right:
        found.errors.append(wrong(record, instance, node, at, said, right))
        return
    if needs_unreachable(now, node, said):
        found.undecidable += 1
        if said not in {"split_brain", "split_brain_suspected"} and not says_unreachable(
            record, instance, node, at
        ):
            holders = "+".join(sorted(now.holders))
            text = f"{instance}: {holders} held it, it says {said} and nothing of a peer out of reach"
            category = Category.MISSED_SPLIT if len(now.holders) > 1 else Category.WRONG_VERDICT
            found.errors.append(Error(category=category, node=node, text=text))


def wrong(record: Record, instance: str, node: str, at: float, said: str, right: frozenset[str]) -> Error:
    """What is wrong with this verdict."""
    holders = "+".join(sorted(record.holders(instance, at))) or "nobody"
    missed = right == {"split_brain"}
    return Error(
        category=Category.MISSED_SPLIT if missed else Category.WRONG_VERDICT,
        node=node,
        text=f"{instance}: {said} at {at - record.settled:.2f} s, {holders} held it; right: {', '.join(sorted(right))}",
    )


def remembered(record: Record, instance: str, at: float) -> frozenset[str]:
    """Verdicts that stand on for a named reason: an owner that kept changing, a stranger heard not long ago."""
    pair = record.episode.pair
    stand: set[str] = set()
    if len(moves(record, instance, at)) >= FLAPS:
        stand.add("flapping")
    for done in record.done:
        since = max(REMEMBERED * pair.down_interval, REMEMBERED) + 1.0
        if kind_of(record.episode.troubles[done.number]).outsider and done.undone <= at < done.undone + since:
            stand.add("conflict")
    if any(at - moved <= pair.down_interval + 2.0 for moved in moves(record, instance, at)):
        stand |= MOVED
    return frozenset(stand)


def moves(record: Record, instance: str, until: float) -> list[float]:
    """When the only holder became another."""
    found, last = [], ""
    for edge in edges(record, instance):
        holders = record.holders(instance, edge)
        if edge > until or len(holders) != 1:
            continue
        (owner,) = holders
        if last and owner != last:
            found.append(edge)
        last = owner
    return found


def is_vague(record: Record, at: float) -> bool:
    """Whether a trouble is in force whose effect is a matter of chance: then no verdict is demanded."""
    return any(
        record.episode.troubles[done.number].kind in {"loss_random", "starve"}
        and done.begin <= at < done.undone
        for done in record.done
    )


def says_unreachable(record: Record, instance: str, node: str, at: float) -> bool:
    """Whether the agent says that it cannot know.

    An agent alone in a unicast network, where a MAC proves nothing, says so of a peer that it reaches, too.
    """
    pair = record.episode.pair
    words = {"peer_unreachable"} | ({"peer_unverified"} if pair.unicast and len(pair.agents) == 1 else set())
    standing = list(record.blamed_between(node, instance, at, at))
    return any(cause.partition("@")[0] in words for each in standing for cause in each.causes | each.mild)


def disagreements(record: Record, instance: str) -> Iterator[Error]:
    """Times for which two agents that heard each other said different things, for longer than a word travels."""
    pair = record.episode.pair
    if len(pair.agents) < 2:
        return
    marks = sorted({*edges(record, instance), *(s.time for s in record.said if record.settled <= s.time)})
    since: float | None = None
    for at in marks:
        differing = differ(record, instance, at)
        if differing and since is None:
            since = at
        if since is not None and (not differing or at == marks[-1]):
            if at - since > pair.down_interval + 2.0:
                words = " and ".join(
                    said.verdict for node in pair.agents if (said := record.verdict(node, instance, since))
                )
                text = f"{instance}: {words} for {at - since:.2f} s from {since - record.settled:.2f} s on"
                yield Error(category=Category.AGENTS_DIFFER, node="", text=text)
            since = None


def differ(record: Record, instance: str, at: float) -> bool:
    """Whether the agents say different things, though they could talk and neither is new or without a link."""
    now = world(record, instance, at)
    if not now.talking or now.unplugged or any(new_agent(record, node, at) > 0 for node in now.agents):
        return False
    said = {standing.verdict for node in now.agents if (standing := record.verdict(node, instance, at))}
    if "conflict" in said & remembered(record, instance, at):
        return False  # a stranger that has gone is remembered by those whom it concerned
    return len(said) > 1
