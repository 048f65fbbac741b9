"""What one run of `hawatch guard` costs, beside an interpreter that does nothing; keepalived runs it every second.

    python -m tests.bench.guard [--repeat N]

Medians of wall time, in turn: `python3 -I -c pass`, `hawatch guard NAME` as the installed script runs it, and as
`python3 -m hawatch`. The notice board is this program's own. Exit code 0.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from hawatch.guard.board import NAME, written
from tests.bench.plugin import measured

CLONE = Path(__file__).resolve().parents[2]
# As pip and the Debian package write it.
SCRIPT = "import sys; sys.path.insert(0, {clone!r}); from hawatch.cli import main; sys.exit(main())"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=100)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / NAME).write_text(written(time.monotonic() + 1.0, {"nginx": "up"}))
        words = ["guard", "nginx", "--socket", f"{place}/hawatch.sock"]
        commands = [
            [sys.executable, "-I", "-c", "pass"],
            [sys.executable, "-I", "-c", SCRIPT.format(clone=str(CLONE)), *words],
            [sys.executable, "-m", "hawatch", *words],
        ]
        bare, script, module = measured(commands, repeat)
    print(f"interpreter alone       {bare * 1000:5.1f} ms")
    for name, seconds in (("hawatch guard", script), ("python3 -m hawatch guard", module)):
        print(f"{name:24s}{seconds * 1000:5.1f} ms  ({seconds / bare:.2f} times)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
