"""`hawatch act`: what can be done about an incident, and have it done."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import quote

from hawatch import clock
from hawatch.cli.agent_socket import look_up
from hawatch.cli.answering import add_arguments, answer, ask_incident
from hawatch.cli.columns import printable
from hawatch.cli.incident_text import menu
from hawatch.errors import AgentUnreachableError
from hawatch.notification.text.language import read_language
from hawatch.notification.text.saying import say
from hawatch.refusal import Refusal

SUMMARY = "Show what can be done about an incident, or have one of these actions done."

EPILOG = """\
example:
  hawatch act 261122-lb01-1
  hawatch act 261122-lb01-1 2 --yes

Without a number the present menu is listed; the numbers are those of the messages. What is asked for goes the same way
as a reply from a telephone: the node where it runs looks at the live situation once more, and it runs once. What needs
a second person cannot be asked for here. The exit code is 0 when it was done, 1 when it failed or nobody knows, 2 when
it was refused, and 3 when no agent answers.
"""

POLL_EVERY = 0.2
LOSES_PATIENCE_AFTER = 660.0
EXIT_CODES = {"done": 0, "failed": 1, "unknown": 1, "asked": 1, "begun": 1, "refused": 2, "expired": 2}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    add_arguments(parser)
    parser.add_argument("number", metavar="NUMBER", nargs="?", type=int, help="the action, by its number")
    parser.add_argument("--yes", action="store_true", help="do it although it can interrupt the service")
    parser.add_argument("--json", action="store_true", help="the menu, or the outcome, as JSON")


def run(args: argparse.Namespace) -> int:
    """List the menu, or ask for an action and wait for its outcome; HawatchError when it is refused."""
    if args.number is None:
        incident = ask_incident(args.socket, args.id)
        _print(args, incident.get("menu"), lambda: menu(incident))
        return 0
    deed = answer(args, "act", number=args.number, yes=args.yes)
    if not deed.get("final") and not args.json:
        print(f"{printable(_what(deed))}: asked for", flush=True)
    deed = _outcome(args.socket, deed)
    _print(args, deed, lambda: f"{printable(_what(deed))}: {printable(_words(deed))}\n")
    return EXIT_CODES.get(str(deed.get("state")), 1)


def _outcome(socket: Path, deed: dict[str, Any]) -> dict[str, Any]:
    """The deed once nothing more will come of it, or after a long time as it is."""
    give_up_at = clock.monotonic() + LOSES_PATIENCE_AFTER
    while not deed.get("final") and clock.monotonic() < give_up_at:
        sleep(POLL_EVERY)
        deed = look_up(socket, f"/api/v1/deeds/{quote(str(deed.get('id')), safe='')}")
    return deed


def _what(deed: dict[str, Any]) -> str:
    vip = f" ({deed['vip']})" if deed.get("vip") else ""
    return f"{deed.get('action')} on {deed.get('node')}{vip}"


def _words(deed: dict[str, Any]) -> str:
    state, text = deed.get("state"), deed.get("text")
    said = f": {text}" if text else ""
    match state:
        case "done":
            return f"done{said}"
        case "failed":
            return f"FAILED{said}"
        case "unknown":
            return f"UNCLEAR, interrupted midway{said}; look at {deed.get('node')} by hand"
        case "expired":
            return f"not done: {deed.get('node')} did not take it up in time"
        case "refused":
            return f"not done: {_reason(deed.get('refusal'))}{said}"
        case _:
            return "not known yet; hawatch incidents will show what came of it"


def _reason(refusal: object) -> str:
    try:
        return say(read_language("en"), Refusal(str(refusal)))
    except ValueError:
        return str(refusal)


def _print(args: argparse.Namespace, answer: Any, for_people: Any) -> None:
    if args.json:
        print(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    try:
        print(for_people(), end="")
    except (KeyError, TypeError, AttributeError) as error:
        raise AgentUnreachableError(
            f"{args.socket}: the agent's answer is not understood (another version? --json shows it)"
        ) from error
