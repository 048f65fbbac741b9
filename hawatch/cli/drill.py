"""`hawatch drill`: try a graceful failover and failback on a pair in service, and grade what came of it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from hawatch import clock
from hawatch.cli.agent_socket import look_up, tell_agent
from hawatch.cli.answering import add_name, add_socket
from hawatch.cli.columns import printable
from hawatch.cli.drill_course import Course
from hawatch.cli.drill_observing import observe
from hawatch.cli.drill_reporting import Led
from hawatch.cli.drill_saying import confirm, shown
from hawatch.cli.drill_targets import EVERY, PATIENCE, targets_of
from hawatch.cli.snooze import seconds
from hawatch.drill.client import Asking
from hawatch.drill.grading import limits_of
from hawatch.drill.markdown import markdown
from hawatch.drill.plan import PLAN
from hawatch.drill.report import REPORT, Report
from hawatch.errors import AgentUnreachableError, DecodeError, HawatchError

SUMMARY = "Try a graceful failover and failback on this pair, and grade what came of it."

EPILOG = """\
example:
  hawatch drill --dry-run
  hawatch drill VI_1 --client http://192.168.136.100/ --report drill.md
  hawatch drill --last

The owner of INSTANCE stops keepalived, the standby takes over, and the owner starts it again; without preemption the
standby steps aside afterwards, too, so that the VIP ends where it was. Everything that the node owns moves with it. It
comes back after --away at the latest, whatever becomes of this command: its own agent sees to that. It is refused
unless both nodes are well, and stop-keepalived and start-keepalived stand in the node's actions.toml. People with
`drills = true` are sent a message and asked to answer it. The exit code is 0 when all passed, 1 when something failed,
2 when it was refused, and 3 when no agent answers.
"""

AWAY = 60
ANSWER_WITHIN = 120


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    parser.add_argument(
        "instance", metavar="INSTANCE", nargs="?", help="whose owner steps aside (default: the only owner)"
    )
    parser.add_argument(
        "--client",
        metavar="TARGET",
        action="append",
        help="what asks through the VIP: http://…, https://…, tcp://HOST:PORT or icmp; may be given again"
        " (default: the first [[service]] that follows the owner, else icmp)",
    )
    parser.add_argument(
        "--report", metavar="FILE", type=Path, help="write the report there, too (- is standard output)"
    )
    parser.add_argument(
        "--away", metavar="TIME", type=seconds, default=AWAY, help="how long the node may be away (60s)"
    )
    parser.add_argument(
        "--answer-within",
        metavar="TIME",
        type=_wait,
        default=ANSWER_WITHIN,
        help="how long people have to answer (default: 2m; 0: nobody is waited for)",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask for a confirmation")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument(
        "--json", action="store_true", help="the report as JSON; what is seen goes to standard error"
    )
    parser.add_argument("--last", action="store_true", help="show the latest report that this node keeps")
    parser.add_argument(
        "--stop", action="store_true", help="end the drill that is under way: its node comes back now"
    )
    parser.add_argument(
        "--observe", metavar="TIME", type=seconds, help="do nothing, and grade what others do meanwhile"
    )
    parser.add_argument(
        "--expect",
        metavar="VERDICT",
        action="append",
        help="with --observe: a verdict that has to come, in this order",
    )
    add_name(parser)
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """Do what is asked for; HawatchError when it is refused."""
    _one_of_these(args)
    if args.last:
        return _last(args)
    if args.stop:
        tell_agent(args.socket, "/api/v1/drills/stop", {})
        print("the drill is over; the node that was away comes back now")
        return 0
    out = sys.stderr if args.json else sys.stdout
    if args.observe is not None:
        return _finish(args, observe(args, out))
    return _drill(args, out)


def _drill(args: argparse.Namespace, out: TextIO) -> int:
    plan = _decoded(args, PLAN.decode, tell_agent(args.socket, "/api/v1/drills/plan", _wish(args)))
    targets = targets_of(args, plan, out)
    for line in shown(plan, targets, args.answer_within):
        print(printable(line), file=out, flush=True)
    if args.dry_run:
        return 0
    if not args.yes:
        confirm(plan, out)
    asks = {each: ask for each, (_, ask) in targets.items()}
    asking = Asking(asks, clock=clock, every=EVERY, patience=PATIENCE)
    led = Led(
        plan=plan,
        asking=asking,
        limits=limits_of({each: instance for each, (instance, _) in targets.items()}, plan),
        wish=_wish(args),
        answer_within=float(args.answer_within),
        every=EVERY,
        patience=PATIENCE,
    )
    return _finish(args, Course(args.socket, led, out).run())


def _finish(args: argparse.Namespace, report: Report) -> int:
    """Print what came of it, and write it where it is wanted."""
    if args.json:
        print(json.dumps(REPORT.encode(report), indent=2, ensure_ascii=False))
    elif args.report is None or str(args.report) != "-":
        print(printable(_verdict(report)))
    if args.report is not None:
        text = markdown(report)
        if str(args.report) == "-":
            print(text, end="")
        else:
            args.report.write_text(text, encoding="utf-8")
    return 0 if report.passed else 1


def _verdict(report: Report) -> str:
    failed = [each.what for each in report.items if each.passed is False]
    if report.broken_off:
        return f"{report.id}: BROKEN OFF: {report.broken_off}"
    return f"{report.id}: {'passed' if not failed else 'FAILED: ' + '; '.join(failed)}"


def _last(args: argparse.Namespace) -> int:
    answer = look_up(args.socket, "/api/v1/drills/last")
    report = _decoded(args, REPORT.decode, answer.get("report"))
    shown_on = args.report if args.json or args.report else Path("-")
    _finish(argparse.Namespace(json=args.json, report=shown_on), report)
    return 0


# --- what is asked for ----------------------------------------------------------------------------


def _one_of_these(args: argparse.Namespace) -> None:
    chosen = [
        name
        for name, given in (
            ("--last", args.last),
            ("--stop", args.stop),
            ("--observe", args.observe is not None),
            ("--dry-run", args.dry_run),
        )
        if given
    ]
    if len(chosen) > 1:
        raise HawatchError(f"drill: {' and '.join(chosen)} do not go together")
    if args.expect and args.observe is None:
        raise HawatchError("drill: --expect goes with --observe")


def _wait(text: str) -> int:
    return 0 if text == "0" else seconds(text)


def _wish(args: argparse.Namespace) -> dict[str, Any]:
    who = {} if args.name is None else {"as": args.name}
    instance = {} if args.instance is None else {"instance": args.instance}
    return {**instance, "away": args.away, **who}


def _decoded(args: argparse.Namespace, decode: Callable[[Any], Any], answer: object) -> Any:
    try:
        return decode(answer)
    except DecodeError as error:
        raise AgentUnreachableError(
            f"{args.socket}: the agent's answer is not understood ({error})"
        ) from None
