"""Samples of one process, and whether what they measure grows: a line fitted to each stretch but its beginning."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

PAGE = 4096
SETTLING = 0.25
"""The share of a stretch in which caches may still fill."""
MOST_GROWTH = 0.05
"""Of the first fitted value, within the fitted time: more is called growth."""
MOST_THREADS = (os.cpu_count() or 1) + 6
"""The loop's, the journal's, and as many for what waits for files as asyncio has at the most."""
FEWEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One look at `at` (monotonic seconds): bytes resident, open descriptors, threads, bytes of journal."""

    at: float
    resident: int
    descriptors: int
    threads: int
    journal: int
    processor: float
    """Seconds of processor time until now."""


def look(pid: int, state: Path, at: float, ticks: int) -> Sample:
    """One sample of a process and of its journal in `state`; `ticks` make a second. OSError when it has ended."""
    proc = Path(f"/proc/{pid}")
    fields = (proc / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return Sample(
        at=at,
        resident=int((proc / "statm").read_text(encoding="ascii").split()[1]) * PAGE,
        descriptors=len(list((proc / "fd").iterdir())),
        threads=int(fields[17]),
        journal=sum(each.stat().st_size for each in state.glob("journal*.jsonl")),
        processor=(int(fields[11]) + int(fields[12])) / ticks,
    )


def growth(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """By what share of its first fitted value it grows within the fitted time; ValueError for too few samples."""
    fitted = samples[int(len(samples) * SETTLING) :]
    if len(fitted) < FEWEST:
        raise ValueError(f"{len(fitted)} samples are too few to fit a line to; {FEWEST} are wanted")
    times, values = [each.at for each in fitted], [of(each) for each in fitted]
    mid_time, mid_value = sum(times) / len(times), sum(values) / len(values)
    spread = sum((time - mid_time) ** 2 for time in times)
    pairs = zip(times, values, strict=True)
    slope = sum((time - mid_time) * (value - mid_value) for time, value in pairs) / spread
    first = mid_value + slope * (times[0] - mid_time)
    return slope * (times[-1] - times[0]) / max(first, 1.0)


def faults(stretches: Sequence[Sequence[Sample]], most_journal: int) -> list[str]:
    """What grows that must not, in words; nothing for an agent that stays as it is.

    A storm lies between two stretches. The first may fill what is filled but once; every later one must leave nothing.
    """
    found = [*_growing(stretches), *_left_behind(stretches)]
    samples = [each for stretch in stretches for each in stretch]
    threads = max(each.threads for each in samples)
    if threads > MOST_THREADS:
        found.append(f"there were {threads} threads, {MOST_THREADS} are the most")
    largest = max(each.journal for each in samples)
    if largest > most_journal:
        found.append(f"the journal took {largest} bytes, {most_journal} are the most")
    return found


def _growing(stretches: Sequence[Sequence[Sample]]) -> Iterator[str]:
    for number, samples in enumerate(stretches, start=1):
        grown = {
            "memory": growth(samples, lambda each: each.resident),
            "descriptors": growth(samples, lambda each: each.descriptors),
        }
        for what, share in grown.items():
            if share > MOST_GROWTH:
                yield f"{what} grew by {share:.1%} in stretch {number} of {len(stretches)}"


def _left_behind(stretches: Sequence[Sequence[Sample]]) -> Iterator[str]:
    for number, (before, after) in enumerate(pairwise(stretches[1:]), start=2):
        share = _mean_memory(after) / _mean_memory(before) - 1.0
        if share > MOST_GROWTH:
            yield f"storm {number} left {share:.1%} more memory taken"


def _mean_memory(samples: Sequence[Sample]) -> float:
    settled = samples[int(len(samples) * SETTLING) :]
    return sum(each.resident for each in settled) / len(settled)


def table(samples: Sequence[Sample], rows: int = 12) -> str:
    """Some of them, evenly, for people."""
    step = max(1, len(samples) // rows)
    lines = [f"{'minute':>7} {'RSS MiB':>8} {'fds':>5} {'threads':>8} {'journal MiB':>12} {'CPU s':>8}"]
    for each in [*samples[:-1:step], *samples[-1:]]:
        lines.append(
            f"{(each.at - samples[0].at) / 60:7.1f} {each.resident / 2**20:8.1f} {each.descriptors:5d} "
            f"{each.threads:8d} {each.journal / 2**20:12.2f} {each.processor - samples[0].processor:8.1f}"
        )
    return "\n".join(lines)
