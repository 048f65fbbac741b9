"""The campaign.

    python -m tests.crash --kills N --seed S [--jobs J] [--each-night K] [--accounts DIRECTORY]

Labs run side by side; each has a few nights. Every violation prints its seed, the kill points and an account. Exit code
0 when nothing was violated, otherwise 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.bench.findings import heading
from tests.crash.dialogue import Result, run_share

KILLS_PER_LAB = 28


def main() -> int:
    """Run it, and print what came of it."""
    arguments = read_arguments()
    begun = time.monotonic()
    print(f"begun {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", flush=True)
    results: list[Result] = []
    left, serial = arguments.kills, 0
    with get_context("spawn").Pool(arguments.jobs, maxtasksperchild=1) as pool:
        # The last nights may have killed fewer than they were to: then there are more of them.
        while left > 0 and serial <= arguments.kills:
            shares = []
            for start in range(0, left, KILLS_PER_LAB):
                serial += 1
                shares.append((f"{arguments.seed}/{serial}", min(KILLS_PER_LAB, left - start)))
            for result in pool.imap_unordered(partial(run_share, each_night=arguments.each_night), shares, 1):
                results.append(result)
                tell(result, arguments.accounts)
            left = arguments.kills - sum(each.kills for each in results)
    summarise(results, time.monotonic() - begun)
    return 1 if any(each.violations for each in results) else 0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--each-night", type=int, default=9)
    parser.add_argument("--accounts", type=Path, help="where the account of each violation is written")
    return parser.parse_args()


def tell(result: Result, accounts: Path | None) -> None:
    """One lab's nights."""
    print(
        f"seed {result.seed}: {result.nights} nights, {result.kills} kills (and {result.helper_kills} of the helper),"
        f" {len(result.violations)} violations",
        flush=True,
    )
    for each in result.violations:
        print(f"  VIOLATED {each}", flush=True)
    if not result.violations:
        return
    if accounts is None:
        print(result.account, flush=True)
    else:
        accounts.mkdir(parents=True, exist_ok=True)
        path = accounts / f"{result.seed.replace('/', '-')}.txt"
        path.write_text("\n".join([*result.violations, result.account]))
        print(f"  account: {path}", flush=True)


def summarise(results: Sequence[Result], seconds: float) -> None:
    """The figures of the whole campaign."""
    copies: Counter[int] = sum((each.copies for each in results), Counter())
    steps: Counter[str] = sum((each.at_steps for each in results), Counter())
    print("\n".join(heading_lines()))
    print(f"wall time   {seconds / 60:.1f} min")
    print(f"nights      {sum(each.nights for each in results)}, in {len(results)} labs")
    print(f"kills       {sum(each.kills for each in results)} of an agent")
    print(f"            {sum(each.helper_kills for each in results)} of the helper")
    print(f"replies     {sum(each.replies for each in results)}")
    print(f"messages    {copies[1] + copies[2]}, of which {copies[2]} reached the modem twice")
    print(
        f"unclear     {sum(each.unclear for each in results)} nights in which nobody could say what came of an action"
    )
    print(f"violations  {sum(len(each.violations) for each in results)}")
    print("kills by the step that set them off:")
    for step, count in sorted(steps.items(), key=lambda one: (-one[1], one[0])):
        print(f"  {step:<13} {count}")


def heading_lines() -> list[str]:
    return [f"command     python -m tests.crash {' '.join(sys.argv[1:])}", *heading(1.0, 1, ("lb01",))[1:3]]


if __name__ == "__main__":
    sys.exit(main())
