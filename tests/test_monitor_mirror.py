"""One acknowledgement for all tools: two real desks, and monitoring tools that do what the real ones are known to do.

The tools are in the test's hands; what they really do is shown in tests/integration/test_acknowledged_everywhere.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from hawatch.agent.monitor_lane import Lane, Tool
from hawatch.agent.oncall import OnCall
from hawatch.config.monitor import Monitor
from hawatch.desk.records import Answered
from hawatch.errors import DeliveryError
from hawatch.incident import EntryKind, State
from hawatch.mirror.mark import Look, Mark, ServiceLook, SilencesLook
from hawatch.mirror.silences import LASTS
from hawatch.mirror.wish import Acknowledge, Deed, Silence, Unacknowledge, Unsilence
from hawatch.verdict import VerdictKind
from tests.phones import HOUR, LB01, LB02, MINUTE, SKEW, Desk, Night, config

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
    if lane._task is not None:
        await asyncio.wait({lane._task})


@pytest.fixture
def mirrored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Mirrored]:
    made = Mirrored(monkeypatch, tmp_path)
    yield made
    made.night.close()


# --- what is done there ---------------------------------------------------------------------------


def test_an_acknowledgement_stands_in_every_tool_by_one_node_and_a_release_undoes_it(
    mirrored: Mirrored,
) -> None:
    mirrored.split()
    mirrored.must_show(None)
    mirrored.acknowledged(via=LB02)
    mirrored.must_show("anna")
    assert {node for tool in mirrored.tools.values() for node, _ in tool.asked} == {LB01}
    mirrored.must_come_to_rest()
    mirrored.released()
    mirrored.must_show(None)
    assert mirrored.states() == {(State.OPEN, None)}
    mirrored.must_come_to_rest()


def test_the_comment_names_the_incident_and_who_took_it_and_the_silence_the_virtual_router(
    mirrored: Mirrored,
) -> None:
    mirrored.split()
    mirrored.acknowledged()
    name = mirrored.night.lb01.only.name
    for mark in (mirrored.icinga.mark, *mirrored.alerts.marks):
        assert mark is not None
        assert mark.text.endswith(f"] {name}: split_brain VI_1, acknowledged by anna")
    ((_, instances),) = mirrored.alerts.silences.values()
    assert instances == ("VI_1",)


def test_who_takes_over_stands_there_instead(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged("anna")
    mirrored.acknowledged("bo", via=LB02)
    mirrored.must_show("bo")
    assert mirrored.states() == {(State.ACKNOWLEDGED, "bo")}
    mirrored.must_come_to_rest()


def test_the_end_ends_the_silence_and_the_tools_drop_what_they_show(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.icinga.asked.clear()
    mirrored.heals()
    mirrored.passes(3)
    assert len(mirrored.alerts.silences) == 1, "its alerts end a little later"
    mirrored.passes(20)
    mirrored.must_show(None)
    assert mirrored.states() == set()
    assert mirrored.icinga.kinds == []
    assert not any(
        entry.kind is EntryKind.RELEASED for desk in mirrored.night for entry in desk.oncall.all()[0].timeline
    )


def test_a_new_trouble_right_after_the_end_is_silenced_by_nothing(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.heals()
    mirrored.split()
    mirrored.must_show(None)
    assert mirrored.states() == {(State.OPEN, None)}


def test_a_tool_that_does_not_drop_it_after_the_end_is_told_to(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.night.heals()  # the tool goes on to show a problem, such as a move of late
    mirrored.passes(100)
    assert mirrored.icinga.shown() is not None
    mirrored.passes(120)
    assert mirrored.icinga.shown() is None
    assert mirrored.nagios.shown() is None


def test_what_got_worse_is_acknowledged_nowhere(mirrored: Mirrored) -> None:
    mirrored.night.says(K.FAILOVER)
    mirrored.icinga.becomes(problem=True)
    mirrored.nagios.becomes(problem=True)
    mirrored.passes(2)
    mirrored.acknowledged()
    mirrored.must_show("anna")
    mirrored.split()
    mirrored.must_show(None)
    assert mirrored.states() == {(State.OPEN, None)}


def test_a_second_incident_opens_the_service_again_until_both_are_taken(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.passes(30)
    for desk in mirrored.night:
        desk.words["VI_2"] = (K.NO_OWNER, ())
    mirrored.night.settle()
    mirrored.passes(3)
    assert mirrored.icinga.shown() is None
    assert mirrored.nagios.shown() is None
    assert [mark.author for mark in mirrored.alerts.marks] == ["anna"]
    second = next(each for each in mirrored.night.lb01.open if "VI_2" in each.instances)
    mirrored.night.run(mirrored.oncall(LB01).acknowledge(second.id, "bo"))
    mirrored.passes(3)
    assert mirrored.icinga.shown() is not None
    assert mirrored.icinga.shown() == "bo"
    assert mirrored.icinga.mark is not None
    assert all(each.name in mirrored.icinga.mark.text for each in mirrored.night.lb01.open)
    assert sorted(mark.author for mark in mirrored.alerts.marks) == ["anna", "bo"]
    mirrored.must_come_to_rest()


def test_a_snooze_ends_in_every_tool_when_it_ends_here(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.snoozed(5 * MINUTE)
    mirrored.must_show("anna")
    until = mirrored.night.lb01.only.snoozed_until
    assert mirrored.icinga.shown() is not None
    assert mirrored.icinga.mark is not None
    assert mirrored.icinga.mark.until == until
    assert mirrored.alerts.marks[0].until == until
    mirrored.passes(5 * MINUTE)
    mirrored.must_show(None)
    assert {
        entry.who for entry in mirrored.night.lb01.only.timeline if entry.kind is EntryKind.RELEASED
    } == set()


def test_a_silence_is_bounded_and_renewed_while_the_acknowledgement_stands(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    (first,) = mirrored.alerts.silences
    mirrored.passes(HOUR, step=5.0)
    assert list(mirrored.alerts.silences) == [first]
    (mark,) = mirrored.alerts.marks
    assert mark.until is not None
    assert 0 < mark.until - mirrored.alerts.now <= LASTS
    for desk in mirrored.night:
        desk.alive = False
    mirrored.night.now += LASTS
    assert mirrored.alerts.see().silences == ()


# --- when something fails -------------------------------------------------------------------------


def test_the_other_node_does_it_when_the_first_does_not_reach_the_tool(mirrored: Mirrored) -> None:
    mirrored.split()
    for tool in mirrored.tools.values():
        tool.unreachable.add(LB01)
    mirrored.acknowledged()
    mirrored.passes(5)
    mirrored.must_show("anna")
    assert {node for tool in mirrored.tools.values() for node, _ in tool.asked} == {LB02}


def test_a_tool_that_is_down_gets_the_newest_wish_and_delays_no_other(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.icinga.unreachable = {LB01, LB02}
    mirrored.acknowledged("anna")
    assert mirrored.nagios.shown() is not None
    mirrored.released()
    mirrored.acknowledged("bo")
    mirrored.passes(2 * MINUTE)
    mirrored.icinga.unreachable.clear()
    mirrored.passes(MINUTE)
    mirrored.must_show("bo")
    assert mirrored.icinga.kinds == ["Acknowledge"]
    views = {each.name: each for each in mirrored.oncall(LB01).monitors.view()}
    failed = dict(views["icinga"].requests)["failed"]
    assert 5 <= failed <= 40, "with growing pauses"
    assert views["icinga"].problem is None


def test_a_tool_that_takes_it_and_does_not_show_it_is_asked_again_with_growing_pauses(
    mirrored: Mirrored,
) -> None:
    mirrored.split()
    mirrored.icinga.deaf = True
    mirrored.acknowledged()
    mirrored.passes(2 * MINUTE)
    assert 3 <= sum(node == LB01 for node, _ in mirrored.icinga.asked) <= 12
    problem = {each.name: each.problem for each in mirrored.oncall(LB01).monitors.view()}["icinga"]
    assert problem == "https://icinga:5665: what it took does not show there"
    mirrored.icinga.deaf = False
    mirrored.passes(MINUTE)
    mirrored.must_show("anna")


def test_a_tool_that_learns_of_the_trouble_later_is_told_then(mirrored: Mirrored) -> None:
    mirrored.night.split()
    mirrored.acknowledged()
    assert mirrored.icinga.kinds == []
    mirrored.passes(MINUTE)
    mirrored.icinga.becomes(problem=True)
    mirrored.passes(3)
    assert mirrored.icinga.kinds == ["Acknowledge"]


@pytest.mark.parametrize("node", [LB01, LB02])
def test_what_was_made_before_a_kill_is_undone_after_it(mirrored: Mirrored, node: str) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.restart(LB01)
    if node == LB02:
        mirrored.night.lb01.alive = False
        mirrored.night.settle()
    mirrored.passes(20)
    mirrored.must_show("anna")
    mirrored.released(via=node)
    mirrored.passes(3)
    mirrored.must_show(None)


def test_a_kill_between_the_note_and_the_deed_makes_it_once(mirrored: Mirrored) -> None:
    mirrored.split()
    for tool in mirrored.tools.values():
        tool.unreachable = {LB01, LB02}
    mirrored.night.run(mirrored.oncall(LB01).acknowledge(mirrored.night.lb01.only.id, "anna"))
    mirrored.passes(3)
    mirrored.restart(LB01)
    for tool in mirrored.tools.values():
        tool.unreachable.clear()
    mirrored.passes(20)
    mirrored.must_show("anna")
    assert mirrored.nagios.kinds == ["Acknowledge"]
    assert mirrored.states() == {(State.ACKNOWLEDGED, "anna")}


def test_two_that_cannot_talk_do_not_undo_what_the_other_made(mirrored: Mirrored) -> None:
    mirrored.night.cannot_talk()
    mirrored.split()
    mirrored.acknowledged(via=LB02)
    mirrored.passes(MINUTE)
    mirrored.must_show("anna")
    assert mirrored.states() == {(State.OPEN, None), (State.ACKNOWLEDGED, "anna")}
    mirrored.night.can_talk()
    mirrored.passes(5)
    mirrored.must_show("anna")
    assert mirrored.states() == {(State.ACKNOWLEDGED, "anna")}
    mirrored.released()
    mirrored.must_show(None)


def test_nothing_is_looked_at_often_while_nothing_is_open(mirrored: Mirrored) -> None:
    before = mirrored.icinga.looks
    mirrored.passes(10 * MINUTE)
    assert mirrored.icinga.looks - before <= 11


# --- what is seen there ---------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ["icinga", "nagios"])
def test_a_person_who_acknowledges_there_has_acknowledged_here_and_in_the_others(
    mirrored: Mirrored, tool: str
) -> None:
    mirrored.split()
    there = mirrored.tools[tool]
    assert isinstance(there, Service)
    there.by_person("carl")
    mirrored.passes(5)
    kind = "icinga2" if tool == "icinga" else "nagios"
    who = f"carl ({kind})"
    assert mirrored.states() == {(State.ACKNOWLEDGED, who)}
    assert there.asked == [], "what came from a tool is not sent back to it"
    others = [each for each in (mirrored.icinga, mirrored.nagios) if each is not there]
    assert [each.mark.author for each in others if each.mark] == [who]
    assert [mark.author for mark in mirrored.alerts.marks] == [who]
    mirrored.must_come_to_rest()
    there.end()
    mirrored.passes(5)
    assert mirrored.states() == {(State.OPEN, None)}
    mirrored.must_show(None)
    mirrored.must_come_to_rest()


def test_a_persons_silence_is_an_acknowledgement_and_is_left_to_the_person(mirrored: Mirrored) -> None:
    mirrored.split()
    name = mirrored.alerts.by_person("dora", "VI_1")
    mirrored.passes(5)
    assert mirrored.states() == {(State.ACKNOWLEDGED, "dora (alertmanager)")}
    assert mirrored.alerts.asked == []
    assert mirrored.icinga.shown() is not None
    mirrored.released()
    assert mirrored.icinga.shown() is None
    assert list(mirrored.alerts.silences) == [name]
    mirrored.passes(30)
    assert mirrored.states() == {(State.OPEN, None)}
    mirrored.acknowledged("anna")
    assert list(mirrored.alerts.silences) == [name], "the alert is silent already"
    mirrored.alerts.end(name)
    mirrored.passes(5)
    mirrored.must_show("anna")


def test_the_end_of_a_persons_silence_gives_it_back(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.alerts.by_person("dora", "VI_1", until=mirrored.alerts.now + MINUTE)
    mirrored.passes(5)
    assert mirrored.states() == {(State.ACKNOWLEDGED, "dora (alertmanager)")}
    mirrored.passes(MINUTE)
    assert mirrored.states() == {(State.OPEN, None)}
    mirrored.must_show(None)


def test_a_silence_of_something_else_or_from_before_acknowledges_nothing(mirrored: Mirrored) -> None:
    mirrored.alerts.by_person("dora", "VI_1")
    mirrored.passes(70)
    mirrored.split()
    mirrored.alerts.by_person("carl", "VI_9")
    mirrored.passes(10)
    assert mirrored.states() == {(State.OPEN, None)}


def test_one_of_ours_that_somebody_ends_there_is_given_back_here(mirrored: Mirrored) -> None:
    for tool in (mirrored.icinga, mirrored.nagios, mirrored.alerts):
        mirrored.split()
        mirrored.acknowledged()
        if isinstance(tool, Service):
            tool.end()
        else:
            tool.end(next(iter(tool.silences)))
        mirrored.passes(5)
        assert mirrored.states() == {(State.OPEN, None)}
        mirrored.must_show(None)
        (entry,) = [entry for entry in mirrored.night.lb01.only.timeline if entry.kind is EntryKind.RELEASED]
        assert entry.who.startswith("somebody (")
        mirrored.heals()
        mirrored.passes(20)


def test_what_a_tool_has_lost_is_made_again(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.acknowledged()
    mirrored.alerts.silences.clear()  # it kept nothing over a restart
    mirrored.nagios.mark, mirrored.nagios.started = None, mirrored.nagios.now
    mirrored.icinga.becomes(problem=False)  # and this one saw a moment of peace
    mirrored.icinga.becomes(problem=True)
    mirrored.passes(5)
    mirrored.must_show("anna")
    assert mirrored.states() == {(State.ACKNOWLEDGED, "anna")}


def test_a_person_who_acknowledged_something_smaller_has_not_taken_what_came_after(
    mirrored: Mirrored,
) -> None:
    mirrored.night.says(K.FAILOVER)
    mirrored.icinga.becomes(problem=True)
    mirrored.passes(5)
    mirrored.icinga.by_person("carl")
    mirrored.passes(5)
    assert mirrored.states() == {(State.ACKNOWLEDGED, "carl (icinga2)")}
    mirrored.split()
    assert mirrored.states() == {(State.OPEN, None)}
    assert mirrored.icinga.shown() is None, "or the tool would tell nobody of the split"


def test_a_clock_that_is_behind_in_the_tool_does_not_make_an_acknowledgement_old(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.icinga.by_person("carl", since=mirrored.icinga.now - 10 * MINUTE)
    mirrored.passes(5)
    assert mirrored.states() == {(State.ACKNOWLEDGED, "carl (icinga2)")}


def test_one_acknowledgement_there_is_taken_once_whatever_is_restarted(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.icinga.by_person("carl")
    mirrored.passes(3)
    mirrored.restart(LB01)
    mirrored.restart(LB02)
    mirrored.passes(20)
    assert [each.who for each in mirrored.oncall(LB02).ledger.all(Answered)] == ["carl (icinga2)"]


def test_an_acknowledgement_there_moves_nothing(mirrored: Mirrored) -> None:
    mirrored.split()
    mirrored.icinga.by_person("carl; 47 2")
    mirrored.passes(10)
    assert mirrored.night.runs == []
    assert [desk.deeds() for desk in mirrored.night] == [[], []]


# --- Nagios that cannot be looked at --------------------------------------------------------------


def test_without_a_look_it_is_told_again_and_taken_back_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = Mirrored(monkeypatch, tmp_path, BLIND)
    try:
        made.night.says(K.SPLIT_BRAIN)
        made.passes(2)
        made.acknowledged()
        assert made.blind.shown() is None, "Nagios has not looked yet, and forgets it"
        made.blind.becomes(problem=True)
        made.passes(70)
        assert made.blind.shown() is not None
        assert made.blind.shown() == "anna"
        made.blind.asked.clear()
        made.released()
        assert made.blind.shown() is None
        assert made.blind.kinds == ["Unacknowledge"]
        made.passes(10 * MINUTE)
        assert made.blind.kinds == ["Unacknowledge"]
    finally:
        made.night.close()


def test_a_warning_beside_it_is_an_incident_like_any_other(mirrored: Mirrored) -> None:
    mirrored.night.says(K.STEADY, SKEW)
    mirrored.icinga.becomes(problem=True)
    mirrored.passes(3)
    mirrored.acknowledged()
    assert mirrored.icinga.shown() is not None
