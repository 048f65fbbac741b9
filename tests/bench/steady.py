"""What an agent costs while nothing happens: one pair, or many virtual routers of many VIPs, in the lab (root).

    python -m tests.bench.steady [--seconds N] [--repeat N] [--settle N] [--splits N] [--size ROUTERSxVIPS]...
        [--json FILE]

A real pair with keepalived at A = 1 s and an agent on each node, left alone; of both agents, in windows of so many
seconds: processor time (user and system), resident memory, how often they were woken, bytes written to files and what
of it the journal grew by, and bytes that left the node, less what keepalived alone sends, which is measured before the
agents start. Several sizes come one after the other, each in a lab of its own. With `--splits` a VIP is put up by hand
on the standby so many times in the end, and told is how long both took to say so (tests/bench/by_hand.py).

An hour of one pair: python -m tests.bench.steady --seconds 3600 --repeat 1

Exit code 0: every aim is met.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.lab.agents import Agent
from tests.bench import by_hand
from tests.bench.figures import Figure, parser, tell
from tests.bench.many import Size, a_pair, await_steady, read_size

SMALL = (0.3, 52.0)
"""The aims at one virtual router of one VIP: per cent of a core, MB."""
LARGE = (8.0, 80.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the kernel says of one agent at a moment; counts are since its start.

    `processor` is in seconds as the scheduler counted them: the usual figure counts a whole tick for whoever runs when
    the clock ticks, which is whoever a timer has just woken.
    """

    at: float
    processor: float
    resident: float
    woken: int
    written: int
    journal: int
    sent: int


def look(agent: Agent) -> Look:
    """Now."""
    process = Path("/proc") / str(agent.pid)
    status = dict(_pairs(process / "status"))
    return Look(
        at=time.monotonic(),
        processor=sum(int(each.read_text().split()[0]) for each in process.glob("task/*/schedstat")) / 1e9,
        resident=int(status["VmRSS"].split()[0]) / 1024,
        woken=sum(
            int(dict(_pairs(thread / "status"))["voluntary_ctxt_switches"])
            for thread in process.joinpath("task").iterdir()
        ),
        written=int(dict(_pairs(process / "io"))["wchar"]),
        journal=sum(path.stat().st_size for path in agent.state.glob("journal*.jsonl")),
        sent=_sent(agent),
    )


def _pairs(path: Path) -> list[tuple[str, str]]:
    return [(name, value.strip()) for name, _, value in map(_parted, path.read_text().splitlines())]


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def _sent(agent: Agent) -> int:
    """Bytes that left the node by its LAN device."""
    text = Path(f"/proc/{agent.node.pid}/net/dev").read_text()
    line = next(each for each in text.splitlines() if each.strip().startswith("eth0:"))
    return int(line.partition(":")[2].split()[8])


def measured(size: Size, *, settle: float, seconds: float, repeat: int, splits: int) -> list[Figure]:
    """A lab of this size, and what its agents cost."""
    with a_pair(size) as lab:
        agents = [lab.agent(name) for name in lab.topology.routers]
        time.sleep(min(settle, 10.0))
        before = [(_sent(agent), time.monotonic()) for agent in agents]
        time.sleep(min(seconds, 10.0))
        alone = [
            (_sent(agent) - sent) / (time.monotonic() - at)
            for agent, (sent, at) in zip(agents, before, strict=True)
        ]
        lab.start_agents()
        await_steady(agents, size)
        time.sleep(settle)
        taken: dict[str, list[float]] = defaultdict(list)
        for _ in range(repeat):
            began = [look(agent) for agent in agents]
            time.sleep(seconds)
            for agent, first, quiet in zip(agents, began, alone, strict=True):
                for what, value in between(first, look(agent), quiet).items():
                    taken[what].append(value)
        await_steady(agents, size)
        said = by_hand.timed(lab, agents, size, splits) if splits else []
    return [*figures(size, taken), *said]


def between(first: Look, last: Look, quiet: float) -> dict[str, float]:
    """What one window cost, a second."""
    span = last.at - first.at
    return {
        "%": 100 * (last.processor - first.processor) / span,
        "MB": last.resident,
        "wake-ups/s": (last.woken - first.woken) / span,
        "B/s written": (last.written - first.written) / span,
        "B/s journal": (last.journal - first.journal) / span,
        "B/s sent": (last.sent - first.sent) / span - quiet,
    }


WORDS = {
    "%": "processor, of one core",
    "MB": "resident memory",
    "wake-ups/s": "woken, all threads",
    "B/s written": "written, pipes and sockets' eventfds included",
    "B/s journal": "of it the journal grew by",
    "B/s sent": "sent, keepalived's not counted",
}


def figures(size: Size, taken: Mapping[str, list[float]]) -> list[Figure]:
    """One for each thing measured; both agents' windows together."""
    processor, resident = SMALL if size == (1, 1) else LARGE
    aims = {"%": processor, "MB": resident}
    return [
        Figure(
            what=f"{size[0]} x {size[1]}: {words}",
            unit=unit.partition(" ")[0],
            values=tuple(taken[unit]),
            aim=aims.get(unit),
        )
        for unit, words in WORDS.items()
    ]


def main() -> int:
    """Measure and print."""
    options = parser(__doc__, repeat=3)
    options.add_argument("--seconds", type=float, default=60.0, help="of one window (default: %(default)s)")
    options.add_argument(
        "--settle", type=float, default=10.0, help="seconds before it (default: %(default)s)"
    )
    options.add_argument("--splits", type=int, default=0, help="of each size (default: none)")
    options.add_argument("--size", action="append", help="for example 255x20; again for more (default: 1x1)")
    given = options.parse_args()
    found = []
    for words in given.size or ["1x1"]:
        found += measured(
            read_size(words),
            settle=given.settle,
            seconds=given.seconds,
            repeat=given.repeat,
            splits=given.splits,
        )
    return tell("tests.bench.steady", found, given.json)


if __name__ == "__main__":
    sys.exit(main())
