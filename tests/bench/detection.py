"""From the second VIP to the verdict: how long the agents of a real pair take to say `split_brain`.

    python -m tests.bench.detection [--repeat N] [--interval S] [--workers N] [--only WORDS] [--json FILE]

Every split of tests/bench/splits.py is brought about in a lab of its own, with an agent on both nodes. The clock
starts when the ground truth (an independent watcher of addresses) sees the second node hold the VIP, and stops at
the verdict in each agent's journal; both are CLOCK_MONOTONIC. A second figure stops when the verdict could be read in
the journal from outside, the agent's own work and this program's polling of 5 ms included.

Exit code 0 when the aim is met and nothing was missed, otherwise 1.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.lab import LabError, conf
from deploy.lab.waiting import INTERVAL as LOOK_EVERY
from hawatch.situation.node import LATE
from hawatch.situation.timing import release_allowance
from tests.bench.splits import SPLITS, Split
from tests.lab.scene import Scene

BOTH = frozenset({"lb01", "lb02"})
MARGIN = 0.050
MEDIAN_AIM = 0.4
MEDIAN_AIM_AT = 1.0
GIVE_UP_AFTER = 10.0  # seconds after the second VIP; what has not been said by then is never said
SECOND_VIP_GUARD = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One node in one run. Seconds count from the second VIP; None: it never said so.

    `held_up` is the longest time for which the machine kept the agent waiting meanwhile.
    """

    split: str
    run: int
    node: str
    seconds: float | None
    read_after: float | None
    rule: str
    held_up: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One split, brought about once; `problem` when it gave no measurement or its scene did not end as it must."""

    split: str
    run: int
    sightings: tuple[Sighting, ...] = ()
    problem: str = ""


def worst_aim(interval: float) -> float:
    """The longest time from the second VIP to the verdict that is aimed at."""
    return interval + release_allowance(interval) + MARGIN


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


def measure(split: Split, interval: float, run: int) -> Run:
    """Bring a split about once, and time both agents."""
    sightings: tuple[Sighting, ...] = ()
    try:
        with split.pair(interval) as pair:
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
    began = next(span.start for span in overlaps if span.seconds > release_allowance(pair.interval))
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


def measure_all(splits: Sequence[Split], interval: float, repeat: int, workers: int) -> list[Run]:
    """Every split `repeat` times, in so many labs at once; a line on stderr as each ends."""
    jobs = [(split.name, interval, run) for run in range(1, repeat + 1) for split in splits]
    runs = []
    with ProcessPoolExecutor(max_workers=workers) as pool:
        for number, run in enumerate(pool.map(measure_named, *zip(*jobs, strict=True)), start=1):
            told = ", ".join(f"{s.node} {seconds_text(s.seconds)}" for s in run.sightings)
            print(f"{number}/{len(jobs)} {run.split}: {run.problem or told}", file=sys.stderr, flush=True)
            runs.append(run)
    return runs


def measure_named(name: str, interval: float, run: int) -> Run:
    """`measure` for a worker process, which cannot be handed a function."""
    return measure(next(split for split in SPLITS if split.name == name), interval, run)


# --- telling --------------------------------------------------------------------------------------


def heading(interval: float, repeat: int) -> list[str]:
    """What was run, when and on what."""
    version = subprocess.run(["keepalived", "--version"], capture_output=True, text=True, check=False)
    words = (version.stderr or version.stdout).splitlines() or ["unknown"]
    command = shlex.join(["python", "-m", "tests.bench.detection", *sys.argv[1:]])
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return [
        f"command     {command}",
        f"date        {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"kernel      {platform.system()} {platform.release()}, {os.cpu_count()} processors, load {load}",
        f"keepalived  {words[0]}",
        f"interval    A = {interval:g} s, release allowance {release_allowance(interval):g} s; each split {repeat}x",
    ]


def table(runs: Iterable[Run]) -> list[str]:
    """One row for each split and node."""
    sightings = [each for run in runs for each in run.sightings]
    width = max((len(each.split) for each in sightings), default=5)
    lines = [f"{'split':<{width}}  node   median   worst  rule"]
    for split, node in dict.fromkeys((each.split, each.node) for each in sightings):
        mine = [each for each in sightings if (each.split, each.node) == (split, node)]
        taken = [each.seconds for each in mine if each.seconds is not None]
        middle = f"{statistics.median(taken):6.3f}  {max(taken):6.3f}" if taken else "     -       -"
        never = f"  never said {len(mine) - len(taken)}x" if len(taken) < len(mine) else ""
        rules = ", ".join(sorted({each.rule for each in mine if each.rule}))
        lines.append(f"{split:<{width}}  {node}  {middle}  {rules}{never}{held_up_text(mine)}")
    return lines


def held_up_text(sightings: Sequence[Sighting]) -> str:
    longest = max(each.held_up for each in sightings)
    return f"  (held up by the machine for {longest:.2f} s)" if longest else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All runs boiled down; seconds. `missed` were said later than the aim, `never_said` not at all."""

    interval: float
    said: int
    median: float | None
    worst: float | None
    median_read: float | None
    worst_read: float | None
    median_aim: float | None
    worst_aim: float
    missed: int
    never_said: int
    failed: int

    @property
    def met(self) -> bool:
        """Whether everything was said, in time."""
        if self.median is None or self.missed or self.never_said or self.failed:
            return False
        return self.median_aim is None or self.median <= self.median_aim


def boil_down(runs: Iterable[Run], interval: float) -> Result:
    """Median and worst over all splits and nodes."""
    runs = list(runs)
    sightings = [each for run in runs for each in run.sightings]
    taken = [each.seconds for each in sightings if each.seconds is not None]
    read = [each.read_after for each in sightings if each.read_after is not None]
    aim = worst_aim(interval)
    return Result(
        interval=interval,
        said=len(taken),
        median=statistics.median(taken) if taken else None,
        worst=max(taken, default=None),
        median_read=statistics.median(read) if read else None,
        worst_read=max(read, default=None),
        median_aim=MEDIAN_AIM if interval == MEDIAN_AIM_AT else None,
        worst_aim=aim,
        missed=sum(each > aim for each in taken),
        never_said=len(sightings) - len(taken),
        failed=sum(bool(run.problem) for run in runs),
    )


def summary(result: Result) -> list[str]:
    """The figures beside their aims."""
    median_aim = f"aim {result.median_aim:.3f}" if result.median_aim is not None else "no aim at this A"
    return [
        f"median      {seconds_text(result.median)}  ({median_aim})   read from outside {seconds_text(result.median_read)}",
        f"worst       {seconds_text(result.worst)}  (aim {result.worst_aim:.3f})   "
        f"read from outside {seconds_text(result.worst_read)}",
        f"said        {result.said} times; missed (later than the aim) {result.missed}, "
        f"never said {result.never_said}, failed runs {result.failed}",
    ]


def seconds_text(seconds: float | None) -> str:
    return "never said" if seconds is None else f"{seconds:.3f} s"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and say whether the aim is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.detection", description="Time split_brain.")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="bring every split about N times")
    parser.add_argument(
        "--interval", type=float, default=1.0, metavar="S", help="advert_int (below 1: version 3)"
    )
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
    head = heading(arguments.interval, arguments.repeat)
    print("\n".join([*head, ""]), flush=True)
    runs = measure_all(chosen, arguments.interval, arguments.repeat, arguments.workers)
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
