"""How many episodes are played side by side: one with many VIPs takes more of the machine than one with one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from multiprocessing.pool import Pool
from queue import SimpleQueue

from tests.campaign.episode import Episode, Family, Pair
from tests.campaign.record import Record

VIPS_OF_A_TURN = 20
SLOW = 0.5
"""Seconds: with this interval or a longer one everything is said less often."""


def turns_of(pair: Pair, jobs: int) -> int:
    """How many of the machine's turns an episode takes, of `jobs` in all."""
    vips = pair.vips * pair.instances * (2 if pair.family is Family.BOTH else 1)
    share = vips if pair.interval < SLOW else vips // 2
    return min(jobs, 1 + share // VIPS_OF_A_TURN)


def in_turns(
    pool: Pool, play: Callable[[Episode], Record], episodes: Iterable[Episode], jobs: int
) -> Iterator[Record]:
    """The records of these episodes as they end; each begins when there is room for it. What one raises is raised."""
    came: SimpleQueue[Record | BaseException] = SimpleQueue()
    free = jobs
    for episode in episodes:
        turns = turns_of(episode.pair, jobs)
        while free < turns:
            record = _next(came)
            free += turns_of(record.episode.pair, jobs)
            yield record
        free -= turns
        pool.apply_async(play, (episode,), callback=came.put, error_callback=came.put)
    while free < jobs:
        record = _next(came)
        free += turns_of(record.episode.pair, jobs)
        yield record


def _next(came: SimpleQueue[Record | BaseException]) -> Record:
    result = came.get()
    if isinstance(result, BaseException):
        raise result
    return result
