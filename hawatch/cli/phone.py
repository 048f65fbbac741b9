"""`hawatch phone`: a telephone in the terminal, which shows a person's messages and takes replies."""

from __future__ import annotations

import argparse
import os
import select
import sys
from collections.abc import Iterator
from urllib.parse import quote

from hawatch.cli.agent_socket import look_up, tell_agent
from hawatch.cli.answering import add_socket
from hawatch.cli.phone_text import BubbleLook, Json, Look, PlainLook
from hawatch.errors import AgentUnreachableError, HawatchError

SUMMARY = "A telephone in the terminal: shows the messages to a person, and takes replies."

EPILOG = """\
example:
  hawatch phone
  hawatch phone anna
  echo 47 | hawatch phone anna --once

For everybody who has a channel of the kind phone, which is what you have without any [[contact]]. Type what you would
answer to an SMS, such as 47 or 47 2, and Enter; ? lists what is open. It ends with Ctrl-D or Ctrl-C. Through pipes it
prints a line for each message, takes one reply a line, and ends with them. The exit code is 2 when the person has no
such phone, and 3 when no agent answers.
"""

POLL_EVERY = 0.3
SHOWN_AT_FIRST = 20
PIECE = 4096


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("person", metavar="PERSON", nargs="?", help="whose phone (default: the only one's)")
    parser.add_argument(
        "--once", action="store_true", help="show what is there, send what is piped in, and end"
    )
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """Until standard input ends; HawatchError when there is no such phone."""
    person = args.person or _only_one(args)
    target = f"/api/v1/phone/{quote(person, safe='')}"
    handset = Handset(args, target, _look())
    handset.show(look_up(args.socket, target))
    at_terminal = sys.stdin.isatty()
    if args.once and at_terminal:
        return 0
    if at_terminal:
        print(f"({person}'s phone; type a reply and Enter, Ctrl-D ends)", flush=True)
    for line in _typed_lines():
        if line is None:
            handset.look_again()
        elif line.strip():
            handset.send(line)
    handset.look_again()
    return 0


class Handset:
    """What has been shown, and what is new."""

    def __init__(self, args: argparse.Namespace, target: str, look: Look) -> None:
        self._socket = args.socket
        self._target = target
        self._look = look
        self._shown: set[str] = set()
        self._mark = ""
        self._silent = False

    def show(self, screen: Json) -> None:
        """Print what has not been printed yet; of a long story the end."""
        fresh = [each for each in screen["messages"] if each["id"] not in self._shown]
        self._shown |= {each["id"] for each in fresh}
        self._mark = str(screen["mark"])
        for each in fresh[-SHOWN_AT_FIRST:]:
            print(self._look.show(each), flush=True)

    def look_again(self) -> None:
        """Ask for what is new; an agent that is silent is told of once, and asked again."""
        try:
            self.show(look_up(self._socket, f"{self._target}?after={self._mark}"))
        except AgentUnreachableError as error:
            if not self._silent:
                print(f"hawatch: {error}", file=sys.stderr, flush=True)
            self._silent = True
        else:
            self._silent = False

    def send(self, text: str) -> None:
        """Answer; what follows from it at once is shown. A text that could not be handed over is told of."""
        try:
            screen = tell_agent(self._socket, self._target, {"text": text})
        except HawatchError as error:
            print(f"hawatch: not sent: {text!r}: {error}", file=sys.stderr, flush=True)
            return
        self.show(screen)


def _only_one(args: argparse.Namespace) -> str:
    people = look_up(args.socket, "/api/v1/phone").get("people")
    if not isinstance(people, list):
        raise AgentUnreachableError(f"{args.socket}: the agent's answer is not understood")
    if len(people) == 1:
        return str(people[0])
    known = ", ".join(people)
    raise HawatchError(f"whose phone? ({known})" if people else "nobody has a phone in the terminal")


def _look() -> Look:
    return BubbleLook() if sys.stdout.isatty() else PlainLook()


def _typed_lines() -> Iterator[str | None]:
    """Each line of standard input, and None whenever it is time to look again."""
    descriptor = sys.stdin.fileno()
    rest = b""
    while True:
        ready, _, _ = select.select([descriptor], [], [], POLL_EVERY)
        if not ready:
            yield None
            continue
        piece = os.read(descriptor, PIECE)
        if not piece:
            break
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)
    if rest:
        yield rest.decode("utf-8", "replace")
