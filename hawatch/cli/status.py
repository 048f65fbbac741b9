"""`hawatch status`: the node's present picture, from the running agent."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

from hawatch import clock
from hawatch.cli.agent_socket import ask_agent
from hawatch.cli.answering import add_socket
from hawatch.cli.speaking import can_say, speak_carefully
from hawatch.cli.status_lines import status_lines
from hawatch.errors import AgentUnreachableError
from hawatch.exporter.text import Paint, plain, render

SUMMARY = "Show what the agent on this node sees."

EPILOG = """\
example:
  hawatch status
  hawatch status --lines | awk '$1 != "ok" {print $3, $2, $9}'
  hawatch status --json | jq '.virtual_routers[].verdict'
  hawatch status --bundle lb01.tar.gz

A bundle is for a colleague or a bug report: what the black box kept of the last verdicts, the journal, the present
picture, and hawatch.toml, without keys, passwords and other secrets. When no agent answers it is packed from the
state directory, as far as you may read it.

--lines is for grep and awk: a line for each virtual router, its fields separated by tabs and without blanks in them
(severity, verdict, instance, vrid, family, since, owners, VIPs, cause@node; lists with commas, - for nothing). The
severity is the worst of the verdict's and the findings'.

Colours are for terminals alone, and NO_COLOR=1 turns them off. The exit code is 0 when the agent answered, whatever it
says, and 3 when it did not.
"""

COLOURS = {"ok": "32", "info": "36", "warning": "33", "critical": "1;31", "unknown": "35"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = EPILOG
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the picture as /api/v1/status gives it")
    form.add_argument("--lines", action="store_true", help="one line for each virtual router, for awk")
    form.add_argument(
        "--bundle",
        metavar="FILE",
        help="write a tar.gz for a colleague; FILE must not exist, - is standard output",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="for a bundle without an agent: hawatch.toml (default: /etc/hawatch/hawatch.toml if there)",
    )
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """Print the picture, or write a bundle; raises AgentUnreachableError, for a bundle any HawatchError."""
    if args.bundle is not None:
        from hawatch.cli.bundle_file import write_bundle

        write_bundle(args.bundle, socket_path=args.socket, config_path=args.config)
        return 0
    picture = ask_agent(args.socket, "/api/v1/status")
    if args.json:
        print(json.dumps(picture, indent=2, ensure_ascii=not _is_unicode()))
        return 0
    speak_carefully(sys.stdout)
    now = datetime.fromtimestamp(clock.wall(), UTC)
    try:
        text = _text(picture, now, lines=args.lines)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AgentUnreachableError(
            f"{args.socket}: the agent's answer is not understood (another version? --json shows it)"
        ) from error
    print(text, end="")
    return 0


def _text(picture: dict[str, Any], now: datetime, *, lines: bool) -> str:
    """The page of an agent or of a witness, or an agent's lines."""
    if "witness" in picture:
        from hawatch.witness.text import render_witness

        return render_witness(picture)
    return status_lines(picture) if lines else render(picture, now, _paint())


def _is_unicode() -> bool:
    """Whether whatever reads this gets letters as they are; else JSON has its own way to write them."""
    return can_say("\U0010ffff", sys.stdout.encoding or "ascii")


def _paint() -> Paint:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return plain
    return _coloured


def _coloured(severity: str, text: str) -> str:
    colour = COLOURS.get(severity)
    return f"\x1b[{colour}m{text}\x1b[0m" if colour else text
