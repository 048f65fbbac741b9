"""What becomes of a proof while every turn of the sniffer makes the agent take itself for late, as it does in a flood.

    python -m tests.bench.distrust [--json FILE]

No clock and no lab: the real judge is told of a split that two reports prove (S1) for a minute, and twenty times a
second that what it reads next is so many seconds old (hawatch/agent/loop.py does that beyond LATE).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from hawatch.observers.sniffer.capture import TURN_IN_FLOOD
from hawatch.situation.node import LATE
from tests.bench import spread
from tests.bench.findings import machine
from tests.story import master

AGES = (0.0, 0.049, 0.051, 0.1, 0.85)
TURNS_OF_A_MINUTE = 1200
REPORT_EVERY, ADVERTISED_EVERY = 5, 20  # turns


def verdicts(late: float) -> list[str]:
    """What the master says in the minute after the second node took the VIP, too."""
    story = master()
    turn = 60.0 / TURNS_OF_A_MINUTE
    for number in range(TURNS_OF_A_MINUTE):
        story.wait(turn)
        if late > LATE:
            story.tell_late(late)
        if number % REPORT_EVERY == 0:
            story.report("lb02", held=True, for_seconds=number * turn)
        if number % ADVERTISED_EVERY == 0:
            story.advert("lb01")
    return story.verdicts


def main(argv: Sequence[str] | None = None) -> int:
    """Say for each age what the verdicts were. Exit code 0 when all of them proved the split."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.distrust", description="Late, and a proof.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the verdicts there, too")
    arguments = parser.parse_args(argv)
    head = [
        *machine("tests.bench.distrust"),
        f"limits      late beyond {LATE:g} s, a turn {TURN_IN_FLOOD:g} s",
    ]
    told = {f"{late:g}": verdicts(late) for late in AGES}
    print("\n".join([*head, "", *(f"late {late:>5} s  {' '.join(words)}" for late, words in told.items())]))
    spread.write(arguments.json, head, {"verdicts": told})
    return 0 if all("split_brain" in words for words in told.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
