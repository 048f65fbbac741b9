"""What one run of check_hawatch costs a monitoring host, beside an interpreter that does nothing.

    python -m tests.bench.plugin [--repeat N]

Medians of wall time, the three of them in turn: `python3 -IS -c pass`, the plugin with one agent, and with two. The
agents are this program's own, with a picture that does not change. Exit code 0.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.serving import HANG, served
from tests.snapshots import steady

PLUGIN = Path(__file__).resolve().parents[2] / "nagios" / "check_hawatch"
SYSTEM_PYTHON = "/usr/bin/python3"  # as in the plugin's first line


def wall(argv: Sequence[str]) -> float:
    """Seconds from the start of a command to its end."""
    begin = time.perf_counter()
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True, timeout=HANG)
    return time.perf_counter() - begin


def measured(commands: Sequence[Sequence[str]], repeat: int) -> list[float]:
    """The median of each command's wall time in seconds, all run in turn."""
    rounds = [[wall(argv) for argv in commands] for _ in range(repeat)]
    return [median(times) for times in zip(*rounds, strict=True)]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=100)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as place:
        here = Path(place)
        with served(steady(), here / "1") as one, served(steady("lb02"), here / "2") as other:
            plugin = [str(PLUGIN), "-H", one.address]
            commands = [[SYSTEM_PYTHON, "-IS", "-c", "pass"], plugin, [*plugin, "-H", other.address]]
            bare, alone, pair = measured(commands, repeat)
    print(f"interpreter alone    {bare * 1000:5.1f} ms")
    for name, seconds in (("one agent", alone), ("two agents", pair)):
        print(f"check_hawatch, {name:10s} {seconds * 1000:.1f} ms  ({seconds / bare:.2f} times)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
