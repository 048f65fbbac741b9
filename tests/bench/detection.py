"""From the second VIP to the verdict: how long the agents of a real pair take to say `split_brain`.

    python -m tests.bench.detection [--repeat N] [--interval S] [--agents NODE]... [--workers N] [--only WORDS]
        [--rivals] [--json FILE]

Every split of tests/bench/splits.py is brought about in a lab of its own, with an agent on both nodes unless
others are named (the aim is for both; with one agent, some splits cannot be proved). The clock
starts when the ground truth (an independent watcher of addresses) sees the second node hold the VIP, and stops at
the verdict in each agent's journal; both are CLOCK_MONOTONIC. A second figure stops when the verdict could be read in
the journal from outside, the agent's own work and this program's polling of 5 ms included.

With `--rivals` the pasted loop, a scrape-based exporter and a reader of keepalived's notify FIFO look at the same
splits (tests/bench/rivals.py), and are compared with what could be read from outside of the slower agent.

Exit code 0 when the aim is met and nothing was missed, otherwise 1.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from deploy.lab import LabError, conf
from deploy.lab.waiting import INTERVAL as LOOK_EVERY
from hawatch.situation.node import LATE
from hawatch.situation.timing import release_allowance
from tests.bench import rivals
from tests.bench.comparing import comparison, times_later
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
    timed = Run(split=split.name, run=run)
    try:
        with split.pair(interval, agents) as pair:
            timed = time_both(pair, split, run)
    except LabError as error:
        return replace(timed, problem=str(error))
    except AssertionError as error:
        return replace(timed, problem=str(error).partition("\n")[0])
    return timed


def measure_beside(split: Split, interval: float, agents: tuple[str, ...], run: int) -> Run:
    """The same with all rivals beside the agents, each in the midst of its own rhythm."""
    timed = Run(split=split.name, run=run)
    try:
        with split.pair(interval, agents, rivals.GLOBAL_DEFS) as pair:
            beside = rivals.Rivals(pair, f"{split.name} {interval} {run}")
            try:
                time.sleep(random.Random(f"{split.name} {run}").uniform(2.0, 8.0))
                beside.before_the_fault()
                timed = time_both(pair, split, run, beside)
            finally:
                beside.close()
    except (LabError, AssertionError) as error:
        return replace(timed, problem=str(error).partition("\n")[0])
    return timed


def time_both(pair: Scene, split: Split, run: int, beside: rivals.Rivals | None = None) -> Run:
    """Inject the fault, and read both journals and what is beside them, until all have said it or patience ends."""
    readers = {node: JournalReader(pair.journal(node)) for node in pair.watched}
    patience = GIVE_UP_AFTER if beside is None else rivals.GIVE_UP_AFTER
    injected = time.monotonic()
    split.begin(pair)
    second_vip = pair.lab.truth.wait_holders(conf.VIP, BOTH, timeout=SECOND_VIP_GUARD)
    while time.monotonic() < second_vip + patience:
        for reader in readers.values():
            reader.look()
        if beside is not None:
            beside.look()
        told = all(reader.first_split(injected) for reader in readers.values())
        if told and (beside is None or len(beside.said) == len(rivals.NAMES)):
            break
        time.sleep(LOOK_EVERY)
    overlaps = pair.lab.truth.overlaps(conf.VIP, since=injected)
    began = next((span.start for span in overlaps if span.seconds > release_allowance(pair.interval)), None)
    if began is None:
        raise LabError("the two did not hold the VIP together for longer than a handover takes")
    sightings = tuple(sighting(reader, began, split.name, run, node) for node, reader in readers.items())
    if beside is None:
        return Run(split=split.name, run=run, sightings=sightings)
    said = {name: beside.said[name] - began if name in beside.said else None for name in rivals.NAMES}
    return Run(split=split.name, run=run, sightings=sightings, rivals=said, wrong_turns=beside.wrong_turns)


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


Measure = Callable[[Split, float, tuple[str, ...], int], Run]


def measure_all(
    splits: Sequence[Split],
    interval: float,
    agents: tuple[str, ...],
    repeat: int,
    workers: int,
    once: Measure = measure,
) -> list[Run]:
    """Every split `repeat` times, in so many labs at once; a line on stderr as each ends."""
    jobs = [(split, run) for run in range(1, repeat + 1) for split in splits]
    runs: list[Run] = []
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        for run in pool.map(lambda job: once(job[0], interval, agents, job[1]), jobs):
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
    parser.add_argument("--rivals", action="store_true", help="what people would use instead, beside it")
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
    once = measure_beside if arguments.rivals else measure
    runs = measure_all(chosen, arguments.interval, agents, arguments.repeat, arguments.workers, once)
    result = boil_down(runs, arguments.interval)
    problems = [f"failed      {run.split}: {run.problem}" for run in runs if run.problem]
    left_out = [
        f"left out    {split.name}: version 2 has no such interval" for split in named if split not in chosen
    ]
    print("\n".join([*table(runs), "", *summary(result), *comparison(runs), *problems, *left_out]))
    if arguments.json is not None:
        record = {
            "heading": head,
            "result": asdict(result),
            "times later": times_later(runs),
            "runs": [asdict(run) for run in runs],
        }
        arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0 if result.met else 1


if __name__ == "__main__":
    sys.exit(main())
