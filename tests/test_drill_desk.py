"""A drill at the desk of lb01: refused unless all is well, led step by step, back whatever happens, nobody bothered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.ability import Ability, Danger
from hawatch.actions.runner import Outcome, OutcomeState
from hawatch.agent.arrivals import take_in
from hawatch.agent.drill_desk import DrillDesk
from hawatch.agent.performing import Performer
from hawatch.config import Config
from hawatch.config.oncall import Channel, ChannelKind, Contact, Way
from hawatch.config.records import Service, VirtualRouterOptions
from hawatch.desk import muting
from hawatch.desk.deed import Deed, DeedState
from hawatch.desk.drill import Drill
from hawatch.desk.drilling import in_trouble, is_due
from hawatch.drill.plan import PLAN, Plan
from hawatch.drill.preconditions import DrillRefusedError, Timing, plan_drill
from hawatch.drill.report import REPORT
from hawatch.errors import HawatchError, HelperError, HelperFault
from hawatch.incident import Word
from hawatch.notification.message import Message
from hawatch.notification.mute import Mute, Scope
from hawatch.refusal import Refusal
from hawatch.reply.arrival import Reply
from hawatch.snapshot import Snapshot
from hawatch.verdict import Cause, Finding, Severity, VerdictKind
from tests import snapshots
from tests.desks import Office
from tests.test_drill_grading import report

STOP = Ability(name="stop-keepalived", danger=Danger.DEMOTE, undo="start-keepalived", offer=("split_brain",))
START = Ability(name="start-keepalived", danger=Danger.RESTART, offer=("keepalived_dead",))
DEAD = Finding(cause=Cause.KEEPALIVED_DEAD, node="lb01", severity=Severity.WARNING, summary="it is dead")
PHONE = Channel(name="phone", kind=ChannelKind.PHONE)
ANNA = Contact(name="anna", drills=True, ways=(Way(channel="phone", to="anna"),))
BO = Contact(name="bo", ways=(Way(channel="phone", to="bo"),))
CONFIG = Config(
    channels=(PHONE,),
    contacts=(ANNA, BO),
    services=(Service(name="nginx", http="http://127.0.0.1:8080/up"),),
)


def well(**changes: object) -> Snapshot:
    """lb01 has the VIP, keepalived runs on both nodes."""
    seen = snapshots.steady()
    return replace(seen, daemon="running", peers=(replace(seen.peers[0], daemon="running"),), **changes)  # type: ignore[arg-type]


def away() -> Snapshot:
    """lb01 stepped aside, and lb02 has the VIP."""
    seen = snapshots.moved("lb01")
    return replace(seen, daemon="dead", peers=(replace(seen.peers[0], daemon="running"),))


class Drills:
    """The desk, and the drills on it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path, config: Config = CONFIG) -> None:
        self.office = Office(monkeypatch, config)
        self.office.picture = well()
        self.office.allow("lb02", STOP, START)
        self.office.allow("lb01", STOP, START)
        self.armed: list[tuple[str, str, float]] = []
        self.desk = DrillDesk(self.office.oncall, config=config, state_directory=path, version="1")
        self.performer = Performer(
            self.office.oncall, actions=self.office.helper, node="lb01", clock=self.office.clock
        )
        monkeypatch.setattr(self.office.helper, "arm", self.arm, raising=False)
        self.problem: HelperError | None = None

    async def arm(self, ability: str, id: str, after: float) -> None:  # noqa: A002
        if self.problem is not None:
            raise self.problem
        self.armed.append((ability, id, after))

    def plan(self, instance: str | None = None) -> Plan:
        plan: Plan = PLAN.decode(self.desk.plan(instance, 60))
        return plan

    def refused(self, instance: str | None = None) -> str:
        with pytest.raises(DrillRefusedError) as told:
            self.plan(instance)
        assert "\n" not in str(told.value)
        return str(told.value)

    def begin(self) -> str:
        return str(self.office.wait(self.desk.begin(None, 60, "anna"))["id"])

    def work(self, seconds: float = 2.0) -> None:
        """The performer takes up what is due; a demotion is held for a second first."""

        async def turns() -> None:
            task = asyncio.create_task(self.performer.run())
            for _ in range(3):
                await asyncio.sleep(0.02)
                self.office.clock.now += seconds / 3
                self.performer._changed.set()
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(turns())

    def deed(self, name: str, action: str, leg: int = 1) -> Deed:
        found = self.office.oncall.ledger.get(Deed, f"{name}/{leg}/{action}")
        assert found is not None
        return found


