"""From the second VIP to the verdict at any size: a VIP put up by hand on the standby, all else being at rest (root).

    python -m tests.bench.by_hand [--size ROUTERSxVIPS]... [--repeat N] [--settle N] [--json FILE]

A real pair with keepalived at A = 1 s and an agent on each node. When all is steady, a VIP of one virtual router is put
up on the standby as well, that of another each time, and taken away again. The clock starts when the ground truth (an
independent watcher of addresses) sees it there, and stops at `split_brain` in each agent's journal; both are
CLOCK_MONOTONIC. Several sizes come one after the other, each in a lab of its own.

Exit code 0: all was said, and no later than a handover's allowance and an interval after the second VIP.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from deploy.lab import Lab
from deploy.lab.agents import Agent
from hawatch.situation.node import LATE
from tests.bench.figures import Figure, parser, tell
from tests.bench.findings import worst_aim
from tests.bench.many import Size, a_pair, address, await_steady, read_size

LOOK_ON = 3.0
"""Seconds for which the second VIP stays; what has not been said by then counts as so late."""
STEP = 53
"""Virtual routers from one split to the next, so that early and late ones have their turn."""
REST = 12.0
"""Seconds without it before the next: the black box has written twice by then."""


def measured(size: Size, *, settle: float, repeat: int) -> list[Figure]:
    """A lab of this size, and how long its agents took."""
    with a_pair(size) as lab:
        lab.start_agents()
        agents = [lab.agent(name) for name in lab.topology.routers]
        await_steady(agents, size)
        time.sleep(settle)
        return timed(lab, agents, size, repeat)


def timed(lab: Lab, agents: Sequence[Agent], size: Size, repeat: int) -> list[Figure]:
    """So many splits in a lab that is at rest."""
    runs = [split(lab, agents, 1 + (number * STEP) % size[0]) for number in range(repeat)]
    return [
        Figure(
            what=f"{size[0]} x {size[1]}: second VIP to split_brain, {agent.node.name}",
            unit="s",
            values=tuple(run[place] for run in runs),
            aim=worst_aim(1.0),
        )
        for place, agent in enumerate(agents)
    ]


def split(lab: Lab, agents: Sequence[Agent], number: int) -> list[float]:
    """One VIP of this virtual router on the standby, too: the seconds that each agent took."""
    standby, vip = lab.node(lab.topology.routers[1]), address(number, 0)
    began = time.monotonic()
    standby.add_address(f"{vip}/32")
    second = lab.truth.wait_holders(vip, lab.topology.routers)
    time.sleep(LOOK_ON)
    standby.remove_address(f"{vip}/32")
    taken = [seconds(agent, f"VI_{number}", began, second) for agent in agents]
    time.sleep(REST)
    return taken


def seconds(agent: Agent, instance: str, began: float, second: float) -> float:
    """From the second VIP to this agent's word; the agent's late wakings meanwhile go to stderr."""
    said = LOOK_ON
    for record in records(agent):
        if not began <= record.get("time", record.get("at", 0.0)) <= second + LOOK_ON:
            continue
        if record["type"] == "Tick" and record.get("late", 0.0) > LATE:
            print(f"{agent.node.name}: late by {record['late']:.3f} s", file=sys.stderr)
        elif record["type"] == "Change" and record["instance"] == instance:
            print(f"{agent.node.name}: {instance} {record['verdict']} {record['rule']}", file=sys.stderr)
            if record["verdict"] == "split_brain":
                said = min(said, record["time"] - second)
    return said


def records(agent: Agent) -> Iterator[dict[str, Any]]:
    """Changes of verdict and the ticks of an agent's journal, those of older files as well."""
    for path in agent.state.glob("journal*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(('{"type":"Change"', '{"type":"Tick"')):
                yield json.loads(line)


def main() -> int:
    """Measure and print."""
    options = parser(__doc__, repeat=5)
    options.add_argument("--settle", type=float, default=5.0, help="seconds before it (default: %(default)s)")
    options.add_argument("--size", action="append", help="for example 255x20; again for more (default: 1x1)")
    given = options.parse_args()
    found = []
    for words in given.size or ["1x1"]:
        found += measured(read_size(words), settle=given.settle, repeat=given.repeat)
    return tell("tests.bench.by_hand", found, given.json)


if __name__ == "__main__":
    sys.exit(main())
