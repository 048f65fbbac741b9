"""`hawatch silence`: nobody is told of one virtual router, or of one cause, for a while."""

from __future__ import annotations

import argparse

from hawatch.cli.answering import add_name, add_socket, wish
from hawatch.cli.columns import printable
from hawatch.cli.maintenance import END, time_or_end
from hawatch.cli.mute_text import until

SUMMARY = "Tell nobody of one virtual router, or of one cause, for a while."

EPILOG = """\
example:
  hawatch silence VI_1 2h --reason "moves to another LAN"
  hawatch silence clock_skew 1d
  hawatch silence VI_1 end

Both nodes learn of it. A split_brain, a conflict and a no_owner are told all the same. A time is a number with s, m, h
or d, from 1s to 7d. The exit code is 2 when there is no such virtual router or cause, or nothing to end, and 3 when no
agent answers. `hawatch maintenance` without an argument shows what is muted.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    parser.add_argument(
        "subject", metavar="INSTANCE|CAUSE", help="a virtual router, or a cause such as clock_skew"
    )
    parser.add_argument("time", metavar="TIME", type=time_or_end, help="such as 30m or 2h, or: end")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for everybody who looks")
    add_name(parser)
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """Tell the agent; HawatchError when it cannot be done."""
    if args.time == END:
        wish(args, "/api/v1/silence", subject=args.subject, end=True)
        print(f"{printable(args.subject)} is told of again")
    else:
        muted = wish(args, "/api/v1/silence", subject=args.subject, seconds=args.time, reason=args.reason)
        print(f"silence of {printable(args.subject)} {until(muted)}")
    return 0
