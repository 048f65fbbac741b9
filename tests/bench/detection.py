"""From the second VIP to the verdict: how long the agents of a real pair take to say `split_brain`.

    python -m tests.bench.detection [--repeat N] [--interval S] [--agents NODE]... [--workers N] [--only WORDS]
        [--json FILE]

Every split of tests/bench/splits.py is brought about in a lab of its own, with an agent on both nodes unless
others are named (the aim is for both; with one agent, some splits cannot be proved). The clock
starts when the ground truth (an independent watcher of addresses) sees the second node hold the VIP, and stops at
the verdict in each agent's journal; both are CLOCK_MONOTONIC. A second figure stops when the verdict could be read in
the journal from outside, the agent's own work and this program's polling of 5 ms included.

Exit code 0 when the aim is met and nothing was missed, otherwise 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deploy.lab import LabError, conf
from deploy.lab.waiting import INTERVAL as LOOK_EVERY
from hawatch.situation.node import LATE
from hawatch.situation.timing import release_allowance
from tests.bench.findings import MARGIN, Run, Sighting, boil_down, heading, seconds_text, summary, table
from tests.bench.splits import SPLITS, Split
from tests.lab.scene import Scene

BOTH = frozenset({"lb01", "lb02"})
GIVE_UP_AFTER = 10.0  # seconds after the second VIP; what has not been said by then is never said
SECOND_VIP_GUARD = 30.0


class JournalReader:
    """Reads what a journal gains, and remembers when each change of verdict could be read first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rest = ""
        self._offset = path.stat().st_size
        self.changes: list[tuple[float, dict[str, Any]]] = []
        self.late: list[tuple[float, float]] = []

    def look(self) -> None:
        """Take in what has come since the last look."""
        with self._path.open("rb") as journal:
            journal.seek(self._offset)
            data = journal.read()
        if not data:
            return
        now = time.monotonic()
        self._offset += len(data)
        *lines, self._rest = (self._rest + data.decode()).split("\n")
        for line in lines:
            record = json.loads(line)
            if record["type"] == "Change":
                self.changes.append((now, record))
            elif record["type"] == "Tick" and record.get("late", 0.0) > LATE:
                self.late.append((record["at"], record["late"]))

    def first_split(self, since: float) -> tuple[float, dict[str, Any]] | None:
        """The first `split_brain` at or after a moment: when it was read, and the record."""
        for read_at, record in self.changes:
            if record["verdict"] == "split_brain" and record["time"] >= since:
                return read_at, record
        return None


def measure(split: Split, interval: float, agents: tuple[str, ...], run: int) -> Run:
    """Bring a split about once, and time both agents."""
    sightings: tuple[Sighting, ...] = ()
    try:
        with split.pair(interval, agents) as pair:
            sightings = time_both(pair, split, run)
    except LabError as error:
        return Run(split=split.name, run=run, sightings=sightings, problem=str(error))
    except AssertionError as error:
        return Run(split=split.name, run=run, sightings=sightings, problem=str(error).partition("\n")[0])
    return Run(split=split.name, run=run, sightings=sightings)


def time_both(pair: Scene, split: Split, run: int) -> tuple[Sighting, ...]:
    """Inject the fault, and read both journals until both have said it or the patience ends."""
    readers = {node: JournalReader(pair.journal(node)) for node in pair.watched}
    injected = time.monotonic()
    split.begin(pair)
    second_vip = pair.lab.truth.wait_holders(conf.VIP, BOTH, timeout=SECOND_VIP_GUARD)
    while time.monotonic() < second_vip + GIVE_UP_AFTER:
        for reader in readers.values():
            reader.look()
        if all(reader.first_split(injected) for reader in readers.values()):
            break
        time.sleep(LOOK_EVERY)
    overlaps = pair.lab.truth.overlaps(conf.VIP, since=injected)
    began = next((span.start for span in overlaps if span.seconds > release_allowance(pair.interval)), None)
    if began is None:
        raise LabError("the two did not hold the VIP together for longer than a handover takes")
    return tuple(sighting(reader, began, split.name, run, node) for node, reader in readers.items())


def sighting(reader: JournalReader, began: float, split: str, run: int, node: str) -> Sighting:
    """What one journal says about the split that began then."""
    found = reader.first_split(began - MARGIN)
    until = found[1]["time"] if found else began + GIVE_UP_AFTER
    return Sighting(
        split=split,
        run=run,
        node=node,
        seconds=found[1]["time"] - began if found else None,
        read_after=found[0] - began if found else None,
        rule=found[1]["rule"] if found else "",
        held_up=max((late for at, late in reader.late if began <= at <= until + late), default=0.0),
    )


def measure_all(
    splits: Sequence[Split], interval: float, agents: tuple[str, ...], repeat: int, workers: int
) -> list[Run]:
    """Every split `repeat` times, in so many labs at once; a line on stderr as each ends."""
    jobs = [(split, run) for run in range(1, repeat + 1) for split in splits]
    runs: list[Run] = []
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        for run in pool.map(lambda job: measure(job[0], interval, agents, job[1]), jobs):
            runs.append(run)
            told = ", ".join(f"{s.node} {seconds_text(s.seconds)}" for s in run.sightings)
            print(f"{len(runs)}/{len(jobs)} {run.split}: {run.problem or told}", file=sys.stderr, flush=True)
    finally:
        pool.shutdown(cancel_futures=True)
    return runs


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and say whether the aim is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.detection", description="Time split_brain.")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="bring every split about N times")
    parser.add_argument(
        "--interval", type=float, default=1.0, metavar="S", help="advert_int (below 1: version 3)"
    )
    parser.add_argument("--agents", action="append", choices=sorted(BOTH), help="only there; may be repeated")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="labs at a time; each costs processor time"
    )
    parser.add_argument("--only", default="", metavar="WORDS", help="only splits whose name has these words")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there, too")
    arguments = parser.parse_args(argv)
    named = [split for split in SPLITS if arguments.only in split.name]
    chosen = [split for split in named if split.possible(arguments.interval)]
    if not chosen:
        parser.error(
            f"no split of that name at this interval; there are: {', '.join(s.name for s in SPLITS)}"
        )
    agents = tuple(sorted(arguments.agents or BOTH))
    head = heading(arguments.interval, arguments.repeat, agents)
    print("\n".join([*head, ""]), flush=True)
    runs = measure_all(chosen, arguments.interval, agents, arguments.repeat, arguments.workers)
    result = boil_down(runs, arguments.interval)
    problems = [f"failed      {run.split}: {run.problem}" for run in runs if run.problem]
    left_out = [
        f"left out    {split.name}: version 2 has no such interval" for split in named if split not in chosen
    ]
    print("\n".join([*table(runs), "", *summary(result), *problems, *left_out]))
    if arguments.json is not None:
        record = {"heading": head, "result": asdict(result), "runs": [asdict(run) for run in runs]}
        arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0 if result.met else 1


if __name__ == "__main__":
    sys.exit(main())