@pytest.fixture
def drills(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Drills:
    return Drills(monkeypatch, tmp_path)


# --- what speaks against it -----------------------------------------------------------------------


def test_a_pair_that_is_well_can_have_one_and_the_plan_says_how(drills: Drills) -> None:
    plan = drills.plan()
    assert plan.name == "VI_1"
    assert [(each.node, each.to) for each in plan.legs] == [("lb01", "lb02"), ("lb02", "lb01")]
    assert plan.moving[0].comes_back is None  # nothing is known of the other node's settings
    assert (plan.window.own, plan.people, plan.channels) == (True, ("anna",), ())
    assert plan.urls == ("http://192.168.136.100:8080/up",)


@pytest.mark.parametrize("comes_back", [True, False, None])
def test_what_is_not_preempted_is_brought_back_by_the_other_node(
    drills: Drills, comes_back: bool | None
) -> None:
    office = drills.office
    plan = plan_drill(
        "VI_1",
        60,
        around=office.oncall.surroundings.now(),
        ledger=office.oncall.ledger,
        incidents=(),
        timings={"VI_1": Timing(interval=1.0, comes_back=comes_back, delay=5.0)},
    )
    assert len(plan.legs) == (1 if comes_back else 2)


def _peer(**changes: object) -> Callable[[Snapshot], Snapshot]:
    return lambda seen: replace(seen, peers=(replace(seen.peers[0], **changes),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_peer(agent="silent"), "lb02: its agent is not heard (silent)"),
        (_peer(daemon="dead"), "lb02: keepalived is dead"),
        (_peer(daemon=None), "lb02: keepalived is of unknown state"),
        (lambda seen: replace(seen, daemon="frozen"), "lb01: keepalived is frozen"),
        (
            lambda seen: replace(seen, peers=()),
            "a drill takes a pair with an agent on both nodes; here is lb01",
        ),
        (lambda seen: replace(seen, routers=()), "no virtual router is known here"),
        (
            lambda seen: replace(seen, node_findings=(snapshots.BLIND,)),
            "blind on lb01: the capture on eth0 lost its socket",
        ),
        (
            lambda seen: replace(seen, routers=(replace(seen.routers[0], owners=()),)),
            "VI_1: has no single owner of this pair",
        ),
        (
            lambda seen: replace(seen, routers=snapshots.failover("lb01").routers),
            "VI_1: is failover, not steady: lb02 took 192.168.136.100 over from lb01",
        ),
        (
            lambda seen: replace(
                seen,
                routers=(seen.routers[0], replace(seen.routers[0], instance="VI_2", owners=("lb02",))),
            ),
            "which one? the owners differ: VI_1 (lb01), VI_2 (lb02)",
        ),
    ],
)
def test_a_pair_that_is_not_well_is_left_alone(
    drills: Drills, change: Callable[[Snapshot], Snapshot], told: str
) -> None:
    drills.office.picture = change(drills.office.picture)
    assert drills.refused() == told


def test_nobody_knows_another_name(drills: Drills) -> None:
    assert drills.refused("VI_9") == "no virtual router is called 'VI_9' (known: VI_1)"


@pytest.mark.parametrize(
    ("node", "known", "told"),
    [
        ("lb01", (START,), "lb01: stop-keepalived is not allowed there"),
        ("lb01", (STOP,), "lb01: start-keepalived is not allowed there"),
        ("lb02", (), "lb02: stop-keepalived is not allowed there"),
    ],
)
def test_what_root_has_not_allowed_is_not_begun(
    drills: Drills, node: str, known: tuple[Ability, ...], told: str
) -> None:
    drills.office.clock.now += 1
    drills.office.allow(node, *known)
    assert drills.refused().startswith(told)


