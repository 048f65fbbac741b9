"""When a result is pushed, and by which node: the whole of it with the time handed in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.agent.passive_course import LEAST, PAUSES, Course
from hawatch.agent.passive_statement import statement
from hawatch.agent.passive_turn import GREETING, START_SILENCE, Turn, pushes_for_node, pushes_for_pair
from hawatch.config import Passive, PassiveCheck, PassiveOf
from hawatch.exporter.check_question import CheckName, Question
from hawatch.exporter.check_text import check_text
from hawatch.verdict import VerdictKind
from tests import snapshots
from tests.snapshots import AT

EVERY = 60.0
TARGET = Passive(name="nagios", command_file="/nagios.cmd")


@dataclass
class Target:
    """A monitoring system that accepts or not, and what was pushed to it when."""

    every: float = EVERY
    now: float = 1000.0
    works: bool = True
    lasting: bool = False
    course: Course = field(default_factory=Course)

    def passes(self, seconds: float, shape: str = "0 steady") -> list[float]:
        """So much time with this result; the seconds at which it was pushed, from the beginning of that time."""
        began, pushed = self.now, []
        while (due := max(self.course.due(shape, self.every), self.now)) < began + seconds:
            self.now = due
            pushed.append(round(due - began, 3))
            course = self.course.with_attempt(shape, due)
            self.course = (
                course.with_acceptance(due)
                if self.works
                else course.with_failure("nobody reads it", lasting=self.lasting)
            )
        self.now = began + seconds
        return pushed

    def trouble(self) -> str | None:
        return self.course.trouble(self.every, self.now)


# --- when -----------------------------------------------------------------------------------------


def test_the_first_result_goes_at_once_and_then_one_with_every_heartbeat() -> None:
    assert Target().passes(200) == [0, 60, 120, 180]


def test_what_has_changed_goes_at_once_and_the_heartbeat_follows_from_then() -> None:
    target = Target()
    target.passes(70)
    assert target.passes(100, "2 split_brain") == [0, 60]


def test_what_changes_all_the_time_goes_once_a_second_and_only_as_it_is_then() -> None:
    target = Target()
    target.passes(10)
    pushed = [n * 0.1 for n in range(100) if target.passes(0.1, f"1 finding {n}")]
    assert len(pushed) == 11  # with the first, which nothing held up
    assert all(after - before >= LEAST - 0.11 for before, after in pairwise(pushed))


def test_what_is_not_accepted_is_tried_again_after_growing_pauses_up_to_a_heartbeat() -> None:
    target = Target(works=False)
    pushed = target.passes(300)
    assert tuple(b - a for a, b in pairwise(pushed))[:7] == PAUSES
    target = Target(works=False, every=5)
    assert {b - a for a, b in pairwise(target.passes(100))} == {1, 2, 5}


def test_what_will_not_be_accepted_without_a_change_is_tried_with_every_heartbeat() -> None:
    assert Target(works=False, lasting=True).passes(200) == [0, 60, 120, 180]


def test_after_a_failure_the_newest_result_goes_and_no_older_one() -> None:
    target = Target(works=False)
    target.passes(2.5)
    assert target.passes(0.4, "2 split_brain") == [0]
    target.works = True
    assert target.passes(70, "0 steady") == [0.6, 60.6]


def test_a_target_that_has_accepted_nothing_for_three_heartbeats_is_out_of_order_until_it_accepts() -> None:
    target = Target()
    target.passes(150)
    target.works = False
    target.passes(149)
    assert target.trouble() is None
    target.passes(2)
    assert target.trouble() == "nobody reads it"
    target.works = True
    target.passes(61)
    assert target.trouble() is None


def test_a_target_that_never_accepted_is_out_of_order_three_heartbeats_after_the_first_attempt() -> None:
    target = Target(works=False)
    target.passes(179)
    assert target.trouble() is None
    target.passes(2)
    assert target.trouble() == "nobody reads it"


def test_a_turn_that_comes_back_begins_with_a_push_and_with_a_patience_of_its_own() -> None:
    target = Target()
    target.passes(10)
    target.course = target.course.left()
    target.now += 3600
    target.works = False
    assert target.passes(1) == [0]
    assert target.trouble() is None


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 200), st.sampled_from("abc")), max_size=30))
def test_there_are_never_two_pushes_within_a_second_nor_none_for_longer_than_a_heartbeat(
    story: list[tuple[bool, float, str]],
) -> None:
    target, moments = Target(), [1000.0]
    for works, seconds, shape in story:
        target.works, began = works, target.now
        moments += [began + each for each in target.passes(seconds, shape)]
    moments.append(target.now)
    gaps = [b - a for a, b in pairwise(moments)]
    assert all(gap >= LEAST - 0.01 for gap in gaps[1:-1])
    assert all(gap <= EVERY + 0.01 for gap in gaps)


# --- whose turn -----------------------------------------------------------------------------------

PEER = frozenset({"lb02"})
LB01 = Turn(node="lb01", running=3600, undecided=None, able=PEER, heard=PEER, known=PEER, failing=False)
LB02 = replace(LB01, node="lb02", able={"lb01"}, heard={"lb01"}, known={"lb01"})


def test_of_two_that_hear_each_other_the_first_pushes() -> None:
    assert (pushes_for_pair(LB01), pushes_for_pair(LB02)) == (True, False)


@pytest.mark.parametrize(
    "heard", [("lb01",), ()]
)  # it does not get through or knows nothing, or it is silent
def test_the_other_takes_over_at_once_when_the_first_does_not_get_through(heard: tuple[str, ...]) -> None:
    assert pushes_for_pair(replace(LB02, able=(), heard=heard))


def test_the_first_tries_on_while_the_other_pushes_or_it_would_never_know_that_it_works_again() -> None:
    assert pushes_for_pair(replace(LB01, failing=True))


def test_one_that_stood_in_and_failed_goes_on_until_it_was_accepted() -> None:
    assert pushes_for_pair(replace(LB02, failing=True))


def test_an_agent_that_has_just_begun_says_nothing_while_it_knows_nothing() -> None:
    starting = replace(
        LB01, running=START_SILENCE - 1, undecided=START_SILENCE - 1, able=(), heard=(), known=()
    )
    assert not pushes_for_pair(starting)
    assert not pushes_for_node(starting)
    assert pushes_for_pair(replace(starting, running=START_SILENCE))
    assert pushes_for_node(replace(starting, running=START_SILENCE))
    assert pushes_for_pair(replace(starting, undecided=None))


def test_an_agent_that_has_just_begun_waits_for_those_it_knows_but_not_for_long() -> None:
    alone = replace(LB01, running=GREETING - 1, able=(), heard=())
    assert not pushes_for_pair(alone)
    assert pushes_for_pair(replace(alone, running=GREETING))
    assert pushes_for_pair(replace(alone, heard=PEER))


def test_one_that_does_not_know_leaves_it_to_the_other_if_that_knows_better() -> None:
    undecided = replace(LB01, undecided=10)
    assert not pushes_for_pair(undecided)
    assert pushes_for_pair(replace(undecided, able=()))
    assert not pushes_for_pair(replace(undecided, able=(), undecided=1))
    assert pushes_for_pair(replace(undecided, able=(), heard=(), undecided=0))


@given(
    st.booleans(),
    st.sampled_from([None, 0.0, 100.0]),
    st.sampled_from([None, 0.0, 100.0]),
    st.booleans(),
    st.booleans(),
)
def test_whatever_is_so_at_least_one_of_two_pushes_once_both_have_run_for_a_while(
    hear: bool, undecided1: float | None, undecided2: float | None, able1: bool, able2: bool
) -> None:
    """`able` is true only of one that has something sure to say, and did not fail."""
    able1, able2 = able1 and undecided1 is None, able2 and undecided2 is None
    first = replace(
        LB01,
        heard=PEER if hear else (),
        able=PEER if hear and able2 else (),
        undecided=undecided1,
        failing=not able1,
    )
    second = replace(
        LB02,
        heard={"lb01"} if hear else (),
        able={"lb01"} if hear and able1 else (),
        undecided=undecided2,
        failing=not able2,
    )
    patient = [each for each in (first, second) if each.undecided == 0.0]
    assert pushes_for_pair(first) or pushes_for_pair(second) or patient


# --- what -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [each for each in PassiveCheck if each is not PassiveCheck.INSTANCE])
def test_a_result_is_what_the_plugin_prints(check: PassiveCheck) -> None:
    seen = snapshots.split_brain()
    result = statement(replace(TARGET, check=check), seen, AT + 1).result
    printed = check_text(seen, Question(check=CheckName(check.value), verbosity=1), AT + 1).splitlines()[1:]
    assert [f"{result.output} | {' '.join(result.perfdata)}", *result.details] == printed


def test_every_check_of_the_plugin_can_be_pushed() -> None:
    assert [each.value for each in PassiveCheck] == [each.value for each in CheckName]


def test_a_result_of_the_pair_is_of_the_host_named_like_it_and_one_of_a_node_like_the_node() -> None:
    seen = snapshots.split_brain("lb02")
    of_pair = statement(TARGET, seen, AT).result
    assert (of_pair.host, of_pair.service, of_pair.code, of_pair.source, of_pair.ttl) == (
        "web",
        "hawatch",
        2,
        "lb02",
        180,
    )
    assert statement(replace(TARGET, of=PassiveOf.NODE), seen, AT).result.host == "lb02"
    assert statement(replace(TARGET, host="vip.example.net"), seen, AT).result.host == "vip.example.net"


def test_the_shape_changes_with_the_verdict_and_not_with_numbers() -> None:
    moved = snapshots.moved()
    said = [statement(TARGET, replace(moved, at=AT + after), AT + after) for after in (0, 60, 240)]
    assert len({each.result.output for each in said}) == 3
    assert len({each.shape for each in said}) == 1
    others = [snapshots.steady(), snapshots.split_brain(), snapshots.failover(), snapshots.isolated()]
    assert len({statement(TARGET, each, AT).shape for each in (moved, *others)}) == 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VI_1", "VI_2"),
        ("10.0.0.1", "10.0.0.2"),
        ("fe80::1", "fe80::2"),
        ("lb01", "lb02"),
        ("node-1", "node-2"),
    ],
)
def test_a_name_with_digits_is_no_number(one: str, other: str) -> None:
    shapes = {
        statement(
            TARGET,
            snapshots.snapshot(snapshots.router(snapshots.verdict(VerdictKind.NO_OWNER, name))),
            AT,
        ).shape
        for name in (one, other)
    }
    assert len(shapes) == 2


def test_what_rests_on_too_little_is_undecided() -> None:
    assert statement(TARGET, snapshots.indeterminate(), AT).undecided
    assert statement(TARGET, snapshots.snapshot(), AT).undecided
    assert not statement(TARGET, snapshots.isolated(), AT).undecided
    assert not statement(TARGET, snapshots.split_brain(), AT).undecided
