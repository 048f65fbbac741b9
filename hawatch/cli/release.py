"""`hawatch release`: an incident is given back."""

from __future__ import annotations

import argparse

from hawatch.cli.answering import add_arguments, answer

SUMMARY = "Give an acknowledged or snoozed incident back: nobody looks after it."

EPILOG = """\
example:
  hawatch release 261122-lb01-1

Whoever may use the agent's socket may do this. The exit code is 2 when there is no such incident, it is over or nobody
has taken it, and 3 when no agent answers.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Tell the agent; HawatchError when it cannot be done."""
    answer(args, "release")
    print(f"{args.id}: open again")
    return 0
