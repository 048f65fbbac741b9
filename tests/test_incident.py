"""A night, told as verdicts, and what became of the incident."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.incident import (
    Entry,
    EntryKind,
    Incident,
    NotPossibleError,
    State,
    Word,
    acknowledge,
    release,
    snooze,
    step,
)
from hawatch.incident.changes import GRAVITY, MOST_ENTRIES
from hawatch.incident.naming import next_id
from hawatch.incident.transitions import TABLE, Event, pass_through
from hawatch.verdict import Cause, Finding, Severity, VerdictKind

THREE = 1_795_316_400.0  # 2026-11-22 03:00:00 UTC
T = 3.6
K = VerdictKind
ANNA = "anna"


def finding(cause: Cause, severity: Severity = Severity.CRITICAL, node: str = "lb02") -> Finding:
    return Finding(cause=cause, node=node, severity=severity, summary=f"{cause.value} it is")


BLOCKED = finding(Cause.VRRP_BLOCKED_INBOUND)
STALE_ARP = finding(Cause.STALE_ARP)
SKEW = finding(Cause.CLOCK_SKEW, Severity.WARNING)
UNVERIFIED = finding(Cause.PEER_UNVERIFIED, Severity.INFO)


class Night:
    """Words as they come, and the incidents that they make."""

    def __init__(self, *instances: str, sync_group: str | None = None) -> None:
        self.now = THREE
        self.words = {
            name: Word(instance=name, verdict=K.STEADY, summary="all is well", sync_group=sync_group)
            for name in instances or ("VI_1",)
        }
        self.incidents: tuple[Incident, ...] = ()

    def say(self, verdict: VerdictKind, *findings: Finding, of: str = "VI_1") -> None:
        """A verdict and its findings, now."""
        self.words[of] = replace(
            self.words[of], verdict=verdict, findings=findings, summary=f"it is {verdict.value}"
        )
        self.step()

    def step(self, watched: frozenset[str] | None = None) -> None:
        self.incidents = step(
            self.incidents, tuple(self.words.values()), self.now, node="lb01", watched=watched
        )

    def wait(self, seconds: float) -> None:
        """Time passes, with a step each second."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(self.now + 1.0, until)
            self.step()

    @property
    def only(self) -> Incident:
        """The one incident of the night."""
        (incident,) = self.incidents
        return incident


def told(incident: Incident) -> list[str]:
    """The timeline without what does not matter: kind, and the word after the instance's name."""
    return [f"{each.kind.value} {each.text.partition(':')[0]}".strip() for each in incident.timeline]


def test_a_split_brain_is_one_incident_from_its_first_word_to_its_end() -> None:
    night = Night()
    night.say(K.SPLIT_BRAIN)
    night.wait(1)
    night.say(K.SPLIT_BRAIN, BLOCKED)
    night.wait(60)
    night.say(K.STEADY)
    night.wait(10)
    incident = night.only
    assert incident.id == "261122-lb01-1"
    assert (incident.verdict, incident.severity, incident.causes) == (
        K.SPLIT_BRAIN,
        Severity.CRITICAL,
        ("vrrp_blocked_inbound@lb02",),
    )
    assert (incident.state, incident.revision) == (State.RESOLVED, 3)
    assert THREE + 61 + T <= incident.resolved_at <= THREE + 61 + T + 1  # type: ignore[operator]
    assert told(incident) == [
        "opened VI_1 split_brain",
        "found VI_1 vrrp_blocked_inbound@lb02",
        "verdict VI_1 steady",
        "gone VI_1 vrrp_blocked_inbound@lb02",
        "resolved everything it was about has been well since",
    ]
    assert incident.timeline[1].text.endswith(": vrrp_blocked_inbound it is")
    assert {each.who for each in incident.timeline} == {"lb01"}


def test_a_failover_that_leaves_the_pair_degraded_is_one_incident() -> None:
    night = Night()
    night.say(K.FAILOVER)
    night.wait(4)
    night.say(K.DEGRADED)
    night.wait(600)
    assert (night.only.state, night.only.verdict, night.only.parts[0].verdict) == (
        State.OPEN,
        K.FAILOVER,
        K.DEGRADED,
    )
    night.say(K.FAILBACK)
    night.wait(10)
    assert night.only.resolved


def test_clients_that_still_ask_the_wrong_node_keep_a_split_s_incident_open() -> None:
    night = Night()
    night.say(K.SPLIT_BRAIN)
    night.say(K.STEADY)
    night.wait(2)
    night.say(K.STEADY, STALE_ARP)
    night.wait(100)
    assert (night.only.state, night.only.severity) == (State.OPEN, Severity.CRITICAL)
    night.say(K.STEADY)
    night.wait(10)
    assert night.only.resolved
    assert night.only.causes == ("stale_arp@lb02",)


