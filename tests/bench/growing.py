"""Where an agent's time goes on a node of many virtual routers, without a network: in peace, and while all move.

    python -m tests.bench.growing [--size ROUTERSxVIPS] [--profile PHASE] [--json FILE]

Two nodes in one process, by a clock that is told: each has the agent's own judge, loop, desk, history and journal, and
hears of the other what it would on the wire: advertisements, echoes, answers to what it asks, and reports as datagrams.
Both start; they are left alone; the owner's keepalived ends, and the other takes over all, one after the other. Told is
the second node's processor time for each second of that clock, by part.

Exit code 0: every aim is met.
"""

from __future__ import annotations

import asyncio
import cProfile
import logging
import pstats
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

from hawatch.keepalived.model import VirtualRouter
from tests.bench.figures import Figure, parser, tell
from tests.bench.told_node import Node, ToldClock

TURN = 0.005
"""Seconds whose evidence one turn of the loop finds together."""
TAKES_OVER_IN = 1.0
"""Seconds in which keepalived puts up all VIPs of all virtual routers."""
PHASES = {"start": 10.0, "peace": 10.0, "takeover": 6.0, "after it": 6.0}
AIM = 80.0
"""Milliseconds a second: 8 % of a core."""
logging.getLogger("hawatch").setLevel(logging.ERROR)


class Pair:
    """Both nodes, and the time between them."""

    def __init__(self, size: tuple[int, int], directory: Path) -> None:
        self.first, self.second = (Node(size, directory, owns=owns) for owns in (True, False))
        self.first.other, self.second.other = self.second, self.first
        self.owner: dict[int, Node | None] = dict.fromkeys(range(size[0]), self.first)
        for number in self.owner:
            self.first.at(ToldClock.now + number / size[0], partial(self._advertise, number))
        for node in (self.first, self.second):
            node.at(ToldClock.now, partial(self._every_second, node))

    def _advertise(self, number: int) -> None:
        owner = self.owner[number]
        if owner is not None:
            owner.advertise(owner.configs[number])
        self.first.at(ToldClock.now + 1.0, partial(self._advertise, number))

    def _every_second(self, node: Node) -> None:
        node.population.now = ToldClock.now
        for echo in node.population.echoes():
            node.tell(echo)
        node.send_report()
        node.at(ToldClock.now + 1.0, partial(self._every_second, node))

    def end_first(self) -> None:
        """keepalived ends on the first node: priority 0 of each, its VIPs go; the second takes over."""
        for number, config in enumerate(self.first.configs):
            at = ToldClock.now + number * TAKES_OVER_IN / len(self.first.configs)
            self.first.at(at, partial(self._give_up, number, config))
            self.first.at(at + 0.6, partial(self._take_over, number))

    def _give_up(self, number: int, config: VirtualRouter) -> None:
        self.owner[number] = None
        self.first.advertise(config, priority=0)
        self.first.hold(config, held=False)

    def _take_over(self, number: int) -> None:
        self.owner[number] = self.second
        config = self.second.configs[number]
        self.second.advertise(config)
        self.second.hold(config, held=True)

    async def go_on(self, seconds: float) -> None:
        """Let time pass."""
        end = ToldClock.now + seconds
        while ToldClock.now < end:
            ToldClock.now += TURN
            for node in (self.first, self.second):
                if node.profile is not None:
                    node.profile.enable()
                await node.turn(ToldClock.now)
                if node.profile is not None:
                    node.profile.disable()


async def measured(size: tuple[int, int], profile: str | None) -> list[Figure]:
    """All phases."""
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as directory:
        pair = Pair(size, Path(directory))
        node = pair.second
        for node_ in (pair.first, pair.second):
            await node_.oncall.begin()
        for phase, seconds in PHASES.items():
            node.seconds.clear()
            node.times.clear()
            node.profile = cProfile.Profile(time.thread_time) if phase == profile else None
            if phase == "takeover":
                pair.end_first()
            await pair.go_on(seconds)
            total = 1e3 * sum(node.seconds.values()) / seconds
            verdicts = Counter(each.verdict.kind.value for each in node.judge.standing.values())
            found.append(
                Figure(what=f"{phase}: all", unit="ms", values=(total,), aim=AIM, note=str(dict(verdicts)))
            )
            for part, spent in sorted(node.seconds.items(), key=lambda each: -each[1]):
                value = 1e3 * spent / seconds
                times = node.times[part] / seconds
                found.append(
                    Figure(what=f"{phase}: {part}", unit="ms", values=(value,), note=f"{times:.1f} times")
                )
            if node.profile is not None:
                pstats.Stats(node.profile).sort_stats("cumtime").print_stats(70)
                pstats.Stats(node.profile).sort_stats("tottime").print_stats(40)
    return found


def main() -> int:
    """Measure and print."""
    options = parser(__doc__, repeat=1)
    options.add_argument("--size", default="255x20", help="ROUTERSxVIPS (default: %(default)s)")
    options.add_argument("--profile", choices=tuple(PHASES), help="print a profile of this phase")
    given = options.parse_args()
    routers, _, vips = given.size.partition("x")
    found = asyncio.run(measured((int(routers), int(vips)), given.profile))
    return tell("tests.bench.growing", found, given.json)


if __name__ == "__main__":
    sys.exit(main())
