"""Makes the report on a drill of what was seen, and hands it to the agent, which keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hawatch import clock
from hawatch.cli.agent_socket import ask_agent, tell_agent
from hawatch.cli.drill_saying import place_of
from hawatch.cli.drill_watch import Watch
from hawatch.drill.client import Asking
from hawatch.drill.grading import losses, message_items, verdict_items
from hawatch.drill.lanes import Lanes, read_lanes
from hawatch.drill.plan import Plan
from hawatch.drill.report import REPORT, Looped, Move, Report, Told
from hawatch.errors import HawatchError


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """What is led: the plan, the clients with what each may lose, and what the agent is asked for. Seconds."""

    plan: Plan
    asking: Asking
    limits: Mapping[str, float]
    wish: dict[str, object]
    answer_within: float
    every: float
    patience: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What the agent gave back at the beginning; `at` is epoch seconds."""

    name: str
    who: str
    version: str
    at: float


def report_of(led: Led, begun: Begun, watch: Watch, moves: Sequence[Move], broken: str) -> Report:
    """The graded report, after the last look."""
    led.asking.end()
    ended = clock.wall()
    items, verdicts = verdict_items(led.plan, moves, _lanes(watch), begun.at, ended)
    lost, lost_items = losses(moves, led.asking.samples, led.limits)
    told, looped = tuple(_told(watch)), tuple(_looped(watch))
    return Report(
        id=begun.name,
        pair=led.plan.pair,
        node=led.plan.asked_on,
        who=begun.who,
        version=begun.version,
        began=begun.at,
        ended=ended,
        plan=led.plan,
        place=place_of(led.plan),
        every=led.every,
        patience=led.patience,
        items=(*items, *lost_items, *message_items(told, looped, led.answer_within)),
        moves=tuple(moves),
        lost=lost,
        told=told,
        looped=looped,
        lines=tuple(watch.news.lines),
        verdicts=verdicts,
        broken_off=broken,
    )


def hand_in(report: Report, watch: Watch) -> None:
    """The agent ends the drill and keeps the report; that it could not be taken is a line."""
    try:
        kept = tell_agent(watch.socket, f"{watch.path}/end", {"report": REPORT.encode(report)}).get("report")
        watch.news.say(f"over; the report is kept in {kept}" if kept else "over")
    except HawatchError as error:
        watch.news.say(f"the agent did not take the report: {error}")


def _lanes(watch: Watch) -> Lanes:
    try:
        return read_lanes(ask_agent(watch.socket, "/api/v1/history"))
    except HawatchError as error:
        watch.news.say(f"no history: {error}")
        return Lanes({})


def _told(watch: Watch) -> Iterator[Told]:
    for each in watch.last.get("told", ()):
        yield Told(**each)


def _looped(watch: Watch) -> Iterator[Looped]:
    for each in watch.last.get("looped", ()):
        yield Looped(**each)
