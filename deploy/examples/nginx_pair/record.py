"""What the client wrote down, and what it lost in a span of time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

GOOD = "200"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: seconds of CLOCK_MONOTONIC, `outcome` an HTTP status or a word, `balancer` who answered."""

    name: str
    start: float
    end: float
    outcome: str
    balancer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Of the requests for one name: how many, how many failed, why, for how many seconds, and who answered in turn.

    `seconds` is from the start of the first request that failed to the start of the first good one after the last that
    failed; it is as coarse as the client's interval. None: the last request of the span failed. `slowest` is how long
    an answer took at the most.
    """

    name: str
    asked: int
    failed: int
    seconds: float | None
    slowest: float
    why: tuple[tuple[str, int], ...]
    balancers: tuple[str, ...]


def read_requests(lines: str) -> list[Request]:
    """The record so far, in the order of the starts; a line that is not whole yet is left out."""
    whole = lines[: lines.rfind("\n") + 1]
    return sorted((Request(**json.loads(line)) for line in whole.splitlines()), key=lambda each: each.start)


def lost(requests: Iterable[Request], name: str, *, since: float, until: float) -> Loss:
    """What was lost of a name among the requests that ended after `since` and began before `until`."""
    asked = [each for each in requests if each.name == name and each.end > since and each.start < until]
    bad = [each for each in asked if each.outcome != GOOD]
    return Loss(
        name=name,
        asked=len(asked),
        failed=len(bad),
        seconds=lost_for(asked, bad),
        slowest=max((each.end - each.start for each in asked if each.outcome == GOOD), default=0.0),
        why=tuple(Counter(each.outcome for each in bad).most_common()),
        balancers=tuple(in_turn(each.balancer for each in asked if each.outcome == GOOD)),
    )


def lost_for(asked: list[Request], bad: list[Request]) -> float | None:
    """Seconds without service, as `Loss` has them."""
    if not bad:
        return 0.0
    after = [each.start for each in asked if each.start > bad[-1].start]
    return after[0] - bad[0].start if after else None


def in_turn(names: Iterable[str]) -> Iterator[str]:
    """Names without the repetitions that follow each other."""
    last = None
    for name in names:
        if name != last:
            yield name
        last = name
