"""Whether a flood of strangers crowds the pair's own advertisement out of what the sniffer tells in a turn.

    python -m tests.bench.crowding [--turns 60] [--json FILE]

No socket and no clock: a turn in a flood is as many frames as hawatch/observers/sniffer/capture.py reads in one, those
of the strangers in rotation and one of the peer at a random place. They go through the real frame reader and folder, in
one of which the pair's VIPs have a limit of their own, as in the agent, and in the other not. What the kernel drops is
not part of it.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.lab import conf, frames
from hawatch.evidence import AdvertisementHeard
from hawatch.observers.sniffer.capture import RECORDS_PER_TURN, TURN_IN_FLOOD
from hawatch.observers.sniffer.folding import Folder
from hawatch.observers.sniffer.frame_reader import FrameReader
from hawatch.observers.sniffer.observer import FRAMES_PER_SECOND
from tests.bench import spread
from tests.bench.findings import machine
from tests.bench.flood import strangers

COUNTS = (20, 60, 100, 200, 1000)
FRAMES_OF_A_TURN = round(TURN_IN_FLOOD * FRAMES_PER_SECOND)
VRID = 51
SEED = 7


def told(count: int, vips: frozenset[str], turns: int) -> int:
    """In how many turns with so many strangers the peer's advertisement was told."""
    chance = random.Random(SEED)
    ours = frames.vrrp3(
        vrid=VRID, priority=150, vips=(conf.VIP,), source="10.0.0.11", source_mac="02:00:00:00:00:0b"
    )
    crowd = strangers(count)
    reader = FrameReader(interface="eth0", vips=vips, fingerprint=None)
    hits = 0
    for _ in range(turns):
        folder = Folder(limit=RECORDS_PER_TURN, vips=vips)
        start, place = chance.randrange(count), chance.randrange(FRAMES_OF_A_TURN)
        for number in range(FRAMES_OF_A_TURN):
            data = ours if number == place else crowd[(start + number) % count]
            record = reader.read(data, at=float(number), outgoing=False)
            assert record is not None
            folder.add(record)
        hits += any(isinstance(each, AdvertisementHeard) and each.vrid == VRID for each in folder.take())
    return hits


def main(argv: Sequence[str] | None = None) -> int:
    """Count, and print a table. Exit code 0 when none was crowded out with a limit of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.crowding", description="Count what is told.")
    parser.add_argument("--turns", type=int, default=60, metavar="N", help="of each number of strangers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args(argv)
    head = machine("tests.bench.crowding")
    rows = {
        count: [told(count, vips, arguments.turns) for vips in (frozenset[str](), frozenset({conf.VIP}))]
        for count in COUNTS
    }
    print("\n".join([*head, f"turn        {FRAMES_OF_A_TURN} frames, {RECORDS_PER_TURN} records", ""]))
    print("strangers  one limit  a limit of its own   (turns in which the peer was told)")
    for count, (one, own) in rows.items():
        print(f"{count:9} {one:6}/{arguments.turns} {own:13}/{arguments.turns}")
    figures = {
        str(count): {"one limit": one, "a limit of its own": own} for count, (one, own) in rows.items()
    }
    spread.write(arguments.json, head, {"turns": arguments.turns, "told": figures})
    return 0 if all(own == arguments.turns for _, own in rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
