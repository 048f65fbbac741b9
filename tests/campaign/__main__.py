"""The campaign.

    python -m tests.campaign --episodes N --seed S [--jobs J] [--resume] [--keep DIRECTORY] [--only INDEX]...
                             [--minutes M] [--list] [--score]

Episodes are played side by side on real pairs, as many as J; one with many VIPs counts for several. Every record goes
into DIRECTORY/records.jsonl, and of each episode with an error the journals go into DIRECTORY/SEED-INDEX. `--resume`
goes on with those that are not there yet (without it, the records are begun afresh); `--minutes` begins no further one
after so long; `--score` plays nothing and scores what is there; `--list` prints the episodes. Exit code 0 when nothing
was false or missed and 95 of 100 causes were named.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.bench.findings import machine
from tests.campaign.episode import Episode
from tests.campaign.generate import generate
from tests.campaign.results import Results
from tests.campaign.running import play
from tests.campaign.table import accounts, passed, scored, table
from tests.campaign.turns import in_turns

KEEP = Path("build/campaign")


def main() -> int:
    """Play what is to be played, and print what came of all."""
    arguments = read_arguments()
    episodes = [generate(arguments.seed, index) for index in arguments.only or range(arguments.episodes)]
    if arguments.list:
        print("\n".join(episode.line() for episode in episodes))
        return 0
    results = Results(arguments.keep / "records.jsonl")
    if not arguments.score:
        play_all(arguments, episodes, results)
    wanted = {episode.name for episode in episodes}
    found = scored([record for record in results.read() if record.episode.name in wanted])
    print("\n".join([*accounts(found), "", *machine("tests.campaign"), "", *table(found)]))
    return 0 if passed(found) else 1


def play_all(arguments: argparse.Namespace, episodes: list[Episode], results: Results) -> None:
    """Those that are not there yet."""
    if not arguments.resume:
        results.clear()
    there = {record.episode.name for record in results.read()}
    left = [episode for episode in episodes if episode.name not in there]
    over = time.monotonic() + 60 * arguments.minutes
    with get_context("spawn").Pool(arguments.jobs, maxtasksperchild=8) as pool:
        playing = partial(play, keep=arguments.keep)
        for number, record in enumerate(in_turns(pool, playing, in_time(left, over), arguments.jobs), 1):
            results.add(record)
            ((_, came),) = scored([record])
            words = ", ".join(sorted(each.value for each in came.categories)) or "right"
            print(f"{number}/{len(left)} {words}: {record.episode.line()}", flush=True)


def in_time(left: list[Episode], over: float) -> Iterator[Episode]:
    """The episodes, until no further one is to be begun."""
    for episode in left:
        if time.monotonic() < over:
            yield episode


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--episodes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--keep", type=Path, default=KEEP)
    parser.add_argument("--only", type=int, action="append")
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--score", action="store_true")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
