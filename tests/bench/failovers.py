"""No false alarm: many planned failovers and failbacks of a real pair, and every word of a split brain counted.

    python -m tests.bench.failovers --record FILE [--moves 1000] [--minutes M] [--workers 3] [--interval 0.1]
        [--json FILE]

In each of a few labs the owner gives the VIP up on purpose, by a stop of keepalived and by a check that fails in turn,
and takes it back. Every move, with what both agents said from it to the next, is a line of FILE; a later run with the
same FILE goes on where that one ended. From its fourth move on a pair is flapping to its agents, and is said to be, so
every lab begins anew after some moves. The ground truth counts the overlaps that were longer than the release
allowance: a word in such a one is no false alarm. Exit code 0 when all moves were made and none was answered falsely.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from deploy.lab import KeepalivedConf, LabError, ScriptConf, Topology, conf
from hawatch.situation.timing import release_allowance
from tests.bench.findings import machine
from tests.lab.scene import Scene, scene

MOVES_OF_A_LAB = 12
REST = 0.5  # seconds after each move, for what is said late
CRIES = frozenset({"split_brain", "split_brain_suspected"})
SCRIPT = ScriptConf(interval=1, fall=1, rise=1)


def stopped(pair: Scene) -> None:
    pair.lab.keepalived("lb01").stop()


def started(pair: Scene) -> None:
    pair.lab.keepalived("lb01").start()


def check_fails(pair: Scene) -> None:
    pair.lab.keepalived("lb01").mark_unhealthy()


def check_succeeds(pair: Scene) -> None:
    pair.lab.keepalived("lb01").mark_healthy()


Way = tuple[str, Callable[[Scene], None], str]
ROUND: tuple[Way, ...] = (
    ("stopped", stopped, "lb02"),
    ("started", started, "lb01"),
    ("check fails", check_fails, "lb02"),
    ("check succeeds", check_succeeds, "lb01"),
)


class Record:
    """The moves made until now, one JSON line each; several labs write to it."""

    def __init__(self, path: Path, wanted: int, ends_at: float) -> None:
        self._path, self._wanted, self._ends_at = path, wanted, ends_at
        self._lock = threading.Lock()
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.moves: list[dict[str, Any]] = [json.loads(line) for line in lines]

    def add(self, move: dict[str, Any]) -> None:
        with self._lock:
            self.moves.append(move)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(move) + "\n")

    def enough(self) -> bool:
        """Whether all moves are made, or the time of this run is over."""
        made = sum("problem" not in move for move in self.moves)
        return made >= self._wanted or time.monotonic() > self._ends_at


def moving(record: Record, interval: float) -> None:
    """One lab after another, until there is enough, or one fails."""
    try:
        while not record.enough():
            one_lab(record, interval)
    except (LabError, AssertionError) as error:
        record.add({"problem": str(error).partition("\n")[0]})


def one_lab(record: Record, interval: float) -> None:
    """A pair at rest, and some moves of it; the scene's own claims (no false cry, exact replay) hold at its end."""
    confs = {
        name: KeepalivedConf(instances=(instance,), scripts=(SCRIPT,))
        for name, instance in conf.pair(
            Topology(), version=3, advert_int=interval, track_scripts=(SCRIPT.name,)
        ).items()
    }
    with scene(confs=confs, advert_int=interval) as pair:
        pair.settle()
        for number in range(MOVES_OF_A_LAB):
            if record.enough():
                return
            record.add(one_move(pair, ROUND[number % len(ROUND)]))


def one_move(pair: Scene, way: Way) -> dict[str, Any]:
    """Move the VIP once; what was said of it, and by how much the truth shows both to have held it."""
    name, move, owner = way
    pair.forget()
    begun = time.monotonic()
    move(pair)
    moved = pair.lab.truth.wait_owner(conf.VIP, owner)
    pair.look_on(REST)
    overlaps = pair.lab.truth.overlaps(conf.VIP, since=begun)
    return {
        "way": name,
        "seconds": moved - begun,
        "overlap": max((span.seconds for span in overlaps), default=0.0),
        "said": {node: pair.verdicts(node)[1:] for node in pair.watched},
    }


def falsely(move: dict[str, Any], interval: float) -> list[str]:
    """The cries of a split brain in a move that was none."""
    if move["overlap"] > release_allowance(interval):
        return []
    return [word for words in move["said"].values() for word in words if word in CRIES]


def summary(moves: Iterable[dict[str, Any]], interval: float) -> dict[str, Any]:
    """The counts."""
    moves = list(moves)
    made = [move for move in moves if "problem" not in move]
    words = Counter(word for move in made for told in move["said"].values() for word in told)
    overlaps = [move["overlap"] for move in made]
    return {
        "moves": len(made),
        "by way": dict(Counter(move["way"] for move in made)),
        "false alarms": sum(len(falsely(move, interval)) for move in made),
        "longest overlap": max(overlaps, default=0.0),
        "overlaps beyond the allowance": sum(each > release_allowance(interval) for each in overlaps),
        "seconds of a move, median": statistics.median(move["seconds"] for move in made) if made else None,
        "said": dict(words.most_common()),
        "problems": [move["problem"] for move in moves if "problem" in move],
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Make the moves, and print the counts."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.failovers", description="Count false alarms."
    )
    parser.add_argument(
        "--record", type=Path, required=True, metavar="FILE", help="every move, one line each"
    )
    parser.add_argument("--moves", type=int, default=1000, metavar="N", help="in all, those in FILE included")
    parser.add_argument("--minutes", type=float, default=1e6, metavar="M", help="end this run after so long")
    parser.add_argument("--workers", type=int, default=3, metavar="N", help="labs at a time")
    parser.add_argument("--interval", type=float, default=0.1, metavar="S", help="advert_int; version 3")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts there, too")
    arguments = parser.parse_args(argv)
    record = Record(arguments.record, arguments.moves, time.monotonic() + arguments.minutes * 60.0)
    with ThreadPoolExecutor(max_workers=arguments.workers) as pool:
        for work in [pool.submit(moving, record, arguments.interval) for _ in range(arguments.workers)]:
            work.result()
    counts = summary(record.moves, arguments.interval)
    head = machine("tests.bench.failovers")
    print("\n".join([*head, "", *(f"{name:<30} {value}" for name, value in counts.items())]))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({"heading": head, **counts}, indent=1) + "\n", encoding="utf-8")
    enough = counts["moves"] >= arguments.moves
    return 0 if enough and not counts["false alarms"] and not counts["problems"] else 1


if __name__ == "__main__":
    sys.exit(main())
