"""`python -m tests.fuzz --seconds N [NAME…]`: fuzz the targets of these names, or all, N seconds each.

What is found new stays out of the house, but for a crash: it is written into the target's corpus as crash-…, and the
run ends with 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile

from tests.fuzz.targets import CORPUS, HOMES, TARGETS

MOST_BYTES = 16384
MOST_MEMORY = 1024  # MiB
MOST_SECONDS = 10  # for one input


def main() -> int:
    """Fuzz each target in a process of its own, as a crash ends it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="for each target (20)")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(TARGETS)}")
    wanted = parser.parse_args()
    for name in wanted.names:
        if name not in TARGETS:
            parser.error(f"no such target: {name}")
    failed = [name for name in wanted.names or TARGETS if not _fuzzed(name, wanted.seconds)]
    print(f"fuzz: {len(wanted.names or TARGETS)} targets, {len(failed)} with a crash", *failed)
    return 1 if failed else 0


def _fuzzed(name: str, seconds: int) -> bool:
    seeds = CORPUS / name
    seeds.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hawatch-fuzz-") as found:
        command = [
            *(sys.executable, "-m", "tests.fuzz.one", HOMES[name], name),
            *(f"-max_total_time={seconds}", f"-max_len={MOST_BYTES}", f"-rss_limit_mb={MOST_MEMORY}"),
            *(f"-timeout={MOST_SECONDS}", f"-artifact_prefix={seeds}/", "-print_final_stats=1"),
            *(found, str(seeds)),
        ]
        ended = subprocess.run(command, capture_output=True, check=False)
    said = ended.stderr.decode(errors="replace") + ended.stdout.decode(errors="replace")
    runs = next((line.split()[-1] for line in said.splitlines() if "number_of_executed_units" in line), "?")
    print(f"fuzz: {name}: {runs} inputs, {'well' if ended.returncode == 0 else 'CRASH'}", flush=True)
    if ended.returncode:
        print(said[-4000:], file=sys.stderr)
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
