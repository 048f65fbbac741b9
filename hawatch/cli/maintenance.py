"""`hawatch maintenance`: people are told less while somebody works on the pair."""

from __future__ import annotations

import argparse

from hawatch.cli.agent_socket import ask_agent
from hawatch.cli.answering import add_name, add_socket, wish
from hawatch.cli.mute_text import maintenance, what_is_muted
from hawatch.cli.snooze import seconds
from hawatch.errors import AgentUnreachableError, HawatchError

SUMMARY = "Tell people less while you work on the pair; without an argument, show what is muted."

EPILOG = """\
example:
  hawatch maintenance 30m --reason "kernel update"
  hawatch maintenance end
  hawatch maintenance

Both nodes learn of it. People are told of nothing but split_brain, conflict and no_owner, with --all not even of
those; monitoring systems see the state as it is, and that there is maintenance. A time is a number with s, m, h or d,
from 1s to 7d; a new one takes the place of the old one. The exit code is 2 when there is nothing to end, and 3 when no
agent answers.
"""

END = "end"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    parser.add_argument(
        "time", metavar="TIME", nargs="?", type=time_or_end, help="such as 30m or 2h, or: end"
    )
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for everybody who looks")
    parser.add_argument("--all", action="store_true", help="tell not even of the gravest")
    add_name(parser)
    add_socket(parser)


def time_or_end(text: str) -> int | str:
    """Seconds of such as `30m`, or `end`."""
    return END if text == END else seconds(text)


def run(args: argparse.Namespace) -> int:
    """Tell the agent, or show what is in force; HawatchError when it cannot be done."""
    if args.time is None:
        if args.reason or args.all:
            raise HawatchError("maintenance: for how long? such as 30m")
        print(_shown(args), end="")
    elif args.time == END:
        wish(args, "/api/v1/maintenance", end=True)
        print("the maintenance is over")
    else:
        more = {"seconds": args.time, "reason": args.reason, "all": args.all}
        print(maintenance(wish(args, "/api/v1/maintenance", **more)))
    return 0


def _shown(args: argparse.Namespace) -> str:
    try:
        return what_is_muted(ask_agent(args.socket, "/api/v1/status"))
    except (KeyError, TypeError, ValueError) as error:
        raise AgentUnreachableError(f"{args.socket}: the agent's answer is not understood") from error
