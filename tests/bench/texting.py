"""How long from the verdict to the text in smsd's hands, many times: both nodes have the real smsd and a modem.

    python -m tests.bench.texting [--repeat N] [--workers N] [--json FILE]

Each round puts the VIP on the standby, too, and takes it away again. The clock starts at the first `split_brain` in
either journal, and stops when a message that neither smsd had before is seen in an outgoing/ (or further on), which is
where the agent renames it to; it is looked for every 5 ms. One of the two nodes tells, whichever is on duty. Exit code
0 when the p99 is within 0.5 s.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.lab import conf
from deploy.lab.waiting import wait_until
from tests.bench import spread
from tests.bench.findings import machine
from tests.lab.night import ANNA, BOTH, OnCall, night
from tests.lab.scene import HANG_GUARD

STAGES = ("outgoing", "checked", "sent")
AIM = 0.5  # seconds, p99
NAME = "verdict to outgoing/"


def held(on_call: OnCall) -> set[tuple[str, str]]:
    """The messages that either smsd has."""
    return {(node, name) for node in BOTH for stage in STAGES for name in on_call.modems[node].listing(stage)}


def one_round(on_call: OnCall) -> float:
    """One split, told; seconds from the verdict to the message."""
    pair, phone = on_call.pair, on_call.phone(ANNA)
    known = held(on_call)
    pair.forget()
    pair.lab.node("lb02").add_address(f"{conf.VIP}/24")
    taken = wait_until(
        lambda: time.monotonic() if held(on_call) - known else None,
        what="a message in smsd's hands",
        timeout=HANG_GUARD,
    )
    pair.await_verdict("split_brain")
    told = [each.time for node in BOTH for each in pair.said(node) if each.verdict == "split_brain"]
    phone.must_read("SPLIT BRAIN")
    pair.lab.node("lb02").remove_address(f"{conf.VIP}/24")
    pair.await_verdict("steady")
    phone.must_read("OVER")
    return taken - min(told)


def rounds(repeat: int) -> list[float]:
    """So many rounds with one pair."""
    with night(ANNA) as on_call:
        return [one_round(on_call) for _ in range(repeat)]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the rounds, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.texting", description="Time the texts.")
    parser.add_argument("--repeat", type=int, default=100, metavar="N", help="splits in all")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="pairs at a time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args(argv)
    head = machine("tests.bench.texting")
    share = -(-arguments.repeat // arguments.workers)
    with ThreadPoolExecutor(max_workers=arguments.workers) as pool:
        values = [value for each in pool.map(rounds, [share] * arguments.workers) for value in each]
    print("\n".join([*head, "", *spread.table({NAME: values}, {NAME: f"p99 {AIM:g} s"})]))
    spread.write(arguments.json, head, {NAME: spread.plain(values), "values": values})
    return 0 if spread.percentile(values, 0.99) <= AIM else 1


if __name__ == "__main__":
    sys.exit(main())
