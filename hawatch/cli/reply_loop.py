"""The half of `hawatch test-message` that sends a channel a message to itself, and sees it come back."""

from __future__ import annotations

import argparse
from time import sleep
from typing import Any
from urllib.parse import quote

from hawatch import clock
from hawatch.cli.agent_socket import look_up
from hawatch.cli.answering import wish
from hawatch.cli.columns import printable
from hawatch.errors import AgentUnreachableError

POLL_EVERY = 0.2
BACK, LOST, PENDING = "back", "lost", "pending"


def run_loop(args: argparse.Namespace, wait: float | None) -> int:
    """Ask for a probe, wait until it is decided or `wait` seconds are over, print one line; the exit code."""
    loop = wish(args, "/api/v1/loops", channel=args.loop)
    try:
        give_up_at = clock.monotonic() + (float(loop["within"]) + 5.0 if wait is None else wait)
        begun = loop["message"]
        while loop["message"] == begun and loop["state"] == PENDING and clock.monotonic() < give_up_at:
            sleep(POLL_EVERY)
            loop = look_up(args.socket, f"/api/v1/loops/{quote(args.loop, safe='')}")
        line = _line(loop)
    except (KeyError, TypeError, ValueError):
        raise AgentUnreachableError(f"{args.socket}: the agent's answer is not understood") from None
    print(printable(f"{args.loop}  {line}"))
    return 0 if loop["state"] == BACK else 1


def _line(loop: dict[str, Any]) -> str:
    if loop["state"] == BACK:
        return f"back after {float(loop['seconds']):.1f} s"
    if loop["state"] == LOST:
        return f"NOT BACK: {loop['problem']}"
    return "not back yet; it is waited for, and hawatch status tells if it stays away"
