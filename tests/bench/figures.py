"""Figures of a benchmark: medians and spread of repeated runs, as a table for people and as JSON for programs."""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCALES = {"µs": 1e6, "ms": 1e3, "s": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured, once for each round; `aim` is the most that it ought to be, None where there is no aim."""

    what: str
    unit: str
    values: tuple[float, ...]
    aim: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The middle one of the rounds."""
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the most."""
        return min(self.values), max(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median is within the aim; None without one."""
        return None if self.aim is None else self.median <= self.aim

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "what": self.what,
            "unit": self.unit,
            "median": self.median,
            "least": self.spread[0],
            "most": self.spread[1],
            "rounds": len(self.values),
            "aim": self.aim,
            "met": self.met,
            "note": self.note,
        }


def heading(module: str) -> list[str]:
    """What was run, when and on what."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return [
        f"command  {shlex.join(['python', '-m', module, *sys.argv[1:]])}",
        f"date     {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"machine  {processor()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}",
        f"python   {platform.python_version()}, load {load}",
    ]


def processor() -> str:
    """The processor's name, as the kernel has it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def table(figures: Sequence[Figure]) -> list[str]:
    """One row for each figure: median, the least and the most of the rounds, the aim and whether it is met."""
    width = max(len(each.what) for each in figures)
    lines = [f"{'':<{width}}      median     least      most       aim"]
    for each in figures:
        least, most = each.spread
        numbers = f"{_short(each.median):>9} {_short(least):>9} {_short(most):>9}"
        aim = "        -" if each.aim is None else f"{_short(each.aim):>9}"
        judged = {True: "  met", False: "  MISSED", None: ""}[each.met]
        note = f"  ({each.note})" if each.note else ""
        lines.append(f"{each.what:<{width}}  {numbers} {aim} {each.unit}{judged}{note}".rstrip())
    return lines


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def parser(doc: str | None, *, repeat: int) -> argparse.ArgumentParser:
    """With the options that all benchmarks have."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--repeat", type=int, default=repeat, help="rounds (default: %(default)s)")
    made.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return made


def tell(module: str, figures: Sequence[Figure], json_file: Path | None) -> int:
    """Print the table, write the JSON; the exit code is 0 where every aim is met, else 1."""
    lines = [*heading(module), "", *table(figures)]
    print("\n".join(lines))
    if json_file is not None:
        document = {"heading": heading(module), "figures": [each.plain() for each in figures]}
        json_file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if any(each.met is False for each in figures) else 0


def side_by_side(works: Mapping[str, Callable[[], int]], rounds: int) -> dict[str, tuple[float, ...]]:
    """Seconds of processor time for each unit of work, every round all of them in turn.

    A work returns how many units it did; the first round warms up and does not count.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            gc.collect()
            begin = time.process_time()
            units = work()
            seconds = (time.process_time() - begin) / units
            if number:
                taken[name].append(seconds)
    return {name: tuple(values) for name, values in taken.items()}


def scaled(values: Sequence[float], unit: str) -> tuple[float, ...]:
    """Seconds in another unit."""
    return tuple(value * SCALES[unit] for value in values)