def test_evidence_that_goes_silent_neither_opens_nor_ends_an_incident() -> None:
    night = Night()
    night.say(K.INDETERMINATE)
    assert night.incidents == ()
    night.say(K.SPLIT_BRAIN, BLOCKED)
    before = night.only
    night.say(K.INDETERMINATE)
    night.wait(3600)
    silent = night.only
    assert (silent.state, silent.revision, silent.parts[0].causes) == (
        State.OPEN,
        before.revision,
        ("vrrp_blocked_inbound@lb02",),
    )
    night.say(K.SPLIT_BRAIN, BLOCKED)
    night.wait(1)
    assert night.only.revision == before.revision
    assert told(night.only)[-2:] == ["verdict VI_1 indeterminate", "verdict VI_1 split_brain"]


def test_a_time_in_which_nothing_is_sure_does_not_count_as_calm() -> None:
    night = Night()
    night.say(K.NO_OWNER)
    night.say(K.STEADY)
    night.say(K.INDETERMINATE)
    night.wait(60)
    assert not night.only.resolved
    night.say(K.STEADY)
    assert night.only.resolved


def test_a_virtual_router_of_which_nothing_is_said_holds_its_incident_open() -> None:
    night = Night()
    night.say(K.SPLIT_BRAIN)
    night.words.clear()
    night.wait(60)
    assert night.only.state is State.OPEN
    night.step(watched=frozenset({"VI_1"}))
    assert night.only.state is State.OPEN


def test_a_virtual_router_that_is_configured_no_longer_ends_its_incident() -> None:
    night = Night()
    night.say(K.SPLIT_BRAIN)
    night.words.clear()
    night.step(watched=frozenset({"VI_2"}))
    assert told(night.only)[1:] == ["gone VI_1", "resolved everything it was about has been well since"]


def test_what_is_wrong_and_has_not_hurt_yet_is_an_incident_of_its_findings() -> None:
    night = Night()
    night.say(K.STEADY, UNVERIFIED)
    assert night.incidents == ()
    night.say(K.STEADY, UNVERIFIED, SKEW)
    assert (night.only.verdict, night.only.severity, night.only.causes) == (
        K.STEADY,
        Severity.WARNING,
        ("clock_skew@lb02",),
    )
    night.say(K.SPLIT_BRAIN, SKEW)
    assert (night.only.verdict, night.only.severity, night.only.revision) == (
        K.SPLIT_BRAIN,
        Severity.CRITICAL,
        2,
    )


def test_what_falls_within_one_master_down_interval_is_one_incident() -> None:
    names = [f"VI_{number}" for number in range(1, 41)]
    night = Night(*names)
    for name in names:
        night.words[name] = replace(night.words[name], verdict=K.FAILOVER)
    night.step()
    assert set(night.only.instances) == set(names)
    assert [each.kind for each in night.only.timeline].count(EntryKind.JOINED) == 39


def test_what_falls_later_is_an_incident_of_its_own_unless_it_is_of_the_same_sync_group() -> None:
    for group, expected in ((None, 2), ("G", 1)):
        night = Night("VI_1", "VI_2", sync_group=group)
        night.say(K.DEGRADED)
        night.wait(T + 1)
        night.say(K.DEGRADED, of="VI_2")
        assert len(night.incidents) == expected
        assert len({each.id for each in night.incidents}) == expected


def test_an_incident_of_several_ends_with_the_last_of_them() -> None:
    night = Night("VI_1", "VI_2")
    night.say(K.NO_OWNER)
    night.say(K.NO_OWNER, of="VI_2")
    night.say(K.STEADY)
    night.wait(60)
    assert not night.only.resolved
    night.say(K.STEADY, of="VI_2")
    night.wait(5)
    assert night.only.resolved


def test_the_next_trouble_after_the_end_is_another_incident() -> None:
    night = Night()
    for _ in range(2):
        night.say(K.NO_OWNER)
        night.say(K.STEADY)
        night.wait(60)
    assert [each.id for each in night.incidents] == ["261122-lb01-1", "261122-lb01-2"]


