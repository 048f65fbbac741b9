"""What one input costs on its way through situation, rules and causes, with 1, 255 and 4,000 virtual routers.

    python -m tests.bench.judging [--repeat N] [--inputs N] [--json FILE]

A steady pair is told second by second what its agents are told: echoes, the other agent's reports, advertisements,
ticks. Timed is the judge alone. With many virtual routers one report tells of four (of 64, where 4,000 are on 16
networks and have each VRID 16 times), and one tick may be due for several: their cost is given for each virtual router
that they are judged for. The rows `all kinds` are the mean over everything, in the order in which it comes.

Processor time of this process; medians over rounds, in which all sizes take turns. Exit code 0: every aim is met.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections import defaultdict
from collections.abc import Iterator

from hawatch.evidence import Evidence, PeerReport, Tick
from tests.bench.figures import Figure, parser, scaled, tell
from tests.bench.population import Population

AIM = 50.0
"""Microseconds for an input, however many virtual routers there are."""
SIZES = (1, 255, 4000)
KINDS = ("AdvertisementHeard", "PeerReport", "Tick", "EchoResult")
ALL = "all kinds"
WARM_UP = 500
"""Inputs at the least that come before anything is timed, and never less than one second's."""


class Timed:
    """One population, and what judging costs it."""

    def __init__(self, routers: int, *, owns: bool) -> None:
        self.population = Population(routers, owns=owns)
        self.name = f"{routers:>5} {'owner' if owns else 'standby'}"
        self._life = self._lived()
        for _ in itertools.islice(self._life, max(WARM_UP, 3 * routers)):
            pass

    def _lived(self) -> Iterator[tuple[Evidence, float, int]]:
        """Each input, the seconds that it took, and for how many virtual routers it was judged."""
        step, clock = self.population.judge.step, time.process_time
        while True:
            for evidence in self.population.second():
                judged = self._judged(evidence)
                begin = clock()
                step(evidence)
                yield evidence, clock() - begin, judged

    def _judged(self, evidence: Evidence) -> int:
        if isinstance(evidence, PeerReport):
            return len(self.population.judge.situation._reported_on(evidence))
        if isinstance(evidence, Tick):
            return max(1, sum(due <= evidence.at for due in self.population.judge._due.values()))
        return 1

    def round(self, inputs: int, looking: float) -> dict[str, float]:
        """Seconds for each kind, over the next inputs; `looking` at the clock is taken off."""
        seconds: dict[str, float] = defaultdict(float)
        judged: dict[str, int] = defaultdict(int)
        for evidence, taken, count in itertools.islice(self._life, inputs):
            for kind in (type(evidence).__name__, ALL):
                seconds[kind] += max(0.0, taken - looking)
                judged[kind] += count
        return {kind: seconds[kind] / judged[kind] for kind in seconds}


def cost_of_looking() -> float:
    """Seconds that two looks at the clock take, with nothing between."""
    clock = time.process_time
    begin = clock()
    for _ in range(10_000):
        clock()
    return (clock() - begin) / 10_000


def measured(sizes: tuple[int, ...], rounds: int, inputs: int) -> list[Figure]:
    """All sizes, owners and standbys, in turn."""
    populations = [Timed(size, owns=owns) for size in sizes for owns in (True, False)]
    looking = cost_of_looking()
    taken: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(rounds):
        for each in populations:
            for kind, seconds in each.round(inputs, looking).items():
                taken[each.name, kind].append(seconds)
    return [
        Figure(
            what=f"{each.name}: {kind}",
            unit="µs",
            values=scaled(taken[each.name, kind], "µs"),
            aim=AIM,
        )
        for each in populations
        for kind in (ALL, *KINDS)
        if (each.name, kind) in taken
    ]


def main() -> int:
    """Measure and print."""
    options = parser(__doc__, repeat=9)
    options.add_argument("--inputs", type=int, default=2000, help="inputs in a round (default: %(default)s)")
    given = options.parse_args()
    return tell("tests.bench.judging", measured(SIZES, given.repeat, given.inputs), given.json)


if __name__ == "__main__":
    sys.exit(main())
