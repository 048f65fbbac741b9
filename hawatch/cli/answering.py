"""What the commands that answer an incident have in common: their arguments, and the one line that they print."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hawatch.cli.agent_socket import DEFAULT_SOCKET, look_up, tell_agent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The incident, who answers, and the agent's socket."""
    parser.add_argument("id", metavar="ID", help="the incident, as `hawatch incidents` names it")
    add_name(parser)
    add_socket(parser)


def add_name(parser: argparse.ArgumentParser) -> None:
    """Who asks."""
    parser.add_argument("--as", dest="name", metavar="NAME", help="who you are (default: your login)")


def add_socket(parser: argparse.ArgumentParser) -> None:
    """The agent's socket."""
    parser.add_argument(
        "--socket",
        type=Path,
        default=DEFAULT_SOCKET,
        metavar="PATH",
        help="the agent's socket (default: %(default)s)",
    )


def answer(args: argparse.Namespace, deed: str, **more: Any) -> dict[str, Any]:
    """Tell the agent; the incident as it is then. HawatchError of one line when it cannot be done."""
    return wish(args, f"/api/v1/incidents/{quote(args.id, safe='')}/{deed}", **more)


def wish(args: argparse.Namespace, target: str, **more: Any) -> dict[str, Any]:
    """Ask the agent for something, by name; HawatchError of one line when it cannot be done."""
    return tell_agent(args.socket, target, {**more, **({} if args.name is None else {"as": args.name})})


def ask_incident(socket: Path, name: str) -> dict[str, Any]:
    """An incident with all that belongs to it; HawatchError of one line when there is none of this name."""
    return look_up(socket, f"/api/v1/incidents/{quote(name, safe='')}")