def test_a_snooze_ends_with_its_time_or_when_it_gets_worse() -> None:
    night = Night()
    night.say(K.DEGRADED)
    quiet = snooze(night.only, at=night.now, who=ANNA, until=night.now + 1800)
    night.incidents = (quiet,)
    night.wait(1799)
    assert night.only is quiet
    night.wait(2)
    assert (night.only.state, night.only.acknowledged_by) == (State.OPEN, None)
    night.incidents = (snooze(night.only, at=night.now, who=ANNA, until=night.now + 1800),)
    night.say(K.NO_OWNER)
    assert night.only.state is State.OPEN
    assert told(night.only)[-2:] == ["verdict VI_1 no_owner", "woken it got worse"]


def test_people_take_over_give_back_and_are_kept_verbatim() -> None:
    night = Night()
    night.say(K.SPLIT_BRAIN)
    taken = acknowledge(night.only, at=THREE + 5, who=ANNA, text="  OK 47 ")
    assert (taken.state, taken.acknowledged_by, taken.acknowledged_at) == (
        State.ACKNOWLEDGED,
        ANNA,
        THREE + 5,
    )
    assert taken.revision == night.only.revision
    assert acknowledge(taken, at=THREE + 6, who="ben").acknowledged_by == "ben"
    given = release(taken, at=THREE + 7, who=ANNA)
    assert (given.state, given.acknowledged_by) == (State.OPEN, None)
    assert given.timeline[-2] == Entry(at=THREE + 5, kind=EntryKind.ACKNOWLEDGED, who=ANNA, text="  OK 47 ")


@pytest.mark.parametrize(
    ("taken", "findings", "then"),
    [
        (K.DEGRADED, (), K.NO_OWNER),
        (K.STEADY, (SKEW,), K.SPLIT_BRAIN),
        (K.STEADY, (STALE_ARP,), K.SPLIT_BRAIN),
        (K.STEADY, (SKEW,), K.DEGRADED),
    ],
)
def test_whoever_took_a_small_trouble_has_not_taken_the_great_one_after_it(
    taken: VerdictKind, findings: tuple[Finding, ...], then: VerdictKind
) -> None:
    night = Night()
    night.say(taken, *findings)
    night.incidents = (acknowledge(night.only, at=night.now, who=ANNA),)
    night.say(then, *findings)
    assert (night.only.state, night.only.acknowledged_by) == (State.OPEN, None)
    assert told(night.only)[-1] == "woken it got worse"


def test_an_acknowledged_incident_stays_so_until_it_is_over_unless_it_gets_worse() -> None:
    night = Night()
    night.say(K.SPLIT_BRAIN)
    night.incidents = (acknowledge(night.only, at=night.now, who=ANNA),)
    night.say(K.STEADY, BLOCKED)
    night.say(K.SPLIT_BRAIN, BLOCKED)
    night.say(K.NO_OWNER)
    assert (night.only.state, night.only.acknowledged_by) == (State.ACKNOWLEDGED, ANNA)
    night.say(K.STEADY)
    night.wait(10)
    assert (night.only.state, night.only.acknowledged_by) == (State.RESOLVED, ANNA)


def test_the_end_beats_an_acknowledgement_that_comes_later() -> None:
    night = Night()
    night.say(K.SPLIT_BRAIN)
    night.say(K.STEADY)
    night.wait(10)
    for late in (acknowledge, release):
        with pytest.raises(NotPossibleError, match="261122-lb01-1: is resolved already"):
            late(night.only, at=night.now, who=ANNA)
    with pytest.raises(NotPossibleError):
        snooze(night.only, at=night.now, who=ANNA, until=night.now + 60)


def test_nobody_gives_back_what_nobody_has_taken() -> None:
    night = Night()
    night.say(K.SPLIT_BRAIN)
    with pytest.raises(NotPossibleError, match="nobody has acknowledged it"):
        release(night.only, at=night.now, who=ANNA)


def test_the_table_lets_every_live_state_end_and_nothing_leave_the_end() -> None:
    for state in State:
        ends = TABLE.get((state, Event.RESOLVE))
        assert ends is (None if state is State.RESOLVED else State.RESOLVED)
        assert state is not State.RESOLVED or not any((state, event) in TABLE for event in Event)
    assert set(TABLE.values()) == set(State)


def test_every_event_that_is_possible_leaves_one_entry() -> None:
    night = Night()
    night.say(K.SPLIT_BRAIN)
    for (state, event), after in TABLE.items():
        before = replace(night.only, state=state)
        passed = pass_through(before, event, at=THREE, who=ANNA, text="x")
        assert passed.state is after
        assert passed.timeline == (
            *before.timeline,
            Entry(at=THREE, kind=event.value, who=ANNA, text="x"),
        )


