"""What a run of tests/bench/detection.py has found: the records, their table, and the figures beside their aims."""

from __future__ import annotations

import os
import platform
import shlex
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hawatch.situation.timing import release_allowance

MARGIN = 0.050
MEDIAN_AIMS = {1.0: 0.4, 0.1: 0.2}
"""The median that is aimed at, by advertisement interval; seconds."""


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
    """One split, brought about once; `problem` when it gave no measurement or its scene did not end as it must.

    `rivals` have the seconds from the second VIP to their word, None: never; `wrong_turns` are those of the pasted loop
    on the healthy owner before the fault, and of how many.
    """

    split: str
    run: int
    sightings: tuple[Sighting, ...] = ()
    problem: str = ""
    rivals: Mapping[str, float | None] = field(default_factory=dict)
    wrong_turns: tuple[int, int] = (0, 0)


def worst_aim(interval: float) -> float:
    """The longest time from the second VIP to the verdict that is aimed at."""
    return interval + release_allowance(interval) + MARGIN


def heading(interval: float, repeat: int, agents: Sequence[str]) -> list[str]:
    """What was run, when and on what."""
    return [
        *machine("tests.bench.detection"),
        f"interval    A = {interval:g} s, release allowance {release_allowance(interval):g} s",
        f"agents      on {' and '.join(agents)}; each split {repeat}x",
    ]


def machine(module: str) -> list[str]:
    """The command of this run, its date, and the machine."""
    version = subprocess.run(["keepalived", "--version"], capture_output=True, text=True, check=False)
    words = (version.stderr or version.stdout).splitlines() or ["unknown"]
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return [
        f"command     {shlex.join(['python', '-m', module, *sys.argv[1:]])}",
        f"date        {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"kernel      {platform.system()} {platform.release()}, {os.cpu_count()} processors, load {load}",
        f"keepalived  {words[0]}",
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
        median_aim=MEDIAN_AIMS.get(interval),
        worst_aim=aim,
        missed=sum(each > aim for each in taken),
        never_said=len(sightings) - len(taken),
        failed=sum(bool(run.problem) for run in runs),
    )


def summary(result: Result) -> list[str]:
    """The figures beside their aims."""
    outside = "read from outside"
    aim = "none at this interval" if result.median_aim is None else seconds_text(result.median_aim)
    median = f"{seconds_text(result.median)}  (aim {aim}), {outside} {seconds_text(result.median_read)}"
    worst = f"{seconds_text(result.worst)}  (aim {seconds_text(result.worst_aim)}), "
    worst += f"{outside} {seconds_text(result.worst_read)}"
    counts = f"{result.said} times; missed (said later than the aim) {result.missed}, "
    counts += f"never said {result.never_said}, failed runs {result.failed}"
    return [f"median      {median}", f"worst       {worst}", f"said        {counts}"]


def seconds_text(seconds: float | None) -> str:
    return "never said" if seconds is None else f"{seconds:.3f} s"
