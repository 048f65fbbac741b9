"""`hawatch incidents`: what happened, and who did what about it."""

from __future__ import annotations

import argparse
import json

from hawatch.cli.agent_socket import list_from_agent
from hawatch.cli.answering import add_socket
from hawatch.cli.incident_text import story, table
from hawatch.errors import AgentUnreachableError, HawatchError

SUMMARY = "Show the incidents that this node's agent keeps, or one with its timeline."

EPILOG = """\
example:
  hawatch incidents
  hawatch incidents 261122-lb01-1
  hawatch incidents --json | jq '.[] | select(.state != "resolved") | .id'

Shown are all that are open, and the latest fifty that are over. The exit code is 0 when the agent answered, 2 when
there is no such incident, and 3 when no agent answers.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("id", metavar="ID", nargs="?", help="one of them, with its timeline (default: all)")
    parser.add_argument("--json", action="store_true", help="as /api/v1/incidents gives it")
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """Print them; HawatchError when there is no such incident, or no agent."""
    incidents = list_from_agent(args.socket, "/api/v1/incidents")
    if args.id is not None:
        incidents = [each for each in incidents if each.get("id") == args.id]
        if not incidents:
            raise HawatchError(f"no such incident: {args.id}")
    if args.json:
        print(json.dumps(incidents if args.id is None else incidents[0], indent=2, ensure_ascii=False))
        return 0
    try:
        text = table(incidents) if args.id is None else story(incidents[0])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AgentUnreachableError(
            f"{args.socket}: the agent's answer is not understood (another version? --json shows it)"
        ) from error
    print(text, end="")
    return 0