def test_data_is_not_moved_by_a_drill(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    options = (VirtualRouterOptions(instance="VI_1", data=True),)
    drills = Drills(monkeypatch, tmp_path, replace(CONFIG, virtual_routers=options))
    assert drills.refused() == "VI_1: data = true; a drill does not move it"


def test_an_open_incident_comes_first(drills: Drills) -> None:
    incident = drills.office.split()
    drills.office.picture = well()
    assert drills.refused() == f"an incident is open: {incident.name}"


@pytest.mark.parametrize(
    ("scope", "subject", "everything", "told"),
    [
        (Scope.MAINTENANCE, "", True, "the maintenance mutes everything (--all)"),
        (Scope.INSTANCE, "VI_1", False, "VI_1 is silenced by bob"),
    ],
)
def test_real_trouble_must_be_told(
    drills: Drills, scope: Scope, subject: str, everything: bool, told: str
) -> None:
    office = drills.office
    office.change(
        lambda around: muting.mute(
            scope, subject, 3600, "bob", office.oncall.ledger, around, everything=everything
        )
    )
    assert drills.refused().startswith(told)


def test_a_maintenance_must_last_long_enough(drills: Drills) -> None:
    office = drills.office

    def maintain(seconds: float) -> None:
        office.change(
            lambda around: muting.mute(Scope.MAINTENANCE, "", seconds, "bob", office.oncall.ledger, around)
        )

    maintain(60)
    assert drills.refused().startswith("the maintenance ends in 60 s, the drill may take ")
    office.clock.now += 1
    maintain(3600)
    assert (drills.plan().window.own, drills.plan().window.who) == (False, "bob")


def test_two_drills_at_once_are_one_too_many(drills: Drills) -> None:
    name = drills.begin()
    assert drills.refused() == f"the drill {name} of anna is under way (hawatch drill --stop ends it)"


# --- led step by step -----------------------------------------------------------------------------


def test_the_way_back_is_stored_with_the_way_there(drills: Drills) -> None:
    name = drills.begin()
    stop, start = drills.deed(name, "stop"), drills.deed(name, "start")
    assert (stop.node, stop.not_before) == ("lb01", 0.0)
    assert start.not_before == drills.office.clock.wall() + 60
    window = drills.office.oncall.ledger.get(Mute, "maintenance")
    assert window is not None
    assert window.until > start.not_before


def test_the_node_steps_aside_with_the_helper_armed_and_comes_back_when_it_is_told(drills: Drills) -> None:
    office = drills.office
    name = drills.begin()
    drills.work()
    assert office.helper.ran == [("stop-keepalived", None)]
    ((armed, key, after),) = drills.armed
    assert (armed, key) == ("start-keepalived", f"{name}/1/start")
    assert 60 < after <= 71
    office.picture = away()
    drills.work()
    assert len(office.helper.ran) == 1  # its time has not come
    office.wait(drills.desk.back(name))
    drills.work()
    assert office.helper.ran[1:] == [("start-keepalived", None)]
    assert drills.deed(name, "start").state is DeedState.DONE


def test_it_comes_back_after_its_time_though_nobody_leads_the_drill_any_more(drills: Drills) -> None:
    name = drills.begin()
    drills.work()
    drills.office.picture = away()
    drills.office.clock.now += 60
    drills.work()
    assert drills.office.helper.ran[-1] == ("start-keepalived", None)
    assert drills.deed(name, "start").state is DeedState.DONE


@pytest.mark.parametrize("seen", [snapshots.split_brain("lb01"), snapshots.isolated("lb01")])
def test_real_trouble_brings_it_back_at_once(drills: Drills, seen: Snapshot) -> None:
    drills.begin()
    drills.work()
    drills.office.picture = replace(seen, daemon="dead")
    assert in_trouble(drills.office.picture)
    drills.work()
    assert drills.office.helper.ran[-1] == ("start-keepalived", None)


def test_a_keepalived_that_is_still_ending_is_waited_for(drills: Drills) -> None:
    name = drills.begin()
    drills.work()
    drills.office.wait(drills.desk.back(name))
    drills.work(1.0)  # the picture still has it running
    assert drills.deed(name, "start").state is DeedState.ASKED
    drills.office.picture = away()
    drills.work(1.0)
    assert drills.deed(name, "start").state is DeedState.DONE


@pytest.mark.parametrize("missing", ["its daemon is not known yet", "its helper is away"])
def test_an_agent_that_does_not_know_enough_yet_does_not_give_the_return_up(
    drills: Drills, missing: str
) -> None:
    office = drills.office
    name = drills.begin()
    drills.work()
    office.picture = away() if "helper" in missing else replace(away(), daemon=None)
    if "helper" in missing:
        office.clock.now += 1
        office.allow("lb01")
    office.clock.now += 60
    drills.work()
    assert drills.deed(name, "start").state is DeedState.ASKED
    office.picture = away()
    office.clock.now += 1
    office.allow("lb01", STOP, START)
    drills.work()
    assert drills.deed(name, "start").state is DeedState.DONE


def test_who_is_told_to_come_back_before_it_has_stepped_aside_stays(drills: Drills) -> None:
    name = drills.begin()
    drills.office.wait(drills.desk.back(name))
    drills.work(8.0)
    assert drills.office.helper.ran == []
    assert (drills.deed(name, "stop").state, drills.deed(name, "stop").refusal) == (
        DeedState.REFUSED,
        Refusal.EXPIRED,
    )
    assert drills.deed(name, "start").refusal is Refusal.ALREADY


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (_peer(daemon="dead"), Refusal.OTHER_KEEPALIVED),
        (_peer(agent="silent"), Refusal.UNKNOWN_OTHER),
        (lambda seen: replace(seen, routers=snapshots.failover("lb01").routers), Refusal.CHANGED),
        (lambda seen: replace(seen, node_findings=(snapshots.BLIND,)), Refusal.CHANGED),
        (lambda seen: replace(seen, daemon="frozen"), Refusal.OWN_KEEPALIVED),
    ],
    ids=["dead", "silent", "moved", "blind", "frozen"],
)
def test_the_node_looks_once_more_before_it_steps_aside(
    drills: Drills, change: Callable[[Snapshot], Snapshot], refusal: Refusal
) -> None:
    name = drills.begin()
    drills.office.picture = change(drills.office.picture)
    drills.work()
    assert drills.office.helper.ran == []
    assert drills.deed(name, "stop").refusal is refusal


