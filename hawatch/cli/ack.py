"""`hawatch ack`: a person looks after an incident."""

from __future__ import annotations

import argparse

from hawatch.cli.answering import add_arguments, answer

SUMMARY = "Acknowledge an incident: you look after it."

EPILOG = """\
example:
  hawatch ack 261122-lb01-1
  hawatch ack 261122-lb01-1 --as anna

Whoever may use the agent's socket may do this. The exit code is 2 when there is no such incident or it is over, and
3 when no agent answers.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Tell the agent; HawatchError when it cannot be done."""
    incident = answer(args, "ack")
    print(f"{args.id}: acknowledged by {incident.get('acknowledged_by')}")
    return 0
