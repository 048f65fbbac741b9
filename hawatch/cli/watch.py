"""`hawatch watch`: the node's picture, live in a terminal."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from hawatch import clock
from hawatch.cli.answering import add_name, add_socket
from hawatch.cli.speaking import speak_carefully
from hawatch.cli.watching.asking import first_picture
from hawatch.cli.watching.correspondent import Correspondent
from hawatch.cli.watching.frame import frame
from hawatch.cli.watching.keyboard import Keyboard
from hawatch.cli.watching.look import Look, Moment
from hawatch.cli.watching.screen import plain_text, size_of
from hawatch.cli.watching.terminal import look_of, screen_of
from hawatch.cli.watching.view import View
from hawatch.cli.watching.watcher import Watcher
from hawatch.errors import AgentUnreachableError, HawatchError

SUMMARY = "Show what the agent sees, live in a terminal, with keys to answer incidents."

EPILOG = """\
example:
  hawatch watch
  hawatch watch --slow --language zh
  hawatch watch --once

Keys: arrows or j and k choose a virtual router, a acknowledges its incident (and asks first), r gives it back, s keeps
it quiet for 30 minutes, m shows more or less, / filters, q quits. Only what changes is redrawn. NO_COLOR=1 turns
colours off, LANG=zh_CN.UTF-8 makes it Chinese. For pipes there is hawatch status. The exit code is 2 where there is
no terminal, and 3 when no agent answers at the start.
"""

NORMAL, SLOW = 1.0, 5.0
LEAST, MOST = 0.2, 3600.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("--once", action="store_true", help="print one picture and end; a pipe will do")
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--slow", action="store_true", help=f"for a slow line: the same as --interval {SLOW:g}")
    pace.add_argument(
        "--interval",
        type=seconds,
        metavar="SECONDS",
        default=NORMAL,
        help="how often the clock moves; changes show at once (default: %(default)g)",
    )
    parser.add_argument("--language", choices=("en", "zh"), help="default: what the locale says")
    parser.add_argument("--ascii", action="store_true", help="for a terminal with few letters")
    add_name(parser)
    add_socket(parser)


def seconds(text: str) -> float:
    """From 0.2 to 3600."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not LEAST <= value <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from {LEAST:g} to {MOST:g}")
    return value


def run(args: argparse.Namespace) -> int:
    """Until the person quits; HawatchError without a terminal, AgentUnreachableError without an agent."""
    if not args.once and not sys.stdout.isatty():
        raise HawatchError("watch: standard output is no terminal (for pipes there is hawatch status)")
    encoding = sys.stdout.encoding or "ascii"
    look = look_of(args.language, encoding, os.environ, ascii_only=args.ascii)
    speak_carefully(sys.stdout)
    try:
        picture = first_picture(args.socket, clock.monotonic())
        view = View(picture=picture, interval=SLOW if args.slow else args.interval)
        return _once(view, look) if args.once else _live(args, view, look)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if os.environ.get("HAWATCH_DEBUG"):
            raise
        raise AgentUnreachableError(
            f"{args.socket}: the agent's answer is not understood (another version?)"
        ) from error


def _once(view: View, look: Look) -> int:
    now = Moment(wall=clock.wall(), at=clock.monotonic())
    lines = frame(view, size_of(sys.stdout.fileno()), now, look)
    # The last line tells of keys.
    print(plain_text(lines[:-1]), end="")
    return 0


def _live(args: argparse.Namespace, view: View, look: Look) -> int:
    agent = Correspondent(args.socket, name=args.name, words=look.words, interval=view.interval, clock=clock)
    keys = sys.stdin.fileno() if sys.stdin.isatty() else None
    watcher = Watcher(
        view,
        look=look,
        screen=screen_of(sys.stdout, os.environ),
        keyboard=None if keys is None else lambda pressed: Keyboard(keys, pressed),
        agent=agent,
        clock=clock,
        size=lambda: size_of(sys.stdout.fileno()),
    )
    signal.signal(signal.SIGWINCH, lambda _number, _frame: watcher.resized())
    signal.signal(signal.SIGTSTP, lambda _number, _frame: watcher.paused())
    signal.signal(signal.SIGTERM, _terminated)
    watcher.run()
    return 0


def _terminated(number: int, _frame: FrameType | None) -> NoReturn:
    """The terminal is put back on the way out."""
    raise SystemExit(128 + number)
