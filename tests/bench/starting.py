"""How long an agent takes from its start to its first verdict of a live pair.

    python -m tests.bench.starting [--repeat N] [--interval S] [--json FILE]

The agent of the standby is stopped and started again, over and over, its helper and the other node going on. The clock
starts before the process is made (nsenter and setpriv included). It is observing when its journal says that the sniffer
sees; the first verdict that is not `indeterminate` is the second mark. Beside them: an interpreter that only ends, made
in the same way, and `hawatch --version`. The bytecode is written first, as pip and the Debian package do: without it
the compiler's work would be measured (the lab sees the clone read-only). Exit code 0 when the aims are met.
"""

from __future__ import annotations

import argparse
import compileall
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.lab.agents import COMMAND
from deploy.lab.node import INTERPRETER
from deploy.lab.waiting import wait_until
from hawatch.journal import read_lines
from tests.bench import spread
from tests.bench.findings import machine
from tests.lab.scene import HANG_GUARD, Scene, runs, scene

PACKAGE = Path(__file__).resolve().parents[2] / "hawatch"
NODE = "lb02"
OBSERVING, VERDICT, BARE, VERSION = (
    "start to observing",
    "observing to verdict",
    "bare interpreter",
    "hawatch --version",
)
OBSERVING_AIM, INTERVALS_TO_A_VERDICT = 1.5, 1.5


def last_run(pair: Scene) -> list[Any]:
    """The records of the agent's newest run, in the journal's order."""
    with pair.journal(NODE).open(encoding="utf-8") as lines:
        return list(runs(read_lines(lines, "journal")))[-1]


def sniffing_at(records: Sequence[Any]) -> float | None:
    """When the sniffer first saw."""
    seen = (
        each.at
        for each in records
        if type(each).__name__ == "ObserverState" and each.up and each.observer.startswith("sniffer")
    )
    return next(seen, None)


def judged_at(records: Sequence[Any]) -> float | None:
    """When the first verdict that says something was given."""
    return next(
        (
            each["time"]
            for each in records
            if isinstance(each, dict) and each.get("verdict", "indeterminate") != "indeterminate"
        ),
        None,
    )


def one_start(pair: Scene) -> tuple[float, float]:
    """Seconds from the start to observing, and from there to the verdict."""
    agent = pair.lab.agent(NODE)
    agent.stop()
    said_before = len(pair.all_said(NODE))
    begun = time.monotonic()
    agent.start()
    wait_until(lambda: True if judged(pair, said_before) else None, what="a verdict", timeout=HANG_GUARD)
    records = last_run(pair)
    observing, verdict = sniffing_at(records), judged_at(records)
    assert observing is not None
    assert verdict is not None
    return observing - begun, verdict - observing


def judged(pair: Scene, said_before: int) -> bool:
    return any(each.verdict != "indeterminate" for each in pair.all_said(NODE)[said_before:])


def timed(pair: Scene, argv: Sequence[str]) -> float:
    """Seconds that a command takes on the node."""
    begun = time.monotonic()
    pair.lab.node(NODE).run(argv, identity=pair.lab.agent(NODE).identity)
    return time.monotonic() - begun


def main(argv: Sequence[str] | None = None) -> int:
    """Start it many times, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.starting", description="Time the start.")
    parser.add_argument("--repeat", type=int, default=20, metavar="N")
    parser.add_argument(
        "--interval", type=float, default=1.0, metavar="S", help="advert_int (below 1: version 3)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args(argv)
    head = machine("tests.bench.starting")
    compileall.compile_dir(PACKAGE, quiet=1)
    common: dict[str, Any] = {"version": 3} if arguments.interval < 1 else {}
    columns: dict[str, list[float]] = {OBSERVING: [], VERDICT: [], BARE: [], VERSION: []}
    with scene(advert_int=arguments.interval, **common) as pair:
        pair.settle()
        for _ in range(arguments.repeat):
            observing, verdict = one_start(pair)
            columns[OBSERVING].append(observing)
            columns[VERDICT].append(verdict)
            columns[BARE].append(timed(pair, [INTERPRETER, "-I", "-c", "pass"]))
            columns[VERSION].append(timed(pair, [*COMMAND, "--version"]))
    verdict_aim = INTERVALS_TO_A_VERDICT * arguments.interval
    aims = {OBSERVING: f"{OBSERVING_AIM:g} s", VERDICT: f"{verdict_aim:g} s"}
    print("\n".join([*head, f"interval    A = {arguments.interval:g} s", "", *spread.table(columns, aims)]))
    spread.write(arguments.json, head, {name: spread.plain(values) for name, values in columns.items()})
    return 0 if max(columns[OBSERVING]) <= OBSERVING_AIM and max(columns[VERDICT]) <= verdict_aim else 1


if __name__ == "__main__":
    sys.exit(main())
