"""The agents beside their rivals in the same runs: who said it, when, and how many times later than hawatch."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from tests.bench.findings import Run


def comparison(runs: Iterable[Run]) -> list[str]:
    """A table with one row for each rival; empty where there were none.

    A ratio is that of one run: the rival's time over that of the slower agent, both as read from outside.
    """
    compared = [run for run in runs if run.rivals]
    if not compared:
        return []
    lines = ["", "                    said  median     least     most  times later (median, least)"]
    lines.append(row("hawatch, slower", [slower(run) for run in compared], []))
    for name in dict.fromkeys(name for run in compared for name in run.rivals):
        lines.append(row(name, [run.rivals[name] for run in compared], ratios(compared, name)))
    wrong, turns = (sum(run.wrong_turns[place] for run in compared) for place in (0, 1))
    lines.append(
        f"pasted loop on the healthy owner, before the fault: split brain in {wrong} of {turns} turns"
    )
    return lines


def times_later(runs: Iterable[Run]) -> dict[str, dict[str, float]]:
    """The same ratios for programs: of each rival that said it, over how many runs, the median and the least."""
    compared = [run for run in runs if run.rivals]
    found = {
        name: ratios(compared, name) for name in dict.fromkeys(n for run in compared for n in run.rivals)
    }
    return {
        name: {"runs": len(values), "median": statistics.median(values), "least": min(values)}
        for name, values in found.items()
        if values
    }


def row(name: str, values: Sequence[float | None], later: Sequence[float]) -> str:
    """How often it was said, and when."""
    said = [value for value in values if value is not None]
    numbers = "       -         -        -"
    if said:
        numbers = f"{statistics.median(said):6.3f} s {min(said):7.3f} s {max(said):6.3f} s"
    times = f"  {statistics.median(later):.1f}, {min(later):.1f}" if later else ""
    return f"{name:<17} {len(said):>3}/{len(values):<3} {numbers}{times}"


def slower(run: Run) -> float | None:
    """Seconds until the slower agent's verdict could be read; None where one never gave it."""
    taken = [each.read_after for each in run.sightings]
    known = [each for each in taken if each is not None]
    return max(known) if known and len(known) == len(taken) else None


def ratios(runs: Iterable[Run], name: str) -> list[float]:
    """How many times later than hawatch, in each run in which both said it."""
    found = []
    for run in runs:
        mine, other = slower(run), run.rivals[name]
        if mine and other is not None:
            found.append(other / mine)
    return found
