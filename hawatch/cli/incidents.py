"""`hawatch incidents`: what happened, and who did what about it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from hawatch.cli.agent_socket import list_from_agent
from hawatch.cli.answering import add_socket, ask_incident
from hawatch.cli.incident_text import story, table
from hawatch.errors import AgentUnreachableError, HawatchError

SUMMARY = "Show the incidents that this node's agent keeps, or one with its timeline."

EPILOG = """\
example:
  hawatch incidents
  hawatch incidents 261122-lb01-1
  hawatch incidents 261122-lb01-1 --bundle night.tar.gz
  hawatch incidents --json | jq '.[] | select(.state != "resolved") | .id'

Shown are all that are open, and the latest fifty that are over; ID may be older, and any of an incident's names. With
ID you see who was told what and when, what people answered, what was done, and what `hawatch act` can do now. The exit
code is 0 when the agent answered, 2 when there is no such incident, and 3 when no agent answers.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("id", metavar="ID", nargs="?", help="one of them, with its timeline (default: all)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as /api/v1/incidents gives it")
    form.add_argument(
        "--bundle",
        metavar="FILE",
        help="write a tar.gz with what the black box kept of ID; FILE must not exist, - is standard output",
    )
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """Print them; HawatchError when there is no such incident, or no agent."""
    if args.bundle is not None:
        if args.id is None:
            raise HawatchError("--bundle: of which incident?")
        from hawatch.cli.bundle_file import write_bundle_of

        name = ask_incident(args.socket, args.id)["id"]
        write_bundle_of(args.bundle, name, socket_path=args.socket)
        return 0
    if args.id is not None:
        incident = ask_incident(args.socket, args.id)
        print(_text(args, incident, lambda: story(incident)), end="")
        return 0
    incidents = list_from_agent(args.socket, "/api/v1/incidents")
    print(_text(args, incidents, lambda: table(incidents)), end="")
    return 0


def _text(args: argparse.Namespace, answer: Any, for_people: Callable[[], str]) -> str:
    if args.json:
        return json.dumps(answer, indent=2, ensure_ascii=False) + "\n"
    try:
        return for_people()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AgentUnreachableError(
            f"{args.socket}: the agent's answer is not understood (another version? --json shows it)"
        ) from error
