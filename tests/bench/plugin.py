"""What one run of check_hawatch costs a monitoring host, beside an interpreter that does nothing and a plugin in C.

    python -m tests.bench.plugin [--repeat N] [--json FILE]

Wall time of whole processes, all of them in turn: `python3 -IS -c pass`, the plugin with one agent and with two, the
plugin as packages install it (a few lines that import it from its .pyc, as no single file can be), and check_http on
the same agent's /healthz where it is installed. The agents are this program's own, with a picture that does not change.

Exit code 0: every aim is met.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from deploy.package.stage import plugin_in_two
from tests.bench.figures import Figure, parser, scaled, tell
from tests.serving import HANG, served
from tests.snapshots import steady

PLUGIN = Path(__file__).resolve().parents[2] / "nagios" / "check_hawatch"
SYSTEM_PYTHON = "/usr/bin/python3"  # as in the plugin's first line
CHECK_HTTP = Path("/usr/lib/nagios/plugins/check_http")
BARE = "python3 -IS -c pass"
AS_INSTALLED = "as packages install it, one agent"
AIM = 1.4
"""Times what the bare interpreter takes."""


def wall(argv: Sequence[str]) -> float:
    """Seconds from the start of a command to its end.

    Without a timeout, with which `subprocess` looks after 7.5 and 15.5 ms instead of being woken.
    """
    begin = time.perf_counter()
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def in_turn(commands: Mapping[str, Sequence[str]], repeat: int) -> dict[str, tuple[float, ...]]:
    """Each command's wall times in seconds, all run in turn."""
    rounds = [[wall(argv) for argv in commands.values()] for _ in range(repeat)]
    return dict(zip(commands, zip(*rounds, strict=True), strict=True))


def measured(commands: Sequence[Sequence[str]], repeat: int) -> list[float]:
    """The median of each command's wall time in seconds, all run in turn."""
    named = {str(number): argv for number, argv in enumerate(commands)}
    return [median(times) for times in in_turn(named, repeat).values()]


def installed(place: Path) -> list[str]:
    """The plugin as packages install it: a module whose code lies ready, and what starts it."""
    module, starter = plugin_in_two(python=SYSTEM_PYTHON, modules=str(place))
    source, program = place / "check_hawatch.py", place / "check_hawatch"
    source.write_text(module, encoding="utf-8")
    program.write_text(starter, encoding="utf-8")
    program.chmod(0o755)
    subprocess.run([SYSTEM_PYTHON, "-m", "py_compile", str(source)], check=True, timeout=HANG)
    return [str(program)]


def main() -> int:
    """Measure and print."""
    given = parser(__doc__, repeat=100).parse_args()
    with tempfile.TemporaryDirectory() as place:
        here = Path(place)
        with served(steady(), here / "1") as one, served(steady("lb02"), here / "2") as other:
            asked = ["-H", one.address]
            commands = {
                BARE: [SYSTEM_PYTHON, "-IS", "-c", "pass"],
                "check_hawatch, one agent": [str(PLUGIN), *asked],
                "check_hawatch, two agents": [str(PLUGIN), *asked, "-H", other.address],
                AS_INSTALLED: [*installed(here), *asked],
            }
            if CHECK_HTTP.exists():
                host, _, port = one.address.rpartition(":")
                commands["check_http"] = [str(CHECK_HTTP), "-H", host, "-p", port, "-u", "/healthz"]
            seconds = in_turn(commands, given.repeat)
    figures = [Figure(what=name, unit="ms", values=scaled(values, "ms")) for name, values in seconds.items()]
    bare = median(seconds[BARE])
    for name in ("check_hawatch, one agent", AS_INSTALLED):
        times = median(seconds[name]) / bare
        figures.append(Figure(what=f"{name} / bare", unit="times", values=(times,), aim=AIM))
    return tell("tests.bench.plugin", figures, given.json)


if __name__ == "__main__":
    sys.exit(main())
