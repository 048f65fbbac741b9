"""`hawatch drill --observe`: nothing is done; what others bring about meanwhile is graded."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from hawatch import __version__, clock
from hawatch.cli.agent_socket import ask_agent
from hawatch.cli.drill_ends import Ends, InterruptedDrillError
from hawatch.cli.drill_news import News
from hawatch.cli.drill_targets import EVERY, PATIENCE, answers
from hawatch.drill.client import ICMP, Asking, ask_by
from hawatch.drill.grading import losses
from hawatch.drill.lanes import Lanes, read_lanes, said_between
from hawatch.drill.observed import expected_items, first_sign
from hawatch.drill.report import Move, Report
from hawatch.errors import AgentUnreachableError, HawatchError

LOOK_EVERY = 0.1
SETTLES = 1.0


def observe(args: argparse.Namespace, out: TextIO) -> Report:
    """Look for as long as was said, or until Ctrl-C; the report. HawatchError for what is not understood."""
    status = ask_agent(args.socket, "/api/v1/status")
    router = _router(status, args.instance)
    targets = _targets(args.client or [ICMP], router)
    for target in targets:
        if not answers(target, ask_by(target)):
            raise HawatchError(f"drill: {target}: gets no answer now, before anything has happened")
    asking = Asking({each: ask_by(each) for each in targets}, clock=clock, every=EVERY, patience=PATIENCE)
    news = News(out, asking)
    began = clock.wall()
    asking.start()
    news.say(f"observing {router['instance']} for {args.observe} s")
    _look(args, news)
    asking.end()
    return _report(args, status, router, asking, news, began)


def _look(args: argparse.Namespace, news: News) -> None:
    end = clock.monotonic() + args.observe
    with Ends() as ends:
        try:
            while clock.monotonic() < end:
                news.tell(_sight(args.socket))
                ends.wait(LOOK_EVERY)
        except InterruptedDrillError:
            news.say("enough")
        clock_end = clock.monotonic() + SETTLES
        ends.ignore()
        while clock.monotonic() < clock_end:
            ends.wait(LOOK_EVERY)


def _sight(socket: Path) -> dict[str, Any]:
    """The status, in the words of a look at a drill; without an agent there is nothing to see."""
    try:
        routers = ask_agent(socket, "/api/v1/status")["virtual_routers"]
        return {
            "routers": [
                {
                    **{key: each[key] for key in ("instance", "verdict", "summary", "owners")},
                    "findings": [
                        f"{found['cause']}@{found['node']}"
                        for found in each["findings"]
                        if found["severity"] in {"warning", "critical"}
                    ],
                }
                for each in routers
            ]
        }
    except (AgentUnreachableError, KeyError, TypeError):
        return {"routers": []}


def _report(
    args: argparse.Namespace,
    status: dict[str, Any],
    router: dict[str, Any],
    asking: Asking,
    news: News,
    began: float,
) -> Report:
    ended = clock.wall()
    lanes: Lanes = read_lanes(ask_agent(args.socket, "/api/v1/history"))
    instance = str(router["instance"])
    sign = first_sign(lanes, instance, began)
    whole = Move(
        move="observed", node="", to="", expects="", ordered=began, ended=ended, instances=(instance,)
    )
    lost, _ = losses([whole], asking.samples, dict.fromkeys(asking.samples, float("inf")))
    for at, word in said_between(lanes.verdicts(instance), began, ended):
        news.say(f"in the history: {word} at +{at - began:.3f}")
    return Report(
        id=f"observed-{instance}",
        pair=str(status["pair"]),
        node=str(status["node"]),
        who=args.name or "the caller",
        version=__version__,
        began=began,
        ended=ended,
        plan=None,
        place=f"on {status['node']}",
        every=EVERY,
        patience=PATIENCE,
        items=tuple(expected_items(args.expect or [], lanes, instance, began, sign)),
        lost=lost,
        lines=tuple(news.lines),
    )


def _router(status: dict[str, Any], instance: str | None) -> dict[str, Any]:
    routers = status["virtual_routers"]
    found = [each for each in routers if instance in {None, each["instance"]}]
    if len(found) != 1:
        known = ", ".join(each["instance"] for each in routers)
        raise HawatchError(f"drill: which virtual router? (known: {known})")
    router: dict[str, Any] = found[0]
    return router


def _targets(wanted: list[str], router: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(each for target in wanted for each in _named(target, router)))


def _named(target: str, router: dict[str, Any]) -> Iterator[str]:
    if target != ICMP:
        yield target
        return
    for vip in router["vips"][:1]:
        address = vip["address"]
        yield f"icmp://[{address}]" if ":" in address else f"icmp://{address}"
