"""A night with monitoring tools beside it: two real desks, and tools that do what the real ones are known to do.

    mirrored.split()
    mirrored.acknowledged("anna")
    mirrored.must_show("anna")

The tools are in the test's hands; what they really do is shown in tests/integration/test_monitor_tools.py.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from hawatch.agent.monitor_lane import Lane, Tool
from hawatch.agent.oncall import OnCall
from hawatch.config.monitor import Monitor
from hawatch.errors import DeliveryError
from hawatch.incident import State
from hawatch.mirror.mark import Look, Mark, ServiceLook, SilencesLook
from hawatch.mirror.wish import Acknowledge, Deed, Silence, Unacknowledge, Unsilence
from hawatch.verdict import VerdictKind
from tests.phones import LB01, LB02, Desk, Night, config

K = VerdictKind
ICINGA = Monitor(name="icinga", icinga2="https://icinga:5665", password_file="/p")
NAGIOS = Monitor(name="nagios", command_file="/nagios.cmd", status_file="/status.dat")
BLIND = Monitor(name="blind", command_file="/nagios.cmd")
ALERTS = Monitor(name="alerts", alertmanager="http://alerts:9093")
ALL = (ICINGA, NAGIOS, ALERTS)


@dataclass
class Broken:
    """Nodes that do not get through, and what was asked for by the others."""

    unreachable: set[str] = field(default_factory=set)
    asked: list[tuple[str, Deed]] = field(default_factory=list)
    looks: int = 0

    def pass_through(self, node: str) -> None:
        if node in self.unreachable:
            raise DeliveryError("tool: nobody answers", temporary=True)

    @property
    def kinds(self) -> list[str]:
        return [type(deed).__name__ for _, deed in self.asked]


class Service(Broken):
    """Nagios or Icinga 2: a service that is acknowledged, stickily, until it is well."""

    def __init__(self, night: Night, *, expires: bool, dark: bool = False) -> None:
        super().__init__()
        self.night, self.expires, self.dark = night, expires, dark
        self.problem = False
        self.well_at = 0.0
        self.mark: Mark | None = None
        self.deaf = False
        self.started: float | None = None

    @property
    def now(self) -> float:
        return self.night.lb01.clock.wall()

    def shown(self) -> str | None:
        """Who has acknowledged it."""
        return None if self.mark is None else self.mark.author

    def becomes(self, *, problem: bool) -> None:
        self.problem = problem
        if not problem:
            self.well_at, self.mark = self.now, None

    def by_person(self, author: str, *, since: float | None = None, until: float | None = None) -> None:
        since = self.now if since is None else since
        self.mark = Mark(id=f"{author}/{since}", author=author, text="on it", since=since, until=until)

    def end(self) -> None:
        """A person takes the acknowledgement back."""
        self.mark = None

    def see(self) -> ServiceLook:
        if self.mark is not None and self.mark.until is not None and self.mark.until <= self.now:
            self.mark = None
        if self.dark:
            return ServiceLook(at=self.now, problem=None)
        return ServiceLook(
            at=self.now, problem=self.problem, well_at=self.well_at, started=self.started, mark=self.mark
        )

    def take(self, deed: Deed) -> None:
        if self.deaf:
            return
        if isinstance(deed, Unacknowledge):
            self.mark = None
        elif isinstance(deed, Acknowledge) and self.problem and self.mark is None:
            wish = deed.wish
            self.mark = Mark(
                id=f"{wish.author}/{self.now}",
                author=wish.author,
                text=wish.text,
                since=self.now,
                until=wish.until if self.expires else None,
            )


class Silences(Broken):
    """Alertmanager, with an alert for each virtual router named."""

    def __init__(self, night: Night) -> None:
        super().__init__()
        self.night = night
        self.silences: dict[str, tuple[Mark, tuple[str, ...]]] = {}
        self.ended: dict[str, tuple[str, float]] = {}
        self.alerts: tuple[str, ...] = ()
        self.count = 0

    @property
    def now(self) -> float:
        return self.night.lb01.clock.wall()

    @property
    def marks(self) -> list[Mark]:
        return [mark for mark, _ in self.silences.values()]

    def by_person(self, author: str, *instances: str, until: float = 1e12) -> str:
        return self._put(author, "on it", instances, until)

    def end(self, name: str) -> None:
        mark, _ = self.silences.pop(name)
        self.ended[name] = (mark.key, self.now)

    def see(self) -> SilencesLook:
        for name, (mark, _) in list(self.silences.items()):
            if mark.until is not None and mark.until <= self.now:
                del self.silences[name]
                self.ended[name] = (mark.key, mark.until)
        quiet = {alert for _, instances in self.silences.values() for alert in instances}
        return SilencesLook(
            at=self.now,
            silences=tuple(
                replace(mark, covers=frozenset(instances).intersection(self.alerts))
                for mark, instances in self.silences.values()
            ),
            ended=tuple(self.ended.values()),
            loud=frozenset(set(self.alerts) - quiet),
        )

    def take(self, deed: Deed) -> None:
        if isinstance(deed, Unsilence) and deed.id in self.silences:
            self.end(deed.id)
        elif isinstance(deed, Silence) and deed.id is not None:
            mark, instances = self.silences[deed.id]
            assert deed.begins == mark.begins, "another beginning would make another silence of it"
            self.silences[deed.id] = (replace(mark, until=deed.until), instances)
        elif isinstance(deed, Silence):
            self._put(deed.wish.author, deed.wish.text, deed.wish.instances, deed.until)

    def _put(self, author: str, text: str, instances: tuple[str, ...], until: float) -> str:
        self.count += 1
        name = f"silence-{self.count}"
        mark = Mark(
            id=name, author=author, text=text, since=self.now, until=until, begins=f"begins {self.now}"
        )
        self.silences[name] = (mark, instances)
        return name


@dataclass
class Reach:
    """A tool as one node reaches it."""

    node: str
    tool: Service | Silences

    async def look(self, pair: str) -> Look:
        assert pair == "web"
        self.tool.pass_through(self.node)
        self.tool.looks += 1
        return self.tool.see()

    async def do(self, deed: Deed, pair: str) -> None:
        assert pair == "web"
        self.tool.pass_through(self.node)
        self.tool.asked.append((self.node, deed))
        self.tool.take(deed)


class Mirrored:
    """A night with tools beside it; both nodes turn to each, the first by name first."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path, *monitors: Monitor) -> None:
        conf = replace(config(), monitors=monitors or ALL)
        self.night = Night(monkeypatch, path, conf)
        self.icinga = Service(self.night, expires=True)
        self.nagios = Service(self.night, expires=False)
        self.blind = Service(self.night, expires=False, dark=True)
        self.alerts = Silences(self.night)
        self.tools: dict[str, Service | Silences] = {
            "icinga": self.icinga,
            "nagios": self.nagios,
            "blind": self.blind,
            "alerts": self.alerts,
        }
        self.monitors = monitors or ALL
        self.able: dict[tuple[str, str], bool] = {}
        self.lanes: dict[tuple[str, str], Lane] = {}
        for desk in self.night:
            self._make_lanes(desk)
        self.passes(20)
        for tool in self.tools.values():
            tool.asked.clear()

    def _make_lanes(self, desk: Desk) -> None:
        for monitor in self.monitors:
            reach: Tool = Reach(desk.node, self.tools[monitor.name])
            self.lanes[desk.node, monitor.name] = Lane(
                monitor, oncall=desk.oncall, node=desk.node, clock=desk.clock, tool=reach, done=lambda: None
            )

    # --- time ---

    def passes(self, seconds: float, step: float = 1.0) -> None:
        end = self.night.now + seconds
        while self.night.now < end:
            self.night.passes(min(step, end - self.night.now))
            self.settle()

    def settle(self) -> None:
        """Whatever is due at each tool, the first node first; letters in between."""
        for (node, name), lane in sorted(self.lanes.items()):
            if not self.night.desks[node].alive:
                continue
            other = LB02 if node == LB01 else LB01
            hears = self.night.talking and self.night.desks[other].alive
            heard = {other} if hears else set()
            able = {each for each in heard if self.lanes[each, name].able}
            self.night.run(_turned(lane, able, heard, {other}))
            self.night.settle()

    def restart(self, node: str) -> None:
        """The agent of a node is killed and started again."""
        desk = self.night.desks[node]
        desk.restart()
        self._make_lanes(desk)

    # --- what happens ---

    def split(self) -> None:
        """A split, which every tool has learned of."""
        self.night.split()
        self.icinga.becomes(problem=True)
        self.nagios.becomes(problem=True)
        self.blind.becomes(problem=True)
        self.alerts.alerts = ("VI_1",)
        self.passes(5)

    def heals(self) -> None:
        self.night.heals()
        self.icinga.becomes(problem=False)
        self.nagios.becomes(problem=False)
        self.alerts.alerts = ()

    def acknowledged(self, who: str = "anna", *, via: str = LB01) -> None:
        oncall = self.oncall(via)
        self.night.run(oncall.acknowledge(oncall.open[0].id, who))
        self.night.settle()
        self.passes(2)

    def released(self, who: str = "anna", *, via: str = LB01) -> None:
        oncall = self.oncall(via)
        self.night.run(oncall.release(oncall.open[0].id, who))
        self.night.settle()
        self.passes(2)

    def snoozed(self, seconds: float, who: str = "anna") -> None:
        oncall = self.oncall(LB01)
        self.night.run(oncall.snooze(oncall.open[0].id, who, seconds))
        self.night.settle()
        self.passes(2)

    def oncall(self, node: str) -> OnCall:
        return self.night.desks[node].oncall

    # --- claims ---

    def states(self) -> set[tuple[State, str | None]]:
        return {(each.state, each.acknowledged_by) for desk in self.night for each in desk.open}

    def must_show(self, who: str | None) -> None:
        """All tools show an acknowledgement of ours for this person, or none at all."""
        for tool in (self.icinga, self.nagios):
            assert (None if tool.mark is None else tool.mark.author) == who
            assert tool.mark is None or tool.mark.signature
        assert [(mark.author, bool(mark.signature)) for mark in self.alerts.marks] == (
            [] if who is None else [(who, True)]
        )

    def must_come_to_rest(self) -> None:
        """Nothing more is asked of any tool."""
        for tool in self.tools.values():
            tool.asked.clear()
        self.passes(30)
        assert [tool.kinds for tool in self.tools.values()] == [[]] * len(self.tools)


async def _turned(lane: Lane, able: set[str], heard: set[str], known: set[str]) -> None:
    """Let it do what is due, to the end."""
    lane.turn_to("web", able=able, heard=heard, known=known)
    if lane._attempt._task is not None:
        await asyncio.wait({lane._attempt._task})
