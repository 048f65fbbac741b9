"""The guard of a service: restarts with pauses, gives the VIP up only when it may, never plays ping-pong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config.guard import ServiceGuard
from hawatch.guard.machine import TABLE, Event
from hawatch.guard.record import AT_WORK, Guard, GuardState, Telling
from hawatch.guard.step import HOUR, STANDS, STILL_HERE, Line, Seen, ended, step
from hawatch.refusal import Refusal

OPTIONS = ServiceGuard(
    restart="restart-nginx",
    attempts=3,
    patience=5.0,
    backoff=10.0,
    give_up="give-up-web",
    hold=300.0,
    per_hour=2,
)
THREE = 1_780_000_000.0


@dataclass
class Watch:
    """A guard at its post, with a clock, a service and a helper that do what the story says."""

    options: ServiceGuard = OPTIONS
    guard: Guard = field(default_factory=lambda: Guard(id="nginx", since=THREE - 86400))
    now: float = THREE
    up: bool | None = True
    ours: bool | None = True
    here: bool | None = True
    paused: bool = False
    refusal: Refusal | None = None
    mends: bool = False
    works: bool | None = True
    lines: list[Line] = field(default_factory=list)
    done: list[tuple[float, str]] = field(default_factory=list)

    def look(self) -> None:
        """One look, and the action that follows from it, if one does."""
        seen = Seen(
            now=self.now,
            up=self.up,
            ours=self.ours,
            here=self.here,
            paused=self.paused,
            refusal=self.refusal,
            undo="take-back-web",
        )
        self.guard, lines = step(self.guard, seen, self.options)
        self.lines += lines
        if self.guard.state in AT_WORK:
            self.act()

    def act(self) -> None:
        """The helper does what is at work."""
        action = self.guard.action
        self.done.append((self.now - THREE, action))
        if self.works:
            self.here = {"give-up-web": False, "take-back-web": True}.get(action, self.here)
        self.up = True if self.mends and action == "restart-nginx" else self.up
        self.guard, lines = ended(self.guard, done=self.works, text="", now=self.now, options=self.options)
        self.lines += lines

    def wait(self, seconds: float) -> None:
        """Look twice a second for so long."""
        for _ in range(int(seconds * 2)):
            self.now += 0.5
            self.look()

    @property
    def told(self) -> list[tuple[Telling, Refusal | None]]:
        return [(line.telling, line.refusal) for line in self.lines if line.telling is not None]

    @property
    def actions(self) -> list[str]:
        return [action for _, action in self.done]


def test_a_service_that_works_is_left_alone() -> None:
    watch = Watch()
    watch.wait(3600)
    assert (watch.guard.state, watch.done, watch.lines) == (GuardState.WATCHING, [], [])


def test_a_service_that_died_once_is_restarted_after_its_patience_and_the_vip_stays() -> None:
    watch = Watch(up=False, mends=True)
    watch.wait(60)
    assert watch.done == [(5.5, "restart-nginx")]
    assert (watch.guard.state, watch.guard.restarts, watch.told) == (GuardState.WATCHING, 1, [])
    assert [line.text for line in watch.lines] == [
        "restart 1 of 3 begins (restart-nginx)",
        "restart-nginx: done",
        "the service works again",
    ]


def test_a_check_that_fails_for_less_than_its_patience_restarts_nothing() -> None:
    watch = Watch(up=False)
    watch.wait(5)
    watch.up = True
    watch.wait(60)
    assert watch.done == []


def test_a_service_that_stays_broken_is_restarted_with_growing_pauses_and_then_given_up() -> None:
    watch = Watch(up=False)
    watch.wait(120)
    assert watch.done == [
        (5.5, "restart-nginx"),
        (15.5, "restart-nginx"),
        (35.5, "restart-nginx"),
        (77.5, "give-up-web"),
    ]
    assert watch.guard.state is GuardState.GIVEN_UP
    assert watch.told == [(Telling.GAVE_UP, None)]


def test_what_was_given_up_is_taken_back_after_the_hold_and_never_sooner() -> None:
    watch = Watch(up=False)
    watch.wait(120)
    watch.up = True
    watch.wait(299.5)
    watch.up = False  # it only seemed so
    watch.wait(10)
    assert watch.guard.state is GuardState.GIVEN_UP
    watch.up = True
    watch.wait(300)
    assert watch.actions.count("take-back-web") == 0
    watch.wait(2)
    assert watch.actions.count("take-back-web") == 1
    assert (watch.guard.state, watch.guard.given) == (GuardState.WATCHING, False)
    assert watch.told[-1] == (Telling.TOOK_BACK, None)


def test_a_service_that_comes_and_goes_uses_up_its_restarts() -> None:
    watch = Watch(up=False, mends=True)
    for _ in range(3):
        watch.wait(30)
        watch.up = False
    watch.mends = False
    watch.wait(120)
    assert watch.actions == ["restart-nginx"] * 3 + ["give-up-web"]


def test_after_a_long_peace_the_attempts_begin_anew() -> None:
    watch = Watch(up=False, mends=True)
    watch.wait(30)
    watch.wait(OPTIONS.hold)
    assert watch.guard.attempts == 0
    watch.up, watch.mends = False, False
    watch.wait(120)
    assert watch.actions == ["restart-nginx"] * 4 + ["give-up-web"]


@pytest.mark.parametrize("refusal", [Refusal.DATA, Refusal.OTHER_SERVICE, Refusal.UNKNOWN_OTHER])
def test_a_vip_that_may_not_be_given_up_stays_and_the_reason_is_told_once(refusal: Refusal) -> None:
    watch = Watch(up=False, refusal=refusal)
    watch.wait(2 * HOUR)
    assert watch.actions == ["restart-nginx"] * 3
    assert (watch.guard.state, watch.guard.refusal) == (GuardState.EXHAUSTED, refusal)
    assert watch.told == [(Telling.KEPT, refusal)]


def test_a_reason_that_is_gone_in_a_moment_is_not_told_and_then_the_vip_is_given_up() -> None:
    watch = Watch(up=False, refusal=Refusal.UNSETTLED)
    watch.wait(76 + STANDS / 2)
    watch.refusal = None
    watch.wait(1)
    assert watch.guard.state is GuardState.GIVEN_UP
    assert watch.told == [(Telling.GAVE_UP, None)]


def test_two_nodes_whose_services_die_at_once_hear_of_it_before_either_gives_up() -> None:
    pair = [Watch(up=False, options=replace(OPTIONS, attempts=0, patience=0.0)) for _ in range(2)]
    for _ in range(20):
        for watch in pair:
            watch.wait(0.5)
            if watch.now - THREE >= 1.5:  # a report has come
                watch.refusal = Refusal.OTHER_SERVICE
    assert [watch.actions for watch in pair] == [[], []]


def test_a_second_reason_stands_in_the_timeline_and_wakes_nobody_again() -> None:
    watch = Watch(up=False, refusal=Refusal.UNKNOWN_OTHER)
    watch.wait(120)
    watch.refusal = Refusal.OTHER_SERVICE
    watch.wait(120)
    watch.refusal = Refusal.UNKNOWN_OTHER
    watch.wait(120)
    assert [line.text for line in watch.lines if line.refusal] == [
        "the VIP stays: unknown_other",
        "the VIP stays: other_service",
    ]
    assert watch.told == [(Telling.KEPT, Refusal.UNKNOWN_OTHER)]


def test_in_maintenance_nothing_is_begun() -> None:
    watch = Watch(up=False, paused=True)
    watch.wait(600)
    assert watch.done == []
    watch.paused = False
    watch.wait(60)
    watch.paused = True
    watch.wait(600)
    assert watch.actions == ["restart-nginx"] * 3
    assert watch.told == []


def test_in_maintenance_nothing_is_taken_back() -> None:
    watch = Watch(up=False)
    watch.wait(120)
    watch.up, watch.paused = True, True
    watch.wait(2 * OPTIONS.hold)
    assert watch.actions[-1] == "give-up-web"
    watch.paused = False
    watch.wait(1)
    assert watch.actions[-1] == "take-back-web"


def test_a_vip_is_given_up_so_often_in_an_hour_and_no_more() -> None:
    watch = Watch(options=replace(OPTIONS, attempts=0, hold=10.0))
    for _ in range(20):
        watch.up = False
        watch.wait(30)
        watch.up = True
        watch.wait(30)
    assert watch.actions.count("give-up-web") == OPTIONS.per_hour
    watch.up = False
    watch.wait(20)
    assert watch.guard.refusal is Refusal.GIVEN_UP_OFTEN
    watch.wait(HOUR)
    assert watch.actions.count("give-up-web") > OPTIONS.per_hour


def test_where_the_service_need_not_work_nothing_is_done() -> None:
    watch = Watch(up=False, ours=False)
    watch.wait(600)
    assert watch.done == []


def test_a_vip_that_moved_away_by_itself_ends_the_restarts() -> None:
    watch = Watch(up=False)
    watch.wait(20)
    watch.ours = False
    watch.wait(600)
    assert watch.actions == ["restart-nginx"] * 2
    assert watch.guard.state is GuardState.WATCHING


def test_what_is_not_known_changes_nothing() -> None:
    watch = Watch(up=False)
    watch.wait(20)
    watch.up = None
    watch.wait(600)
    assert (watch.guard.state, len(watch.done)) == (GuardState.FAILING, 2)
    watch.up, watch.ours = False, None
    watch.wait(600)
    assert (watch.guard.state, len(watch.done)) == (GuardState.FAILING, 2)


def test_without_give_up_the_vip_stays_and_the_timeline_says_so() -> None:
    watch = Watch(up=False, options=replace(OPTIONS, give_up=None))
    watch.wait(2 * HOUR)
    assert watch.actions == ["restart-nginx"] * 3
    assert watch.lines[-1].text.endswith("3 restarts in vain; the VIP stays: no give_up is configured")


def test_a_give_up_that_failed_is_tried_again_after_a_pause() -> None:
    watch = Watch(up=False)
    watch.wait(75)
    watch.works = False
    watch.wait(30)
    assert (watch.actions[-1], watch.guard.state, watch.guard.given) == (
        "give-up-web",
        GuardState.EXHAUSTED,
        False,
    )
    watch.works = True
    watch.wait(60)
    assert watch.guard.state is GuardState.GIVEN_UP


def test_of_a_give_up_whose_end_is_unknown_it_is_taken_that_it_has_to_be_taken_back() -> None:
    watch = Watch(up=False)
    watch.wait(75)
    watch.works = None
    watch.wait(3)
    assert watch.guard.given
    watch.works, watch.up = True, True
    watch.wait(OPTIONS.hold + 1)
    assert watch.actions[-1] == "take-back-web"


def test_a_vip_that_is_back_while_the_service_fails_is_given_up_again() -> None:
    watch = Watch(up=False)
    watch.wait(120)
    watch.here = True  # the host was booted, say, and the file is gone
    watch.wait(STILL_HERE - 1)
    assert watch.actions.count("give-up-web") == 1
    watch.wait(30)
    assert watch.actions.count("give-up-web") == 2
    watch.here, watch.up = True, True
    watch.wait(OPTIONS.hold + 1)
    assert watch.actions[-1] == "take-back-web"


def test_every_state_is_reached_and_left_by_the_table() -> None:
    assert {state for state, _ in TABLE} == set(GuardState)
    assert set(TABLE.values()) == set(GuardState)
    assert {event for _, event in TABLE} == set(Event)


moments: st.SearchStrategy[dict[str, object]] = st.builds(
    dict,
    seconds=st.sampled_from([0.5, 3.0, 11.0, 31.0, 301.0]),
    up=st.sampled_from([True, False, None]),
    ours=st.sampled_from([True, False, None]),
    paused=st.booleans(),
    refusal=st.sampled_from([None, None, *Refusal]),
    works=st.sampled_from([True, False, None]),
)


@given(st.lists(moments, max_size=60))
def test_whatever_comes_no_vip_is_given_up_that_must_not_be_and_none_is_taken_back_early(
    nights: list[dict[str, object]],
) -> None:
    watch = Watch()
    healthy_since: float | None = watch.now
    for moment in nights:
        watch.now += float(str(moment["seconds"]))
        for name in ("up", "ours", "paused", "refusal", "works"):
            setattr(watch, name, moment[name])
        if watch.up is False:
            healthy_since = None
        elif watch.up and healthy_since is None:
            healthy_since = watch.now
        before, given_before = len(watch.done), watch.guard.given
        watch.look()
        new = watch.actions[before:]
        assert len(new) <= 1
        if "give-up-web" in new:
            assert (watch.refusal, watch.paused, moment["up"], watch.ours) == (None, False, False, True)
        if "take-back-web" in new:
            assert given_before
            assert not watch.paused
            assert healthy_since is not None
            assert watch.now - healthy_since >= OPTIONS.hold
        if "restart-nginx" in new:
            assert (watch.paused, moment["up"], watch.ours) == (False, False, True)
    times = [at for at, action in watch.done if action == "give-up-web"]
    assert all(
        later - earlier >= HOUR for earlier, later in zip(times, times[OPTIONS.per_hour :], strict=False)
    )
