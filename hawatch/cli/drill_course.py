"""Leads a drill through the agent: a node steps aside and comes back, then the next; whatever happens, it is back."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from hawatch import clock
from hawatch.cli.agent_socket import tell_agent
from hawatch.cli.drill_ends import Ends
from hawatch.cli.drill_news import News
from hawatch.cli.drill_reporting import Begun, Led, hand_in, report_of
from hawatch.cli.drill_watch import SETTLES, BrokenOffError, Look, Watch, deed_of, why
from hawatch.drill.limits import ROUND, WITHIN_WHICH_SENT, back_within
from hawatch.drill.plan import Leg
from hawatch.drill.report import FAILBACK, FAILOVER, RETURN, Move, Report
from hawatch.errors import HawatchError
from hawatch.verdict import Cause, VerdictKind

_SWITCHOVER, _FAILBACK = VerdictKind.SWITCHOVER.value, VerdictKind.FAILBACK.value
_STEADY, _DEGRADED = VerdictKind.STEADY.value, VerdictKind.DEGRADED.value
SHORTEST_WAIT = 5.0


class Course:
    """One drill from its beginning to its report."""

    def __init__(self, socket: Path, led: Led, out: TextIO) -> None:
        self._led = led
        self._plan = led.plan
        self._ends = Ends()
        self._news = News(out, led.asking)
        self._watch = Watch(socket, self._news, self._ends)
        self._moves: list[Move] = []
        self._begun: Begun | None = None

    def run(self) -> Report:
        """Lead it; the report, which the agent keeps. HawatchError when it was never begun."""
        self._led.asking.start()
        with self._ends:
            try:
                begun = self._begin()
            except HawatchError:
                self._led.asking.end()
                raise
            broken = self._lead()
            self._ends.ignore()
            if broken:
                self._news.say(f"broken off: {broken}")
                self._bring_back()
            report = report_of(self._led, begun, self._watch, self._moves, broken)
            hand_in(report, self._watch)
            return report

    def _lead(self) -> str:
        """All legs, and the answers; why it broke off, if it did."""
        try:
            for number, leg in enumerate(self._plan.legs, start=1):
                if number == 1 or self._not_home():
                    self._leg(number, leg)
            self._await_messages()
        except HawatchError as error:
            return str(error)
        return ""

    # --- the legs ---------------------------------------------------------------------------------

    def _begin(self) -> Begun:
        at = clock.wall()
        answer = tell_agent(self._watch.socket, "/api/v1/drills", self._led.wish)
        self._watch.name = name = str(answer["id"])
        self._news.say(f"{name} begins")
        return Begun(name=name, who=str(answer["who"]), version=str(answer["version"]), at=at)

    def _leg(self, number: int, leg: Leg) -> None:
        """There and back."""
        if number > 1:
            self._watch.tell("next")
        moving = [each for each in self._plan.moving if number == 1 or each.instance in self._not_home()]
        names = tuple(each.instance for each in moving)
        self._news.say(f"{leg.node} is told to step aside for {leg.to}")
        self._watch.seen.clear()
        ordered = clock.wall()
        patience = max(each.down_interval for each in moving) + ROUND
        self._watch.until(lambda look: self._has_moved(look, number, leg, names), patience)
        self._must_have_moved(leg, names)
        self._watch.settle()
        self._note(FAILOVER if number == 1 else FAILBACK, leg, _SWITCHOVER, ordered, names)
        self._return(number, leg, names)

    def _return(self, number: int, leg: Leg, names: tuple[str, ...]) -> None:
        """The node comes back; what it preempts comes with it."""
        self._watch.tell("back")
        self._news.say(f"{leg.node} is told to come back")
        self._watch.seen.clear()
        ordered = clock.wall()
        home = (
            {each.instance for each in self._plan.moving if each.instance in names and each.comes_back}
            if number == 1
            else set()
        )
        patience = ROUND + max(
            back_within(each.interval, each.down_interval, each.delay) for each in self._plan.moving
        )
        try:
            self._watch.until(lambda look: self._is_back(look, number, leg, home), patience)
        finally:
            rest = tuple(each for each in names if each not in home)
            if home:
                there = Leg(node=leg.to, to=leg.node)
                self._note(FAILBACK, there, _FAILBACK, ordered, tuple(sorted(home)))
            if rest:
                self._note(RETURN, leg, None, ordered, rest)
        self._watch.settle()

    def _note(self, move: str, leg: Leg, expects: str | None, ordered: float, names: tuple[str, ...]) -> None:
        """A move that has come to its end now."""
        self._moves.append(
            Move(
                move=move,
                node=leg.node,
                to=leg.to,
                expects=expects,
                ordered=ordered,
                ended=clock.wall(),
                instances=names,
            )
        )

    def _has_moved(self, look: Look, number: int, leg: Leg, names: tuple[str, ...]) -> bool:
        """Whether the standby has it all, and that has been told and is past."""
        stop = deed_of(look, number, "stop-keepalived")
        if stop is not None and stop["final"] and stop["state"] != "done":
            raise BrokenOffError(f"{leg.node} did not step aside: {why(stop)}")
        return all(
            each["owners"] == [leg.to]
            and each["verdict"] in {_STEADY, _DEGRADED}
            and (each["verdict"] == _DEGRADED or (each["instance"], _SWITCHOVER) in self._watch.seen)
            for each in look["routers"]
            if each["instance"] in names
        )

    def _must_have_moved(self, leg: Leg, names: tuple[str, ...]) -> None:
        stayed = [
            each["instance"]
            for each in self._watch.routers
            if each["instance"] in names and each["owners"] != [leg.to]
        ]
        if stayed:
            raise BrokenOffError(f"{leg.to} did not take over: {', '.join(stayed)}")

    def _is_back(self, look: Look, number: int, leg: Leg, home: set[str]) -> bool:
        """Whether everything is steady, and what its owner preempts is with it again."""
        start = deed_of(look, number, "start-keepalived")
        if start is None or not start["final"]:
            return False
        if start["state"] != "done" and start["refusal"] != "already":
            raise BrokenOffError(f"keepalived was not started on {leg.node}: {why(start)}; start it by hand")
        return all(
            each["verdict"] == _STEADY
            and not each["findings"]
            and (each["instance"] not in home or each["owners"] == [leg.node])
            for each in look["routers"]
        )

    def _not_home(self) -> set[str]:
        """What is not where it was before."""
        owners = {each["instance"]: each["owners"] for each in self._watch.routers}
        return {each.instance for each in self._plan.moving if owners.get(each.instance) != [each.owner]}

    def _bring_back(self) -> None:
        """After a break: whoever is away comes back now; its agent does it, and would without us."""
        try:
            step = int(self._watch.last.get("step", 1))
            if not self._watch.last or step % 2:
                self._watch.tell("back")
            number = (step + 1) // 2
            leg = self._plan.legs[number - 1]
            self._news.say(f"{leg.node} comes back")
            self._watch.until(lambda look: _runs_again(look, number, leg), 4 * ROUND, bold=True)
            self._ends.wait(SETTLES)
        except HawatchError as error:
            self._news.say(f"not seen to be back: {error}")

    def _await_messages(self) -> None:
        """Until everybody has answered, or the time for that is over."""
        if not self._plan.people and not self._plan.channels:
            return

        def settled(look: Look) -> bool:
            open_ = [each for each in look["told"] if each["through"] is None and each["state"] != "failed"]
            told = {each["person"] for each in look["told"] if each["answered"] is not None}
            answers = self._led.answer_within == 0 or told >= set(self._plan.people)
            pending = [each for each in look["looped"] if each["state"] == "pending"]
            return (not open_ or bool(told)) and answers and not pending

        waits = self._led.answer_within if self._plan.people else WITHIN_WHICH_SENT
        self._news.say("waiting for answers to the messages")
        self._watch.until(settled, max(waits - (clock.monotonic() - self._ends.began), SHORTEST_WAIT))


def _runs_again(look: Look, number: int, leg: Leg) -> bool:
    """Whether a node's keepalived was started, and is seen to run; who has what may still be open."""
    start = deed_of(look, number, "start-keepalived")
    dead = f"{Cause.KEEPALIVED_DEAD.value}@{leg.node}"
    return (
        start is not None
        and bool(start["final"])
        and not any(dead in each["findings"] for each in look["routers"])
    )
