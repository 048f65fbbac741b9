"""A drill as the agent leads it: begun, its node brought back, looked at, ended; each step is stored first."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from hawatch.agent.drill_shelf import DrillShelf
from hawatch.agent.drill_timings import timings_of
from hawatch.agent.oncall import OnCall
from hawatch.config import Config, ServicePlace
from hawatch.config.oncall import Medium
from hawatch.desk.around import Around
from hawatch.desk.deed import Deed
from hawatch.desk.drill import GRADED, OVER, Drill, away_step
from hawatch.desk.drilling import DRILL, deeds_of, under_way
from hawatch.desk.looping import loop_now, loop_of
from hawatch.desk.muting import mute, unmute
from hawatch.desk.records import Heard
from hawatch.desk.writing import write
from hawatch.drill.markdown import markdown
from hawatch.drill.plan import PLAN, Plan
from hawatch.drill.preconditions import DrillRefusedError, plan_drill
from hawatch.drill.report import REPORT, Report
from hawatch.incident import NotPossibleError
from hawatch.incident.word import BAD
from hawatch.notification.message import THROUGH, Message
from hawatch.notification.mute import Mute, Scope
from hawatch.notification.text.phrase import Phrase
from hawatch.notification.text.saying import tell

log = logging.getLogger("hawatch.drill")

Json = dict[str, Any]
_STRANGE = re.compile(r"[^A-Za-z0-9]+")


class DrillDesk:
    """Passes wishes on, all answers are plain JSON; HawatchError of one line for what cannot be done."""

    def __init__(self, oncall: OnCall, *, config: Config, state_directory: Path | None, version: str) -> None:
        self._oncall = oncall
        self._ledger = oncall.ledger
        self._config = config
        self._version = version
        self._shelf = DrillShelf(state_directory)

    # --- wishes -----------------------------------------------------------------------------------

    def plan(self, instance: str | None, away: float) -> Json:
        """How it would go; nothing is done."""
        encoded: Json = PLAN.encode(self._plan(instance, away, self._oncall.surroundings.now()))
        return encoded

    async def begin(self, instance: str | None, away: float, who: str) -> Json:
        """The first node steps aside, with its return stored at once; the maintenance holds, the messages go out."""
        drill, plan = await self._oncall.record(lambda around: self._begin(instance, away, who, around))
        log.info("drill=%s who=%s legs=%s away=%g", drill.id, who, ",".join(drill.legs), away)
        return {"id": drill.id, "who": who, "version": self._version, "plan": PLAN.encode(plan)}

    async def back(self, name: str) -> Json:
        """The node that is away comes back now."""
        await self._oncall.record(lambda _: self._advance(name, lambda drill: drill.step + drill.step % 2))
        log.info("drill=%s back", name)
        return self.look(name)

    async def next_leg(self, name: str) -> Json:
        """The next node steps aside."""
        await self._oncall.record(lambda around: self._next_leg(name, around))
        log.info("drill=%s next leg", name)
        return self.look(name)

    async def end(self, name: str, report: object) -> Json:
        """It is over: whoever is away comes back, a window of its own is closed, the report is kept."""
        decoded = None if report is None else REPORT.decode(report)
        await self._oncall.record(lambda around: self._end(name, decoded, around))
        log.info("drill=%s over passed=%s", name, None if decoded is None else decoded.passed)
        kept = None if decoded is None else await self._shelf.keep(decoded)
        return {"id": name, "report": kept}

    async def stop(self) -> Json:
        """End whatever drill is under way."""
        drill = under_way(self._ledger, self._oncall.surroundings.now().now)
        if drill is None:
            raise NotPossibleError("no drill is under way")
        return await self.end(drill.id, None)

    # --- looking ----------------------------------------------------------------------------------

    def look(self, name: str) -> Json:
        """How far it has come, and what is seen now."""
        drill = self._drill(name)
        around = self._oncall.surroundings.now()
        return {
            "id": drill.id,
            "step": drill.step,
            "runs": drill.runs(around.now),
            "time": around.now,
            "daemon": around.snapshot.daemon,
            "deeds": [_deed(each) for each in self._ledger.all(Deed) if each.drill == name],
            "routers": [
                {
                    "instance": each.instance,
                    "verdict": each.verdict.kind.value,
                    "summary": each.verdict.summary,
                    "owners": list(each.owners),
                    "findings": [
                        f"{found.cause.value}@{found.node}"
                        for found in each.findings
                        if found.severity in BAD
                    ],
                }
                for each in around.snapshot.routers
            ],
            "told": list(self._told(drill)),
            "looped": list(self._looped(drill)),
        }

    async def last(self) -> Json:
        """The latest report that this node keeps, and how it reads."""
        report = await self._shelf.last()
        if report is None:
            raise NotPossibleError("no drill is known on this node")
        return {"report": REPORT.encode(report), "text": markdown(report)}

    # --- inside -----------------------------------------------------------------------------------

    def _plan(self, instance: str | None, away: float, around: Around) -> Plan:
        return plan_drill(
            instance,
            away,
            around=around,
            ledger=self._ledger,
            incidents=[each.name for each in self._oncall.open],
            timings=timings_of(self._oncall.judge, around.snapshot),
            urls=tuple(self._urls(around, instance)),
        )

    def _begin(self, instance: str | None, away: float, who: str, around: Around) -> tuple[Drill, Plan]:
        plan = self._plan(instance, away, around)
        drill = Drill(
            id=_name(around, self._ledger.all(Drill)),
            node=around.node,
            who=who,
            legs=tuple(each.node for each in plan.legs),
            routers=tuple(each.router for each in plan.moving),
            begun_at=around.now,
            until=around.now + plan.longest,
            away=away,
        )
        if plan.window.own:
            reason = f"drill {drill.id}"
            mute(
                Scope.MAINTENANCE,
                "",
                plan.window.until - around.now,
                who,
                self._ledger,
                around,
                reason=reason,
            )
        self._ledger.put(drill)
        self._write(plan, around)
        for deed in deeds_of(drill, 1, around):
            self._ledger.put(deed)
        return drill, plan

    def _write(self, plan: Plan, around: Around) -> None:
        """To every way of those who have agreed, and from every channel that is probed to itself."""
        leg = plan.legs[0]
        media = {each.name: each.media for each in around.roster.channels}
        for person in around.roster.contacts:
            if person.name in plan.people:
                text = tell(around.language(person), around.pair, Phrase.DRILL, node=leg.node, target=leg.to)
                for way in person.ways:
                    medium = Medium.SMS if Medium.SMS in media.get(way.channel, ()) else Medium.MAIL
                    write(self._ledger, around, person, way, text, occasion=DRILL, medium=medium)
        for channel in plan.channels:
            loop_now(channel, self._ledger, around)

    def _advance(self, name: str, step: Callable[[Drill], int]) -> Drill:
        drill = self._drill(name)
        if drill.over:
            raise NotPossibleError(f"{name}: is over")
        after = drill.at_step(step(drill))
        self._ledger.put(after)
        return after

    def _next_leg(self, name: str, around: Around) -> None:
        drill = self._drill(name)
        leg = drill.step // 2 + 1
        if not drill.runs(around.now) or drill.step % 2 or leg > len(drill.legs):
            raise NotPossibleError(f"{name}: nobody else is to step aside now")
        drill = drill.at_step(away_step(leg))
        self._ledger.put(drill)
        for deed in deeds_of(drill, leg, around):
            self._ledger.put(deed)

    def _end(self, name: str, report: Report | None, around: Around) -> None:
        drill = self._drill(name)
        if report is not None and report.id != name:
            raise NotPossibleError(f"{name}: the report is of another drill")
        result = None if report is None else report.result()
        after = replace(drill, step=max(drill.step, OVER if result is None else GRADED))
        self._ledger.put(after if result is None else replace(after, result=result))
        window = self._ledger.get(Mute, Scope.MAINTENANCE.value)
        if window is not None and window.holds(around.now) and window.reason == f"drill {name}":
            unmute(Scope.MAINTENANCE, "", self._ledger, around)

    def _drill(self, name: str) -> Drill:
        drill = self._ledger.get(Drill, name)
        if drill is None:
            raise DrillRefusedError(f"no such drill: {name}")
        return drill

    def _told(self, drill: Drill) -> Iterator[Json]:
        for message in self._ledger.all(Message):
            if message.occasion != DRILL or not drill.begun_at <= message.created_at <= drill.until:
                continue
            answers = [
                each.at
                for each in self._ledger.all(Heard)
                if each.person == message.person
                and each.channel == message.channel
                and each.at >= message.created_at
            ]
            through = message.changed_at - message.created_at if message.state in THROUGH else None
            yield {
                "person": message.person,
                "channel": message.channel,
                "to": message.to,
                "state": message.state.value,
                "through": through,
                "answered": min(answers) - message.created_at if answers else None,
                "problem": message.problem or "",
            }

    def _looped(self, drill: Drill) -> Iterator[Json]:
        for channel in self._oncall.surroundings.roster.channels:
            loop = loop_of(channel.name, self._ledger)
            if channel.probe is not None and loop is not None and loop.until > drill.begun_at:
                state = "pending" if loop.pending else "lost" if loop.back_at is None else "back"
                seconds = loop.seconds if state == "back" else None
                problem = loop.problem if state == "lost" else ""
                yield {
                    "channel": channel.name,
                    "state": state,
                    "seconds": seconds,
                    "problem": problem,
                }

    def _urls(self, around: Around, instance: str | None) -> Iterator[str]:
        """The checks of what the VIP is there for, asked through the VIP."""
        chosen = [each for each in around.snapshot.routers if instance in {None, each.instance}]
        vip = next((view.address for each in chosen for view in each.vips), None)
        for service in self._config.services if vip is not None else ():
            if service.on is ServicePlace.OWNER:
                if service.http is not None:
                    yield _through(service.http, vip or "")
                elif service.tcp is not None:
                    _, _, port = service.tcp.rpartition(":")
                    yield f"tcp://{_in_url(vip or '')}:{port}"


def _through(url: str, vip: str) -> str:
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{_in_url(vip)}{port}"))


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _deed(deed: Deed) -> Json:
    return {
        "leg": deed.leg,
        "action": deed.action,
        "node": deed.node,
        "state": deed.state.value,
        "final": deed.final,
        "refusal": None if deed.refusal is None else deed.refusal.value,
        "text": deed.text,
        "changed": deed.changed_at,
    }


def _name(around: Around, known: Collection[Drill]) -> str:
    """The day in UTC, the node, and a number that is free: `drill-261127-lb01-1`."""
    day = datetime.fromtimestamp(around.now, UTC)
    taken = {each.id for each in known}
    return next(
        name
        for number in count(1)
        if (name := f"drill-{day:%y%m%d}-{_STRANGE.sub('-', around.node)}-{number}") not in taken
    )
