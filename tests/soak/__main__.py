"""The soak.

    python -m tests.soak --minutes N [--routers 255] [--storm 10000]

A real pair with so many virtual routers, an agent on each node. The agent of lb02 is sampled; a storm of address
changes comes after a quarter, and another after half of the time. Exit code 0 when nothing grew between the storms, the
second left nothing behind, the journal stayed within its bound, and no split brain was told. Interrupted or terminated
it prints what it has seen, and gives 2.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from datetime import UTC, datetime

from deploy.lab import KeepalivedConf
from hawatch.journal import KEEP_FILES, MAX_BYTES
from tests.lab.scene import Scene, scene
from tests.many_routers import many_routers
from tests.soak.growth import FEWEST, SETTLING, Sample, faults, look, table

WATCHED = "lb02"
SAMPLES = 120
STRETCHES = (0.25, 0.25, 0.5)
"""Shares of the time, with a storm between two of them."""
STORM_TIMEOUT = 300.0


def main() -> int:
    """Run it, and print what came of it."""
    arguments = read_arguments()
    print(f"begun {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", flush=True)
    print(f"{arguments.routers} virtual routers, {arguments.minutes:g} minutes", flush=True)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)
    stretches: list[list[Sample]] = []
    try:
        known, splits = soaked(arguments, stretches)
    except KeyboardInterrupt:
        print(table([each for stretch in stretches for each in stretch]))
        print("ended early: nothing is said of what grew")
        return 2
    print(table([each for stretch in stretches for each in stretch]))
    found = faults(stretches, (KEEP_FILES + 1) * (MAX_BYTES + 2**16))
    found += [f"{known} virtual routers were watched"] if known != arguments.routers else []
    found += [f"{splits} split brains were told, and there was none"] if splits else []
    print("\n".join(found) or "nothing grew")
    return 1 if found else 0


def soaked(arguments: argparse.Namespace, stretches: list[list[Sample]]) -> tuple[int, int]:
    """Fill in the samples of each stretch; how many virtual routers were watched, and how many splits told."""
    with scene(confs=confs(arguments.routers), vips=(vip(1),), instance="VI_1", advert_int=1) as pair:
        pair.await_verdict("steady", timeout=120.0)
        soak(pair, arguments.minutes * 60, arguments.storm, stretches)
        known = len(pair.lab.agent(WATCHED).status()["virtual_routers"])
        splits = sum(said.verdict == "split_brain" for said in pair.all_said(WATCHED))
    return known, splits


def read_arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--routers", type=int, default=255)
    parser.add_argument("--storm", type=int, default=10_000, metavar="CHANGES")
    arguments = parser.parse_args()
    if not 1 <= arguments.routers <= 255 or arguments.minutes <= 0:
        parser.error("1 to 255 routers, and more than 0 minutes")
    return arguments


def vip(number: int) -> str:
    """The address of one virtual router."""
    return f"10.0.0.{100 + number}" if number <= 100 else f"10.1.0.{number - 100}"


def confs(routers: int) -> dict[str, KeepalivedConf]:
    """Both nodes' configurations: lb01 is preferred for all."""
    vips = ((f"{vip(number)}/24",) for number in range(1, routers + 1))
    return many_routers(vips, {"lb01": 200, "lb02": 100}, version=3)


def soak(pair: Scene, seconds: float, changes: int, stretches: list[list[Sample]]) -> None:
    """Add the samples of each stretch; a storm comes before every one but the first."""
    every = seconds / max(SAMPLES, FEWEST / SETTLING / min(STRETCHES))
    for number, share in enumerate(STRETCHES):
        if number and changes:
            print(f"{changes} address changes in {storm(pair, changes):.1f} s", flush=True)
        stretches.append([])
        watch(pair, share * seconds, every, stretches[-1])


def watch(pair: Scene, seconds: float, every: float, samples: list[Sample]) -> None:
    """Add samples for so long."""
    agent, ticks = pair.lab.agent(WATCHED), os.sysconf("SC_CLK_TCK")
    begun = time.monotonic()
    while (now := time.monotonic()) - begun <= seconds:
        samples.append(look(agent.pid, agent.state, now, ticks))
        time.sleep(every)


def storm(pair: Scene, changes: int) -> float:
    """Addresses that come and go on a device that is watched; the seconds it took."""
    words = [
        f"address {what} 10.9.{number // 200}.{number % 200 + 1}/32 dev eth0"
        for number in range(changes // 2)
        for what in ("add", "del")
    ]
    pair.lab.node(WATCHED).write("/run/storm", "\n".join(words) + "\n")
    begun = time.monotonic()
    pair.lab.node(WATCHED).run(["ip", "-batch", "/run/storm"], timeout=STORM_TIMEOUT)
    return time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
