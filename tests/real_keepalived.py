"""The real keepalived as a witness: what it says of a configuration, from network namespaces of its own.

As a program it stands inside those namespaces: files come on standard input, the answer goes to standard output.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNSHARE = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child"]
HOST_NAME = "lb01.example.net"
MAIN = "/etc/keepalived/keepalived.conf"


@dataclass(frozen=True)
class Answer:
    """What `keepalived --config-test` ends with, what it complains about, and what a running one dumps."""

    exit_code: int
    complaints: str
    dump: str = ""


@dataclass
class Dumped:
    """One vrrp_instance of a dump: the values by their names, the indented lists by theirs, and what stands alone."""

    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)


def ask(files: Mapping[str, str], mode: str) -> Answer:
    """Ask keepalived about these files (by their paths); `mode` is "test", or "dump" to run it too."""
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-m", "tests.real_keepalived", mode],
        input=json.dumps(dict(files)),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    return Answer(**json.loads(done.stdout))


def instances(dump: str) -> dict[str, Dumped]:
    """The vrrp_instances of keepalived.data."""
    topology = dump.partition("VRRP Topology >------\n")[2].partition("\n------<")[0]
    found: dict[str, Dumped] = {}
    for part in re.split(r"^ VRRP Instance = ", topology, flags=re.MULTILINE)[1:]:
        name, _, lines = part.partition("\n")
        dumped = found[name] = Dumped()
        heading = ""
        for line in lines.splitlines():
            if line.startswith("     "):
                dumped.lists.setdefault(heading, []).append(line.strip())
            else:
                key, _, value = line.strip().partition(" = ")
                dumped.values[key] = value
                heading = re.sub(r" *(\(\d+\))? *:$", "", key)
    return found


def _prepare(files: Mapping[str, str]) -> None:
    for directory in ("/tmp", "/run", "/etc/keepalived"):
        Path(directory).mkdir(exist_ok=True)
        _run("mount", "-t", "tmpfs", "tmpfs", directory)
    _run("hostname", HOST_NAME)
    _run("ip", "link", "set", "lo", "up")
    for number in (0, 1, 2):
        _run("ip", "link", "add", f"eth{number}", "type", "veth", "peer", "name", f"peer{number}")
        _run("ip", "link", "set", f"peer{number}", "up")
        _run("ip", "link", "set", f"eth{number}", "up")
        _run("ip", "address", "add", f"192.168.{number}.1/24", "dev", f"eth{number}")
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _dump(keepalived: str) -> str:
    """Run its VRRP part until it has dumped its data; it writes the dump before it looks at the request to end."""
    data = Path("/tmp/keepalived.data")
    with subprocess.Popen(
        [keepalived, "--vrrp", "-n", "-l", "-f", MAIN],
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if "Startup complete" in line:
                process.send_signal(signal.SIGUSR1)
            if "Printing VRRP data" in line:
                process.send_signal(signal.SIGTERM)
    return data.read_text() if data.exists() else ""


def _main() -> None:
    _prepare(json.load(sys.stdin))
    keepalived = shutil.which("keepalived", path="/usr/sbin:/usr/bin:/usr/local/sbin") or "keepalived"
    tested = subprocess.run(
        [keepalived, "--config-test", "-f", MAIN], capture_output=True, text=True, check=False
    )
    dump = _dump(keepalived) if sys.argv[1] == "dump" else ""
    print(json.dumps({"exit_code": tested.returncode, "complaints": tested.stderr, "dump": dump}))


if __name__ == "__main__":
    _main()