def test_a_helper_that_will_not_bring_it_back_lets_nothing_begin(drills: Drills) -> None:
    drills.problem = HelperError("no such verb", HelperFault.REFUSED)
    name = drills.begin()
    drills.work()
    assert drills.office.helper.ran == []
    stop = drills.deed(name, "stop")
    assert (stop.state, stop.refusal) == (DeedState.REFUSED, Refusal.NO_HELPER)


def test_a_second_node_steps_aside_after_the_first_is_back_and_not_before(drills: Drills) -> None:
    name = drills.begin()
    with pytest.raises(HawatchError, match="nobody else is to step aside now"):
        drills.office.wait(drills.desk.next_leg(name))
    drills.office.wait(drills.desk.back(name))
    drills.office.wait(drills.desk.next_leg(name))
    assert drills.deed(name, "stop", 2).node == "lb02"
    drills.office.wait(drills.desk.back(name))
    with pytest.raises(HawatchError, match="nobody else"):
        drills.office.wait(drills.desk.next_leg(name))


def test_an_agent_that_is_started_again_knows_the_way_back(drills: Drills) -> None:
    name = drills.begin()
    start = drills.deed(name, "start")
    around = drills.office.oncall.surroundings.now()
    assert not is_due(start, drills.office.oncall.ledger, around)
    later = replace(around, now=start.not_before)
    assert is_due(start, drills.office.oncall.ledger, later)


# --- nobody is bothered, and real trouble is told ---------------------------------------------------


def test_what_a_drill_brings_about_opens_no_incident(drills: Drills) -> None:
    office = drills.office
    drills.begin()
    office.say(VerdictKind.SWITCHOVER, away())
    office.say(VerdictKind.DEGRADED, away(), DEAD)
    office.after(5)
    assert office.oncall.open == ()
    assert {each.occasion for each in office.oncall.ledger.all(Message)} == {"drill"}


@pytest.mark.parametrize("kind", [VerdictKind.NO_OWNER, VerdictKind.SPLIT_BRAIN, VerdictKind.CONFLICT])
def test_real_trouble_in_a_drill_is_an_incident_and_is_told(drills: Drills, kind: VerdictKind) -> None:
    office = drills.office
    drills.begin()
    office.say(kind, snapshots.split_brain("lb01"))
    office.after(30)
    (incident,) = office.oncall.open
    assert incident.verdict is kind
    told = [each for each in office.oncall.ledger.all(Message) if each.verdict is kind]
    assert {each.person for each in told} == {"anna", "bo"}


def test_a_finding_that_no_drill_explains_is_an_incident(drills: Drills) -> None:
    drills.begin()
    down = replace(DEAD, cause=Cause.SERVICE_DOWN, node="lb02", summary="nginx is down")
    drills.office.say(VerdictKind.DEGRADED, away(), down)
    assert [each.causes for each in drills.office.oncall.open] == [("service_down@lb02",)]


