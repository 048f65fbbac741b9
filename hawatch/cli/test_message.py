"""`hawatch test-message`: does every way to a person work?"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import quote

from hawatch import clock
from hawatch.cli.agent_socket import look_up
from hawatch.cli.answering import add_name, add_socket, wish
from hawatch.cli.columns import pad, printable, width
from hawatch.cli.reply_loop import run_loop
from hawatch.cli.snooze import seconds
from hawatch.errors import AgentUnreachableError, HawatchError

__test__ = False  # the name is the command's

SUMMARY = "Send a test message on every way to a person, and say what came of each."

EPILOG = """\
example:
  hawatch test-message anna
  hawatch test-message anna --wait 5m
  hawatch test-message --loop modem

One line for each way: delivered (to the phone, or so a program says), left (the gateway has sent it), sent (it is in
the gateway's hands, and no word has come of it), retrying (it failed for now, and is tried again) or failed. The exit
code is 0 when all got through, 1 when one did not, 2 when there is no such person, and 3 when no agent answers.

With --loop the agent sends a message over the channel to itself ([channel.probe]), and one line says after how many
seconds it came back, or that it did not, and which half is dead if that is known: exit code 0 or 1.
"""

POLL_EVERY = 0.2
WAIT = 60.0
THROUGH = frozenset({"left", "delivered"})
SETTLED = THROUGH | {"failed", "dropped", "retrying"}
WORDS = {
    "stored": "stored; nothing has tried to send it yet",
    "retrying": "failed for now, tried again later",
    "sent": "sent; it is in the gateway's hands, which has not said what came of it",
    "left": "left the gateway",
    "delivered": "delivered",
    "failed": "FAILED",
    "dropped": "dropped",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("person", metavar="PERSON", nargs="?", help="the name of a [[contact]]")
    parser.add_argument(
        "--loop", metavar="CHANNEL", help="send the channel a message to itself, and see it come back"
    )
    parser.add_argument(
        "--wait",
        metavar="TIME",
        type=seconds,
        help="how long to wait for the gateways (default: 60s, or with --loop as long as the channel's probe may take)",
    )
    add_name(parser)
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """Send, wait, print; HawatchError when there is no such person, or no such channel."""
    if (args.person is None) == (args.loop is None):
        raise HawatchError("test-message: either a PERSON or --loop CHANNEL is wanted")
    return run_loop(args, args.wait) if args.loop is not None else _run_ways(args)


def _run_ways(args: argparse.Namespace) -> int:
    messages = wish(args, "/api/v1/test-message", person=args.person).get("messages")
    if not isinstance(messages, list):
        raise AgentUnreachableError(f"{args.socket}: the agent's answer is not understood")
    ways = [f"{each['channel']} {each['to']}" for each in messages]
    columns = max(map(width, ways), default=0)
    give_up_at = clock.monotonic() + (WAIT if args.wait is None else args.wait)
    through = True
    for way, message in zip(ways, messages, strict=True):
        after = _settled(args.socket, message, give_up_at)
        through = through and after["state"] in THROUGH
        problem = f": {after['problem']}" if after["problem"] else ""
        words = WORDS.get(after["state"], after["state"])
        print(printable(f"{pad(way, columns)}  {words}{problem}"), flush=True)
    return 0 if through else 1


def _settled(socket: Path, message: dict[str, Any], give_up_at: float) -> dict[str, Any]:
    """The message once something has come of it, or as it is when the time is over."""
    while message["state"] not in SETTLED and clock.monotonic() < give_up_at:
        sleep(POLL_EVERY)
        message = look_up(socket, f"/api/v1/messages/{quote(message['id'], safe='')}")
    return message