def test_a_trouble_that_flaps_all_night_fills_no_endless_timeline() -> None:
    night = Night()
    for _ in range(MOST_ENTRIES):
        night.say(K.NO_OWNER)
        night.say(K.FLAPPING)
    assert len(night.only.timeline) == MOST_ENTRIES
    assert night.only.revision == 2 * MOST_ENTRIES
    night.say(K.STEADY)
    night.wait(10)
    assert night.only.timeline[-1].kind is EntryKind.RESOLVED


def test_names_count_on_and_never_meet_those_of_the_other_node() -> None:
    taken = {"261122-lb01-1", "261122-lb01-9", "261121-lb01-30", "261122-lb02-70", "261122-lb01-x"}
    assert next_id("lb01", THREE, taken) == "261122-lb01-10"
    assert next_id("lb02", THREE, taken) == "261122-lb02-71"
    assert next_id("lb 3/x", THREE, taken) == "261122-lb_3_x-1"


def test_every_verdict_has_its_place_among_the_grave_ones() -> None:
    assert set(GRAVITY) == set(VerdictKind)
    badness = [kind.severity.badness for kind in GRAVITY if kind is not K.INDETERMINATE]
    assert badness == sorted(badness)


# --- any night at all ---------------------------------------------------------------------------------

NAMES = ("VI_1", "VI_2", "VI_3")
FINDINGS = (BLOCKED, STALE_ARP, SKEW, UNVERIFIED)
words = st.builds(
    Word,
    instance=st.sampled_from(NAMES),
    verdict=st.sampled_from(VerdictKind),
    summary=st.sampled_from(("one sentence", "another")),
    findings=st.lists(st.sampled_from(FINDINGS), unique=True, max_size=3).map(tuple),
    sync_group=st.sampled_from((None, "G")),
    down_interval=st.sampled_from((0.3, 3.6)),
)
moments = st.lists(
    st.tuples(
        st.lists(words, unique_by=lambda word: word.instance, max_size=3),
        st.sampled_from((0.0, 0.2, 1.0, 5.0, -3600.0)),
    ),
    max_size=12,
)


@given(moments)
def test_any_night_keeps_the_promises(story: list[tuple[list[Word], float]]) -> None:
    incidents: tuple[Incident, ...] = ()
    now = THREE
    for spoken, passed in story:
        now += passed
        after = step(incidents, spoken, now, node="lb01")
        assert after == step(incidents, spoken[::-1], now, node="lb01")
        assert step(after, spoken, now, node="lb01") == after
        must_follow(incidents, after, spoken)
        incidents = after


def must_follow(before: tuple[Incident, ...], after: tuple[Incident, ...], spoken: list[Word]) -> None:
    """What has to be so after any step."""
    open_ones = [each for each in after if not each.resolved]
    for word in spoken:
        part_of = [each for each in open_ones if word.instance in each.instances]
        assert len(part_of) <= 1
        assert part_of or not word.bad
    assert len({each.id for each in after}) == len(after)
    for old, new in zip(before, after, strict=False):
        assert new.id == old.id
        assert new is old or not old.resolved
        assert new.timeline[: len(old.timeline)] == old.timeline
        assert new.severity.badness >= old.severity.badness
        surely = [(part.instance, part.verdict, part.severity, part.causes) for part in new.parts]
        surely_before = [(part.instance, part.verdict, part.severity, part.causes) for part in old.parts]
        assert (new.revision > old.revision) == (surely != surely_before)
        assert new.resolved == (new.resolved_at is not None)
        if new.resolved and not old.resolved:
            assert {word.instance for word in spoken if word.sure and not word.bad} >= set(new.instances)


def test_a_word_that_was_heard_a_moment_before_is_passed_over_and_changes_nothing() -> None:
    """Of hundreds of virtual routers that change one after the other, each moment has one new word."""
    bad = [Word(instance=f"VI_{n}", verdict=K.NO_OWNER, summary="nobody") for n in range(3)]
    well = [Word(instance=f"VI_{n}", verdict=K.STEADY, summary="all is well") for n in range(3)]
    moments = [[*bad[:n], *well[n:]] for n in (1, 2, 3)]
    every: tuple[Incident, ...] = ()
    news: tuple[Incident, ...] = ()
    heard: dict[str, Word] = {}
    for at, words in enumerate(moments):
        every = step(every, words, 1000.0 + at, node="lb01")
        news = step(news, words, 1000.0 + at, node="lb01", heard_before=heard)
        heard = {word.instance: word for word in words}
    assert news == every
    assert len(news[0].parts) == 3
