"""Causes: those of a trouble that nobody named, those that were named and are not so, those that stay behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.campaign.episode import Pair
from tests.campaign.errors import Category, Error
from tests.campaign.expected import AFTER_A_SPLIT, OF_THE_MACHINE, expect, fits
from tests.campaign.kinds import KINDS, Cut, Reach
from tests.campaign.record import Done, Record
from tests.campaign.splits import all_overlaps

STANDS = 1.0
"""Seconds that a cause has to stand to count: shorter ones are of two looks that fell on either side of a change."""
TOLD_BY = 2.0
"""Seconds after its end in which a trouble may still be named for the first time."""
TOLD_AFTERWARDS = frozenset({"pause", "starve", "vip_removed"})
STAYS = ("stale_arp", "boot_race", "host_paused", "keepalived_starved", "vip_removed", "config_not_loaded")
"""What truly outlives its reason: an announcement that never came, a thing that happened a moment ago."""


TRIED_AGAIN = 11.0
"""Seconds after which a store has surely been written to again: it is tried every ten (agent/bookkeeping.py)."""


@dataclass
class Blame:
    """What came of the causes of one episode."""

    errors: list[Error] = field(default_factory=list)
    judged: int = 0
    named: int = 0


def demanded(pair: Pair) -> float:
    """Seconds that a trouble has to last undisturbed before its cause is asked for."""
    return pair.down_interval + 2 * pair.interval + 2.0


def owner_at(record: Record, done: Done) -> str:
    """Who held when it began; of several, or none, the one that held first."""
    holders = record.holders("VI_1", done.begin - 0.01)
    return next(iter(holders)) if len(holders) == 1 else ""


def judge_causes(record: Record) -> Blame:
    """Every trouble by every agent, then everything that was named."""
    found = Blame()
    for done in record.done:
        for node, groups in demands(record, done).items():
            found.judged += 1
            late = 4.0 if record.episode.troubles[done.number].kind in TOLD_AFTERWARDS else TOLD_BY
            until = min(done.undone + late, record.ended)
            said = {
                cause
                for each in record.blamed_between(node, "VI_1", done.begin, until)
                for cause in each.causes | each.mild
            }
            missing = [g for g in groups if not any(fits(cause, one) for cause in said for one in g)]
            found.named += not missing
            for group in missing:
                told = ", ".join(sorted(said)) or "nothing"
                text = f"{record.episode.troubles[done.number].kind}: wanted {' or '.join(sorted(group))}, said {told}"
                found.errors.append(Error(category=Category.MISSING_CAUSE, node=node, text=text))
    found.errors += wrong_causes(record)
    found.errors += left_behind(record)
    return found


def demands(record: Record, done: Done) -> dict[str, tuple[frozenset[str], ...]]:
    """What each agent has to name of a trouble: nothing where others hide it, or the agent did not run."""
    trouble, pair = record.episode.troubles[done.number], record.episode.pair
    owner = owner_at(record, done)
    wanted = expect(pair, trouble, owner) if owner else None
    named = wanted.named if wanted is not None else {}
    if trouble.kind in TOLD_AFTERWARDS:
        lonely = all(other.number == done.number for other in record.done)
        return named if lonely else {}
    start, end = longest_undisturbed(record, done)
    if wanted is None or end - start < demanded(pair) + wanted.latent:
        return {}
    return {
        node: groups
        for node, groups in named.items()
        if record.state("agent", node, start) == record.state("agent", node, end - 0.01) == "running"
    }


def longest_undisturbed(record: Record, done: Done) -> tuple[float, float]:
    """The longest part of a trouble in which no other one hides it."""
    trouble, pair = record.episode.troubles[done.number], record.episode.pair
    parts = [(done.begun, done.end)]
    for each in record.done:
        rival = record.episode.troubles[each.number]
        if each.number == done.number or not hides(rival.kind, trouble.kind):
            continue
        start, end = each.begin, each.undone + pair.down_interval + 2.0
        parts = [piece for part in parts for piece in less(part, start, end)]
    return max(parts, key=lambda part: part[1] - part[0], default=(0.0, 0.0))


def less(part: tuple[float, float], start: float, end: float) -> list[tuple[float, float]]:
    """A stretch of time without another."""
    pieces = [(part[0], min(part[1], start)), (max(part[0], end), part[1])]
    return [piece for piece in pieces if piece[1] > piece[0]]


def hides(rival: str, kind: str) -> bool:
    """Whether one kind may hide the other's cause. What cuts all talk is hidden by everything that touches a path."""
    mine, theirs = KINDS[kind], KINDS[rival]
    deep = any(Cut.LAN in side or Cut.BESIDE in side for side in (mine.here, mine.there))
    return deep or theirs.reach is not Reach.BYSTANDER


def wrong_causes(record: Record) -> Iterator[Error]:
    """What was named, stood for a while, and is the cause of nothing that was done."""
    seen: set[tuple[str, str]] = set()
    for instance in record.vips:
        for node in record.episode.pair.agents:
            for cause, start, end in standing(record, node, instance):
                if end - start < STANDS or (node, cause) in seen:
                    continue
                if not any(fits(cause, pattern) for pattern in allowed(record, end)):
                    seen.add((node, cause))
                    text = f"{instance}: {cause} from {start - record.settled:.2f} to {end - record.settled:.2f} s"
                    yield Error(category=Category.WRONG_CAUSE, node=node, text=text)


def standing(record: Record, node: str, instance: str) -> Iterator[tuple[str, float, float]]:
    """Every cause, and from when to when it stood."""
    began: dict[str, float] = {}
    for each in record.blamed_between(node, instance, record.settled, record.ended):
        at = max(each.time, record.settled)
        for gone in [cause for cause in began if cause not in each.causes]:
            yield gone, began.pop(gone), at
        for cause in each.causes:
            began.setdefault(cause, at)
    for cause, start in began.items():
        yield cause, start, record.ended


def allowed(record: Record, until: float) -> frozenset[str]:
    """What may be named of what had begun by then."""
    patterns = set(OF_THE_MACHINE)
    pair = record.episode.pair
    for done in record.done:
        if done.begin <= until:
            trouble = record.episode.troubles[done.number]
            for owner in {owner_at(record, done) or pair.preferred, *pair_of(record)}:
                patterns |= expect(pair, trouble, owner).allowed
    if any(start <= until for instance in record.vips for start, _ in all_overlaps(record, instance)):
        patterns |= AFTER_A_SPLIT
    return frozenset(patterns)


def pair_of(record: Record) -> tuple[str, ...]:
    """With several troubles, either node may have come to own meanwhile."""
    return ("lb01", "lb02") if len(record.done) > 1 else ()


def left_behind(record: Record) -> Iterator[Error]:
    """Causes that stand at the end, when all has been undone."""
    for instance in record.vips:
        for node in record.episode.pair.agents:
            last = list(record.blamed_between(node, instance, record.ended, record.ended))
            named = {cause for each in last for cause in each.causes} - untried(record)
            stays = [cause for cause in named if cause.partition("@")[0] not in STAYS]
            if stays and record.state("agent", node, record.ended - 0.01) == "running":
                text = f"{instance}: {', '.join(sorted(stays))} left behind"
                yield Error(category=Category.NOT_STEADY, node=node, text=text)


def untried(record: Record) -> frozenset[str]:
    """What a disk that was full not long ago may still be the reason of."""
    full = [done for done in record.done if record.episode.troubles[done.number].kind == "disk_full"]
    return frozenset(
        f"blind@{record.episode.troubles[done.number].node}"
        for done in full
        if record.ended - done.undone < TRIED_AGAIN
    )