def test_a_node_that_could_not_be_brought_back_is_an_incident(drills: Drills) -> None:
    office = drills.office
    name = drills.begin()
    drills.work()
    office.picture = away()
    office.helper.outcome = Outcome(state=OutcomeState.FAILED, exit_code=1, text="no config")
    office.wait(drills.desk.back(name))
    drills.work()
    office.say(VerdictKind.DEGRADED, away(), DEAD)
    assert [each.verdict for each in office.oncall.open] == [VerdictKind.DEGRADED]


def test_when_its_time_is_over_nothing_is_excused_any_more(drills: Drills) -> None:
    name = drills.begin()
    drill = drills.office.oncall.ledger.get(Drill, name)
    assert drill is not None
    drills.office.clock.now += drill.until - drill.begun_at
    drills.office.say(VerdictKind.DEGRADED, away(), DEAD)
    assert len(drills.office.oncall.open) == 1


def test_people_who_agreed_are_asked_and_their_answer_is_thanked_for(drills: Drills) -> None:
    office = drills.office
    name = drills.begin()
    (asked,) = [each for each in office.oncall.ledger.all(Message) if each.occasion == "drill"]
    assert asked.person == "anna"
    assert "DRILL, nothing is wrong: lb01 hands over to lb02 and back" in asked.text
    office.clock.now += 30
    office.wait(take_in(office.oncall, Reply(channel="phone", id="1", sender="anna", text="ok")))
    (thanks,) = [each for each in office.oncall.ledger.all(Message) if each.occasion == "answer"]
    assert "your answer to the drill has arrived" in thanks.text
    (told,) = drills.desk.look(name)["told"]
    assert told["answered"] == 30


# --- its end --------------------------------------------------------------------------------------


def test_at_its_end_the_window_is_closed_and_the_report_kept(drills: Drills, tmp_path: Path) -> None:
    office = drills.office
    name = drills.begin()
    kept = REPORT.encode(report(id=name))
    path = office.wait(drills.desk.end(name, kept))["report"]
    assert Path(path).read_text().startswith(f"# Drill {name}: passed")
    window = office.oncall.ledger.get(Mute, "maintenance")
    assert window is not None
    assert not window.holds(office.clock.wall())
    assert office.wait(drills.desk.last())["report"] == kept
    view = office.oncall.view().drill
    assert view is not None
    assert (view.passed, view.at) == (True, report().ended)
    assert sorted(each.suffix for each in (tmp_path / "drills").iterdir()) == [".json", ".md"]
    drills.work(8.0)
    assert drills.begin() != name


def test_somebody_else_s_window_stays(drills: Drills) -> None:
    office = drills.office
    office.change(
        lambda around: muting.mute(Scope.MAINTENANCE, "", 3600, "bob", office.oncall.ledger, around)
    )
    name = drills.begin()
    office.wait(drills.desk.end(name, None))
    window = office.oncall.ledger.get(Mute, "maintenance")
    assert window is not None
    assert window.holds(office.clock.wall())


def test_stopping_it_brings_its_node_back(drills: Drills) -> None:
    with pytest.raises(HawatchError, match="no drill is under way"):
        drills.office.wait(drills.desk.stop())
    drills.begin()
    drills.work()
    drills.office.picture = away()
    drills.office.wait(drills.desk.stop())
    drills.work()
    assert drills.office.helper.ran[-1] == ("start-keepalived", None)
    assert drills.office.oncall.view().drill is None


@pytest.mark.parametrize("nonsense", [{}, [], "x", {"id": 1}, REPORT.encode(report(id="another"))])
def test_a_report_that_is_none_is_refused(drills: Drills, nonsense: object) -> None:
    name = drills.begin()
    with pytest.raises(HawatchError):
        drills.office.wait(drills.desk.end(name, nonsense))


def test_before_the_first_there_is_none(drills: Drills) -> None:
    with pytest.raises(HawatchError, match="no drill is known"):
        drills.office.wait(drills.desk.last())
    with pytest.raises(HawatchError, match="no such drill"):
        drills.desk.look("x")


def test_a_word_that_is_drilled_is_no_trouble_but_for_what_else_is_found() -> None:
    word = Word(instance="VI_1", verdict=VerdictKind.DEGRADED, summary="", drilled=True)
    assert not word.bad
    assert replace(word, findings=(DEAD,)).bad
