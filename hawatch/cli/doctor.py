"""`hawatch doctor`: this host examined, each finding with its remedy."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hawatch.cli.agent_socket import ask_agent
from hawatch.cli.choosing import choose_config
from hawatch.config import Config
from hawatch.config.records import DEFAULT_PATH
from hawatch.doctor import Line, Outcome, examine_all, gather, worst
from hawatch.doctor.gathering import HELPER_SOCKET
from hawatch.errors import AgentUnreachableError, ConfigError

SUMMARY = "Examine this host, and say what would mend it for good."

EPILOG = """\
It works without an agent and without keepalived, and as any user; what it cannot see then is `unknown`, and says
what would make it known. Root, or the agent's user while hawatch-helper runs, sees everything.

Exit code 0: all is well; 1: a warning, or something unknown, which is not the same as well; 2: something fails.

example:
  hawatch doctor
  hawatch doctor --json | jq -r '.lines[] | select(.outcome == "fail") | .remedy'
"""

EXIT_CODES = {Outcome.OK: 0, Outcome.UNKNOWN: 1, Outcome.WARN: 1, Outcome.FAIL: 2}
COLOURS = {Outcome.OK: "32", Outcome.UNKNOWN: "35", Outcome.WARN: "33", Outcome.FAIL: "1;31"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("--json", action="store_true", help="one object with all lines")
    parser.add_argument("--config", metavar="FILE", help=f"hawatch's configuration (default: {DEFAULT_PATH})")
    parser.add_argument(
        "--keepalived-conf", metavar="FILE", help="keepalived's (default: what hawatch's says)"
    )
    parser.add_argument(
        "--socket", type=Path, metavar="PATH", help="the agent's (default: what hawatch's says)"
    )
    parser.add_argument(
        "--helper-socket", type=Path, default=HELPER_SOCKET, metavar="PATH", help="default: %(default)s"
    )


def run(args: argparse.Namespace) -> int:
    """Examine, and print every line; the exit code is that of the worst."""
    config, problem = _config(args)
    status, status_problem = _status(args.socket or Path(config.listen.socket))
    there = args.config or (DEFAULT_PATH if Path(DEFAULT_PATH).exists() else None)
    case = gather(
        config=config,
        config_path=there,
        config_problem=problem,
        status=status,
        status_problem=status_problem,
        helper_socket=args.helper_socket,
    )
    lines = examine_all(case)
    outcome = worst([line.outcome for line in lines])
    if args.json:
        print(json.dumps(_plain(lines, outcome), indent=2, ensure_ascii=False))
    else:
        _print(lines)
    return EXIT_CODES[outcome]


def _config(args: argparse.Namespace) -> tuple[Config, str | None]:
    """The configuration, or all defaults and what is wrong with it: a bad file is one more finding."""
    try:
        return choose_config(args.config, args.keepalived_conf), None
    except ConfigError as error:
        return Config(), str(error)


def _status(socket: Path) -> tuple[dict[str, Any] | None, str]:
    try:
        return ask_agent(socket, "/api/v1/status"), ""
    except AgentUnreachableError as error:
        return None, str(error)


def _plain(lines: Sequence[Line], outcome: Outcome) -> dict[str, Any]:
    return {
        "node": os.uname().nodename,
        "outcome": outcome.value,
        "lines": [
            {
                "name": line.name,
                "outcome": line.outcome.value,
                "sentence": line.sentence,
                "remedy": line.remedy,
            }
            for line in lines
        ],
    }


def _print(lines: Sequence[Line]) -> None:
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    for line in lines:
        word = f"{line.outcome.value:<7}"
        shown = f"\x1b[{COLOURS[line.outcome]}m{word}\x1b[0m" if coloured else word
        print(f"{shown}  {line.name}: {line.sentence}")
        for each in line.remedy.splitlines():
            print(f"           {each}")
