"""A fleet on one machine: the evidence of 100,000 pairs, judged by the same spine that an agent runs; no network.

    python -m tests.bench.fleet [--pairs N] [--seconds N] [--jobs N] [--json FILE]

Each pair has two nodes, and each node an agent of its own: a judge that is told what it would be told in these seconds
(advertisements, reports, echoes, ticks, its kernel's word on the VIP). Most pairs are steady; one in a hundred fails
over, one in a thousand splits. The pairs are shared out among the jobs. Every story must end in the verdict that it
ought to: a fleet that is judged wrongly is not judged at all.

Told are processor time for one pair and second, what an agent's judge takes in memory, and how many pairs the machine
could judge in real time. Exit code 0: every story ended as it ought to.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import Enum

from hawatch import evidence as ev
from hawatch.judge import Judge
from hawatch.keepalived.model import KeepalivedConfig, VirtualAddress, VirtualRouter
from hawatch.wire.family import Family
from hawatch.wire.report import DaemonState, NodeReport, ReportedRouter, ReportedSettings, ReportedVip
from tests.bench.figures import Figure, parser, tell

NODES = ("lb01", "lb02")
PRIORITY = {"lb01": 150, "lb02": 100}
ADDRESS = {"lb01": "10.0.0.1", "lb02": "10.0.0.2"}
MAC = {"lb01": "02:00:00:00:00:01", "lb02": "02:00:00:00:00:02"}
VIP = "10.0.0.100"
VIPS = (VirtualAddress(address=VIP, prefix_length=24),)
SETTINGS = ReportedSettings(version=2, auth_type="none", auth_fingerprint=None, destination="224.0.0.18")
DOWN_AFTER = 4  # seconds without an advertisement after which the standby takes over: 3 A and its skew
HELD_IN_MEMORY = 2000  # judges that are kept at once to see what one takes


class Story(Enum):
    """What happens to a pair, and the verdict that both agents' last words must be among."""

    STEADY = frozenset({"steady"})
    FAILOVER = frozenset({"failover", "degraded", "steady"})
    SPLIT = frozenset({"split_brain"})


def story_of(pair: int) -> Story:
    """By its number."""
    if pair % 1000 == 999:
        return Story.SPLIT
    return Story.FAILOVER if pair % 100 == 50 else Story.STEADY


@dataclass(slots=True)
class Node:
    """One node of one pair: its judge, and what its kernel and keepalived do."""

    name: str
    judge: Judge
    holds: bool
    since: float
    alive: bool = True
    sequence: int = 0

    @property
    def verdict(self) -> str:
        """What its agent says now."""
        return self.judge.standing["VI_1"].verdict.kind.value


class Pair:
    """Two nodes, told second by second what they would be told."""

    def __init__(self, story: Story, begin: float) -> None:
        self.story = story
        self.now = begin
        self.inputs = 0
        self.nodes = [Node(name, Judge(), holds=name == NODES[0], since=begin - 60.0) for name in NODES]
        for node in self.nodes:
            for evidence in beginning(node, begin):
                self._tell(node, evidence)

    def live(self, seconds: int, turning_at: int) -> None:
        """So many seconds, the story's turn after `turning_at` of them."""
        for second in range(seconds):
            if second == turning_at:
                self._turn()
            if self.story is Story.FAILOVER and second == turning_at + DOWN_AFTER - 1:
                self._take_over(self.nodes[1])
            for node, other in (self.nodes, self.nodes[::-1]):
                if node.alive:
                    for evidence in self._second(node, other):
                        self._tell(node, evidence)
            self._pass(1.0)

    def _turn(self) -> None:
        """The owner dies, or the standby takes the VIP beside it: they do not hear each other's advertisements."""
        if self.story is Story.FAILOVER:
            self.nodes[0].alive = False
        elif self.story is Story.SPLIT:
            self._take_over(self.nodes[1])

    def _take_over(self, node: Node) -> None:
        node.holds, node.since = True, self.now
        self._tell(node, ev.VipHeld(at=self.now, address=VIP, held=True, interface="eth0"))

    def _second(self, node: Node, other: Node) -> Iterator[ev.Evidence]:
        """What one agent is told in one second."""
        yield ev.EchoResult(
            at=self.now,
            target=other.name,
            link="lan",
            address=ADDRESS[other.name],
            replied=other.alive,
            rtt_seconds=0.0003 if other.alive else None,
        )
        yield ev.EchoResult(
            at=self.now, target="gateway", link=None, address="10.0.0.254", replied=True, rtt_seconds=0.0003
        )
        if node.holds:
            yield advert(node, self.now, outgoing=True)
        if other.alive:
            if other.holds and self.story is not Story.SPLIT:
                yield advert(other, self.now, outgoing=False)
            yield report(other, self.now)

    def _pass(self, seconds: float) -> None:
        """Time goes by, with the ticks that the judges want."""
        until = self.now + seconds
        for node in self.nodes:
            while node.alive and (wake := node.judge.next_wake_at) is not None and wake < until:
                self._tell(node, ev.Tick(at=wake))
        self.now = until

    def _tell(self, node: Node, evidence: ev.Evidence) -> None:
        self.inputs += 1
        node.judge.step(evidence)

    @property
    def ended_well(self) -> bool:
        """Whether those that live say what the story must end in."""
        return all(node.verdict in self.story.value for node in self.nodes if node.alive)


