"""`hawatch guard`: whether a service works here, for keepalived's vrrp_script; without a name, what the guards did."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path

from hawatch.cli.agent_socket import DEFAULT_SOCKET, ask_agent
from hawatch.cli.guard_board import answer
from hawatch.errors import AgentUnreachableError

SUMMARY = "Say whether a service works, in milliseconds: for keepalived's vrrp_script."

EPILOG = """\
example:
  vrrp_script nginx {
      script "/usr/bin/hawatch guard nginx"
      interval 1
  }

  hawatch guard           what the guards of this node's services have done

NAME is that of a [[service]] in hawatch.toml. The exit code is 1 while its check fails, and else 0: also while nothing
is known of it, since no agent answers, its picture is old, or it has not looked yet. The line says which. An agent that
is dead never moves a VIP. keepalived's script user may run this: what it reads is a file beside the agent's socket.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("name", nargs="?", metavar="NAME", help="the service; without one, show the guards")
    parser.add_argument(
        "--socket",
        type=Path,
        default=DEFAULT_SOCKET,
        metavar="PATH",
        help="the agent's socket (default: %(default)s); the file is in its directory",
    )


def run(args: argparse.Namespace) -> int:
    """Answer for one service, or print a line for each guard; without a name AgentUnreachableError."""
    if args.name is not None:
        return answer(args.name, str(args.socket))
    try:
        lines = _lines(args.socket)
    except AgentUnreachableError as error:
        print(f"hawatch: {error}", file=sys.stderr)
        return error.exit_code  # this one is for people: what keepalived asks always ends with 0 or 1
    print("\n".join(lines) if lines else "no service is guarded ([service.guard] in hawatch.toml)")
    return 0


def _lines(socket: Path) -> list[str]:
    picture = ask_agent(socket, "/api/v1/status")
    try:
        return [_line(each) for each in picture.get("guards", [])]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AgentUnreachableError(f"{socket}: the agent's answer is not understood") from error


def _line(guard: dict[str, object]) -> str:
    since = datetime.fromisoformat(str(guard["since"])).astimezone()
    counts = f"restarts: {guard['restarts']}, given up: {guard['given_up']}"
    why = f", stays: {guard['refusal']}" if guard["refusal"] else ""
    return f"{guard['service']}: {guard['state']} since {since:%Y-%m-%d %H:%M:%S}{why} ({counts})"
