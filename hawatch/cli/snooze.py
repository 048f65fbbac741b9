"""`hawatch snooze`: an incident is kept quiet for a while."""

from __future__ import annotations

import argparse
import re

from hawatch.cli.answering import add_arguments, answer
from hawatch.cli.incident_text import local_time

SUMMARY = "Keep an incident quiet for a while, or until it gets worse."

EPILOG = """\
example:
  hawatch snooze 261122-lb01-1 30m

A time is a number with s, m, h or d, from 1s to 7d. The exit code is 2 when there is no such incident or it is over,
and 3 when no agent answers.
"""

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    add_arguments(parser)
    parser.add_argument("time", metavar="TIME", type=seconds, help="for how long, such as 30m or 2h")


def seconds(text: str) -> int:
    """Seconds of such as `30m`."""
    matched = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    value = int(matched[1]) * UNITS[matched[2]] if matched else 0
    if not 1 <= value <= 7 * UNITS["d"]:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time from 1s to 7d, such as 30m")
    return value


def run(args: argparse.Namespace) -> int:
    """Tell the agent; HawatchError when it cannot be done."""
    incident = answer(args, "snooze", seconds=args.time)
    print(f"{args.id}: quiet until {local_time(incident['snoozed_until'])}, or until it gets worse")
    return 0