def beginning(node: Node, now: float) -> Iterator[ev.Evidence]:
    """What an agent learns at its start."""
    other = next(name for name in NODES if name != node.name)
    router = VirtualRouter(
        instance="VI_1", interface="eth0", vrid=51, priority=PRIORITY[node.name], vips=VIPS
    )
    yield ev.Started(
        at=now,
        node=node.name,
        pair="web",
        boot_id="b",
        booted_at=0.0,
        wall_minus_monotonic=0.0,
        version="0",
    )
    peer = ev.KnownPeer(name=other, addresses=(ADDRESS[other],))
    yield ev.Settings(at=now, peers=(peer,), references=("gateway",))
    yield ev.ConfigRead(at=now, config=KeepalivedConfig(virtual_routers=(router,), digest="1"))
    yield ev.InterfaceState(
        at=now, interface="eth0", carrier=True, mac=MAC[node.name], addresses=(ADDRESS[node.name],)
    )
    yield ev.DaemonSeen(at=now, state=DaemonState.RUNNING, pid=100, started_at=now - 500.0, loads="1")
    yield ev.VipHeld(at=now, address=VIP, held=node.holds, interface="eth0")


def advert(node: Node, now: float, *, outgoing: bool) -> ev.AdvertisementHeard:
    """One advertisement of this node, as it leaves or as it is heard."""
    return ev.AdvertisementHeard(
        at=now,
        first_at=now,
        count=1,
        interface="eth0",
        outgoing=outgoing,
        src=ADDRESS[node.name],
        dst="224.0.0.18",
        src_mac=MAC[node.name],
        ttl=255,
        family=Family.IPV4,
        version=2,
        vrid=51,
        priority=PRIORITY[node.name],
        interval_seconds=1.0,
        auth_type=0,
        auth_fingerprint=None,
        addresses=(VIP,),
        checksum="plain",
    )


def report(node: Node, now: float) -> ev.PeerReport:
    """What this node's agent tells the other one."""
    node.sequence += 1
    held = ReportedVip(address=VIP, held=node.holds, for_seconds=now - node.since if node.holds else 0.0)
    router = ReportedRouter(
        vrid=51,
        family=Family.IPV4,
        configured_priority=PRIORITY[node.name],
        advertised_priority=PRIORITY[node.name] if node.holds else None,
        vips=(held,),
        advertising=node.holds,
        ready=True,
        settings=SETTINGS,
    )
    return ev.PeerReport(
        at=now,
        link="lan",
        src=ADDRESS[node.name],
        boot_id=node.name,
        sequence=node.sequence,
        round_trip=0.0005,
        clock_offset=0.0,
        report=NodeReport(
            node=node.name,
            routers=(router,),
            addresses=(ADDRESS[node.name],),
            macs=(MAC[node.name],),
            daemon=DaemonState.RUNNING,
        ),
    )


@dataclass(frozen=True, slots=True)
class Share:
    """What one job did: processor seconds, inputs, and how the stories ended."""

    seconds: float
    inputs: int
    ended: Counter[tuple[str, bool]]


def lived(first: int, last: int, seconds: int) -> Share:
    """The pairs from `first` to before `last`, one after the other."""
    begin = time.process_time()
    inputs, ended = 0, Counter[tuple[str, bool]]()
    for number in range(first, last):
        pair = Pair(story_of(number), 1000.0 + number % 97 / 97)
        pair.live(seconds, turning_at=seconds // 2)
        inputs += pair.inputs
        ended[pair.story.name, pair.ended_well] += 1
    return Share(time.process_time() - begin, inputs, ended)


def memory_of_one() -> float:
    """KB that one agent's judge takes, by what this process grows by."""
    before = _resident()
    kept = [Pair(Story.STEADY, 1000.0) for _ in range(HELD_IN_MEMORY // 2)]
    for pair in kept:
        pair.live(3, turning_at=9)
    return (_resident() - before) / len(kept) / 2


def _resident() -> float:
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main() -> int:
    """Measure and print."""
    options = parser(__doc__, repeat=1)
    options.add_argument("--pairs", type=int, default=100_000, help="(default: %(default)s)")
    options.add_argument("--seconds", type=int, default=16, help="of each pair's life (default: %(default)s)")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = options.parse_args()
    memory = memory_of_one()
    size = max(1, given.pairs // (given.jobs * 20))
    starts = range(0, given.pairs, size)
    begin = time.perf_counter()
    with ProcessPoolExecutor(given.jobs) as pool:
        ends = [min(start + size, given.pairs) for start in starts]
        shares = list(pool.map(lived, starts, ends, [given.seconds] * len(ends)))
    wall = time.perf_counter() - begin
    ended = sum((share.ended for share in shares), Counter[tuple[str, bool]]())
    inputs = sum(share.inputs for share in shares)
    pair_seconds = given.pairs * given.seconds
    print(f"{given.pairs:,} pairs for {given.seconds} s each: {inputs:,} inputs judged in {wall:.0f} s")
    for (story, well), count in sorted(ended.items()):
        print(f"  {story.lower():9s} {'ended as it ought to' if well else 'ENDED OTHERWISE':22s} {count:,}")
    each = [share.seconds / share.inputs * 1e6 for share in shares]
    cost = [share.seconds / sum(share.ended.values()) / given.seconds * 1e6 for share in shares]
    found = [
        Figure(what="processor time for a pair and second, both agents", unit="µs", values=tuple(cost)),
        Figure(what="for one input", unit="µs", values=tuple(each)),
        Figure(what="inputs of a pair in a second", unit="", values=(inputs / pair_seconds,)),
        Figure(what="memory of one agent's judge", unit="KB", values=(memory,)),
        Figure(what="pairs that one core judges in real time", unit="", values=tuple(1e6 / c for c in cost)),
    ]
    tell("tests.bench.fleet", found, given.json)
    return 1 if any(not well for _, well in ended) else 0


if __name__ == "__main__":
    sys.exit(main())
