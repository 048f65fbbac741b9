"""`make example` is what newcomers copy from: it goes well on real nginx and keepalived, and tells when it does not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.integration.conftest import Tell

CLONE = Path(__file__).resolve().parents[2]
GUARD = 300.0  # seconds; a hang guard
SHOWN = (
    r"1\. keepalived on lb01 is stopped",
    r"client +www +lost for \d+ ms: \d+ of \d+ requests .*|client +www +lost nothing: .*",
    r"blog +lost nothing",
    r"hawatch +\+ +\d+ ms +both +VI_[12] \w+ +(switchover|degraded)",
    r"told +\+ +\d+ ms +alice, by the modem of lb0[12]: “\[hawatch web\] (DEGRADED|SWITCHOVER)",
    r"2\. keepalived on lb01 is started again",
    r"failback",
    r"OVER",
    r"3\. the heartbeat is blocked",
    r"VI_1 www +split_brain|vrrp_blocked_inbound on lb02",
    r"VI_1 www +split_brain|vrrp_blocked_inbound on lb02",
    r"SPLIT BRAIN",
    r"In one table",
    r"hawatch said what it ought to say, all along",
)


def test_the_example_shows_what_the_client_lost_what_hawatch_said_and_who_was_told(told: Tell) -> None:
    argv = [sys.executable, "-m", "deploy.examples.nginx_pair", "--interval", "0.3", "stop-lb01", "heartbeat"]
    done = subprocess.run(argv, cwd=CLONE, capture_output=True, text=True, timeout=GUARD, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    at = 0
    for pattern in SHOWN:
        found = re.compile(pattern).search(done.stdout, at)
        assert found is not None, f"{pattern}\n{done.stdout}"
        at = found.end()
    last = re.findall(r"; (\d+) s\.$", done.stdout, re.MULTILINE)
    told("nginx-pair: two of the six events", float(last[-1]))


def test_an_unknown_event_is_named_with_those_that_there_are() -> None:
    argv = [sys.executable, "-m", "deploy.examples.nginx_pair", "fire"]
    done = subprocess.run(argv, cwd=CLONE, capture_output=True, text=True, timeout=GUARD, check=False)
    assert done.returncode == 2
    assert "no such event: fire (there are stop-lb01, stop-lb02, nginx, cable, heartbeat)" in done.stderr
