"""The demo is what a newcomer sees first: it must go well, tell the truth, and leave nothing behind."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from deploy.lab.waiting import wait_until

pytestmark = pytest.mark.lab

CLONE = Path(__file__).resolve().parents[2]
GUARD = 110.0  # seconds; the demo promises less than two minutes
ACTS = (
    r"lb01 +steady, [\d.]+ s",
    r"lb02 +steady, [\d.]+ s",
    r"plugin +exits 0 +HAWATCH OK",
    r"truth +after [\d.]+ s +lb02 has taken 10\.0\.0\.100, which lb01 still holds",
    r"lb01 +split_brain, [\d.]+ s +lb01 and lb02 both hold 10\.0\.0\.100",
    r"lb02 +split_brain, [\d.]+ s +lb01 and lb02 both hold 10\.0\.0\.100",
    r"plugin +exits 2 +HAWATCH CRITICAL - VI_1 split_brain",
    r'metric +is 1 on both nodes +hawatch_verdict\{verdict="split_brain"',
    r"cause +as lb01 tells it +vrrp_blocked_inbound on lb02: nft on lb02 drops VRRP inbound",
    r"cause +as lb02 tells it +vrrp_blocked_inbound on lb02: nft on lb02 drops VRRP inbound",
    r"remedy +for lb02 +nft 'delete rule inet ",
    r"truth +after [\d.]+ s +lb01 alone holds 10\.0\.0\.100",
    r"lb01 +steady, [\d.]+ s",
    r"lb02 +steady, [\d.]+ s",
    r"plugin +exits 0 +HAWATCH OK",
    r"All was as it should be, in [\d.]+ s",
)


def perform(*arguments: str) -> str:
    """What `make demo` prints, once its set-up is done."""
    argv = [sys.executable, "-m", "deploy.lab.demo", *arguments]
    done = subprocess.run(argv, cwd=CLONE, capture_output=True, text=True, timeout=GUARD, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def in_order(output: str) -> str:
    """The first key line that is missing after those before it, or nothing."""
    at = 0
    for pattern in ACTS:
        found = re.compile(pattern).search(output, at)
        if found is None:
            return pattern
        at = found.end()
    return ""


def offered(output: str) -> dict[str, list[str]]:
    """The commands that it offers, by what they are for."""
    lines = re.findall(r"^  (\S[\w ,]*?) {2,}(\S.*)$", output, re.MULTILINE)
    return {what: shlex.split(command) for what, command in lines}


def run(argv: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


def test_the_demo_shows_steady_split_brain_and_steady_and_leaves_nothing_behind() -> None:
    output = perform()
    assert in_order(output) == "", output
    assert output.endswith("nothing is left behind.\n")


def test_the_demo_left_running_offers_commands_that_work_and_one_that_ends_it() -> None:
    output = perform("--keep")
    commands = offered(output)
    directory = Path(commands["each change of verdict"][-1]).parents[2]
    node = Path("/proc") / commands["what lb01 sees"][3]
    try:
        assert in_order(output) == "", output
        assert directory.parent == Path(tempfile.gettempdir())
        assert list(directory.glob("lb0?/log/*agent.log"))
        assert "10.0.0.12/24" in run(commands["addresses of lb02"]).stdout
        assert "steady" in run(commands["what lb01 sees"]).stdout
        assert run(commands["the plugin, on the client"]).returncode == 0
        assert run(commands["split it"]).returncode == 0
        wait_until(
            lambda: run(commands["the plugin, on the client"]).returncode == 2 or None,
            what="the split to be told",
            timeout=60,
        )
        assert "split_brain" in run(commands["what lb02 sees"]).stdout
        assert run(commands["heal it"]).returncode == 0
        wait_until(
            lambda: "steady" in run(commands["what lb02 sees"]).stdout or None, what="steady", timeout=60
        )
    finally:
        assert run(commands["end it, remove all of it"]).returncode == 0
    wait_until(lambda: None if node.exists() or directory.exists() else True, what="its end", timeout=60)
