"""Splits: said where there was none, not said where there was one, or said late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.campaign.episode import Pair, other
from tests.campaign.errors import Category, Error
from tests.campaign.record import Record, Said, edges
from tests.campaign.verdicts import may_suspect
from tests.campaign.world import World, world

STARTED_WITHIN = 4.0
"""Seconds in which a program in Python has begun, on such a machine, and its first report has come."""
BUSY = 0.6
"""Seconds by which a verdict may trail the end of what it is about, on a machine with many labs on it."""


def late_after(pair: Pair) -> float:
    """Seconds from the second holder until the split has to have been said: two intervals, and a busy machine."""
    return 2 * pair.interval + 1.0


ASKED_EVERY = 3.0
"""Seconds between two looks at what neither a frame nor an agent tells of."""


def told_within(record: Record, start: float) -> float:
    """The same of a split that began then: a VIP put there by hand is announced by nobody, so one has to ask for it."""
    if len(record.episode.pair.agents) > 1:
        return late_after(record.episode.pair)
    by_hand = any(
        record.episode.troubles[done.number].kind == "vip_added" and done.begin <= start <= done.begun + BUSY
        for done in record.done
    )
    return late_after(record.episode.pair) + (ASKED_EVERY if by_hand else 0.0)


def overlaps(record: Record, instance: str) -> list[tuple[float, float]]:
    """When two nodes held VIPs of the instance at once, for longer than an orderly handover takes."""
    allowance = record.episode.pair.allowance
    return [(start, end) for start, end in all_overlaps(record, instance) if end - start > allowance]


def all_overlaps(record: Record, instance: str) -> list[tuple[float, float]]:
    """The same, however short."""
    shared = sorted(
        (h.start, h.end) for h in record.holdings if h.vip in record.vips[instance] and len(h.nodes) > 1
    )
    joined: list[tuple[float, float]] = []
    for start, end in shared:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def false_splits(record: Record, instance: str) -> Iterator[Error]:
    """`split_brain`, or a suspicion, that began where nobody held what another held.

    No suspicion is false that cannot be told apart from a split by the agent that has it.
    """
    real = overlaps(record, instance)
    for said in record.said:
        if said.instance != instance or not said.verdict.startswith("split_brain"):
            continue
        if any(start <= said.time <= end + BUSY for start, end in real):
            continue
        proved = said.verdict == "split_brain"
        if not proved and may_suspect(world(record, instance, said.time), said.node):
            continue
        yield Error(
            category=Category.FALSE_SPLIT if proved else Category.FALSE_SUSPICION,
            node=said.node,
            text=f"{instance}: {said.verdict} by {said.rule} at {said.time - record.settled:.2f} s",
        )


def known_since(record: Record, instance: str, node: str, start: float, end: float) -> float | None:
    """Since when within start..end the agent could know of the split, without a break until the end of that time.

    None when it never could for long enough to be asked for it.
    """
    marks = [start, *(edge for edge in edges(record, instance) if start < edge < end), end]
    since: float | None = None
    for begin, finish in pairwise(marks):
        if may_know(world(record, instance, begin), node):
            since = begin if since is None else since
            if finish - since >= told_within(record, start) + new_agent(record, node, since):
                return since + new_agent(record, node, since)
        else:
            since = None
    return None


def may_know(now: World, node: str) -> bool:
    """Whether a split is known there, and nothing ranks above it."""
    return (
        now.sees(node)
        and now.provable(node)
        and not now.outsiders
        and not now.isolated(node)
        and not now.isolated(other(node))
    )


def new_agent(record: Record, node: str, at: float) -> float:
    """Seconds that an agent started shortly before `at` may still watch, before it says anything."""
    pair = record.episode.pair
    start = next(
        (
            each.start
            for each in record.lives
            if (each.what, each.node) == ("agent", node) and each.start <= at < each.end
        ),
        record.settled,
    )
    if start <= record.settled:
        return 0.0
    return max(0.0, start + STARTED_WITHIN + 2 * pair.down_interval - at)


def missed_splits(record: Record, instance: str) -> tuple[list[Error], int]:
    """Real splits that an agent could know of, and did not say, or said late; and how many there were."""
    errors, judged = [], 0
    for start, end in overlaps(record, instance):
        for node in record.episode.pair.agents:
            since = known_since(record, instance, node, start, end)
            if since is None:
                continue
            judged += 1
            first = first_split(record, instance, node, start, end)
            if first is None:
                last = record.verdict(node, instance, end)
                text = f"{instance}: two held for {end - start:.2f} s; it said {last.verdict if last else 'nothing'}"
                errors.append(Error(category=Category.MISSED_SPLIT, node=node, text=text))
            elif first - since > (given := told_within(record, start)):
                text = f"{instance}: {first - since:.2f} s after the second holder, {given:.1f} s are given"
                errors.append(Error(category=Category.LATE, node=node, text=text))
    return errors, judged


def first_split(record: Record, instance: str, node: str, start: float, end: float) -> float | None:
    """When the agent first said so while two held; the beginning when it stood already."""
    standing = record.verdict(node, instance, start)
    if standing is not None and standing.verdict == "split_brain":
        return start
    return next(
        (said.time for said in _of(record.said, instance, node) if start < said.time <= end + BUSY), None
    )


def _of(said: Sequence[Said], instance: str, node: str) -> Iterator[Said]:
    return (
        each for each in said if (each.instance, each.node, each.verdict) == (instance, node, "split_brain")
    )
