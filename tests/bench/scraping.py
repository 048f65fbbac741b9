"""What a scrape and a look at the status cost, and for how long they hold the agent's loop up.

    python -m tests.bench.scraping [--repeat N] [--routers N] [--vips N] [--json FILE]

The agent's own server, over loopback, with a picture of so many virtual routers and VIPs; each round asks once for each
path, from another process. Wall time from the request to the whole answer. Beside it, in the server's loop, something
wants to run every millisecond: how late it came at the worst, in each round, and with nothing asked for comparison.

Exit code 0: every aim is met.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hawatch.cli.interpreter import share_turns
from hawatch.exporter.metrics_size import picture, series
from tests.bench.figures import Figure, parser, scaled, tell
from tests.serving import served

TAKES, HELD_UP = 40.0, 5.0  # milliseconds, the aims
PATHS = ("/metrics", "/api/v1/status", "/api/v1/check")
EVERY = 0.001


class Lateness:
    """Runs in the server's loop, and knows how late it was at the worst since it was asked last; seconds."""

    def __init__(self) -> None:
        self._worst = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            due = time.perf_counter() + EVERY
            await asyncio.sleep(EVERY)
            self._worst = max(self._worst, time.perf_counter() - due)

    def worst(self) -> float:
        """And begin anew."""
        worst, self._worst = self._worst, 0.0
        return worst


ASKER = """
import sys, time, urllib.request
for url in sys.stdin:
    begin = time.perf_counter()
    size = len(urllib.request.urlopen(url.strip(), timeout=30).read())
    print(time.perf_counter() - begin, size, flush=True)
"""


class Asker:
    """Asks from a process of its own, as Prometheus does, so that reading an answer takes nothing from the agent."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-IS", "-c", ASKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def get(self, url: str) -> tuple[float, int]:
        """Seconds until all of the answer was there, and its length in bytes."""
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("no pipes")
        print(url, file=self._process.stdin, flush=True)
        seconds, size = self._process.stdout.readline().split()
        return float(seconds), int(size)

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def main() -> int:
    """Measure and print."""
    options = parser(__doc__, repeat=15)
    options.add_argument("--routers", type=int, default=255)
    options.add_argument("--vips", type=int, default=20)
    given = options.parse_args()
    shown = picture(routers=given.routers, vips=given.vips)
    share_turns()
    lateness, asker = Lateness(), Asker()
    took: dict[str, list[float]] = {path: [] for path in PATHS}
    late: dict[str, list[float]] = {path: [] for path in (*PATHS, "nothing asked")}
    size: dict[str, int] = {}
    with (
        tempfile.TemporaryDirectory() as place,
        served(shown, Path(place) / "1", beside=[lateness.run]) as one,
    ):
        for number in range(given.repeat + 1):
            for path in PATHS:
                time.sleep(0.05)
                lateness.worst()
                seconds, size[path] = asker.get(f"http://{one.address}{path}")
                worst = lateness.worst()
                if number:
                    took[path].append(seconds)
                    late[path].append(worst)
            time.sleep(0.1)
            late["nothing asked"].append(lateness.worst())
    asker.close()
    print(f"{given.routers} virtual routers, {given.vips} VIPs each: {series(shown)} time series")
    figures = [
        Figure(
            what=path,
            unit="ms",
            values=scaled(took[path], "ms"),
            aim=TAKES if path != "/api/v1/check" else None,
            note=f"{size[path]:,} bytes",
        )
        for path in PATHS
    ]
    figures += [
        Figure(
            what=f"the loop is late: {path}",
            unit="ms",
            values=scaled(seconds, "ms"),
            aim=HELD_UP if path in PATHS else None,
        )
        for path, seconds in late.items()
    ]
    return tell("tests.bench.scraping", figures, given.json)


if __name__ == "__main__":
    sys.exit(main())
