"""The campaign's score: a right night gives no error, and every kind of wrong answer gives its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.campaign.episode import Episode, Pair, Trouble, Wire
from tests.campaign.errors import Category
from tests.campaign.record import Blamed, Compared, Done, Holding, Lived, Record, Said
from tests.campaign.score import score

VIP = "10.0.0.100"
BOTH = ("lb01", "lb02")
PAIR = Pair(version=3, interval=0.3)
BEGIN, TAKEN, HEALED, GIVEN, END = 10.0, 11.2, 17.0, 17.3, 22.0
"""lb02 hears nothing from BEGIN to HEALED, and holds the VIP as well from TAKEN to GIVEN."""


def lives(**changed: tuple[Lived, ...]) -> tuple[Lived, ...]:
    """keepalived and agents that run all the time, but those that are given otherwise as `keepalived_lb01`."""
    found: list[Lived] = []
    for what in ("keepalived", "agent"):
        for node in BOTH:
            usual = (Lived(what=what, node=node, start=0.0, end=END, state="running"),)
            found += changed.get(f"{what}_{node}", usual)
    return tuple(found)


def says(*words: tuple[float, str], on: tuple[str, ...] = BOTH) -> tuple[Said, ...]:
    """Verdicts at times, on these agents."""
    return tuple(
        Said(time=at, node=node, instance="VI_1", verdict=verdict, rule="R")
        for node in on
        for at, verdict in words
    )


def blames(*words: tuple[float, str], on: tuple[str, ...] = BOTH) -> tuple[Blamed, ...]:
    """Causes from times on, separated by blanks, on these agents."""
    return tuple(
        Blamed(time=at, node=node, instance="VI_1", causes=frozenset(causes.split()))
        for node in on
        for at, causes in words
    )


def held(*spans: tuple[float, float, str]) -> tuple[Holding, ...]:
    """Who held the VIP when."""
    return tuple(
        Holding(vip=VIP, start=start, end=end, nodes=tuple(nodes.split())) for start, end, nodes in spans
    )


SPLIT_HOLDINGS = held((0, TAKEN, "lb01"), (TAKEN, GIVEN, "lb01 lb02"), (GIVEN, END, "lb01"))
RIGHT_WORDS = says((1, "steady"), (TAKEN + 0.2, "split_brain"), (GIVEN + 0.1, "steady"))
RIGHT_CAUSES = blames((1, ""), (TAKEN + 0.3, "vrrp_blocked_inbound@lb02"), (GIVEN + 0.2, ""))


def night(kind: str = "drop_in", node: str = "lb02", pair: Pair = PAIR, **changed: object) -> Record:
    """A split that both agents told in time, named and took back, with what is changed in it."""
    trouble = Trouble(kind=kind, node=node, begin=0.0, lasts=HEALED - BEGIN)
    right = Record(
        episode=Episode(seed=1, index=1, pair=pair, troubles=(trouble,)),
        settled=BEGIN - 1,
        ended=END,
        owner="lb01",
        vips={"VI_1": (VIP,)},
        done=(Done(number=0, begin=BEGIN, begun=BEGIN, end=HEALED, undone=HEALED),),
        holdings=SPLIT_HOLDINGS,
        lives=lives(),
        said=RIGHT_WORDS,
        blamed=RIGHT_CAUSES,
        compared=(Compared(time=15.0, node="lb01", differences=()),),
    )
    return replace(right, **changed)  # type: ignore[arg-type]


def categories(record: Record) -> set[Category]:
    return set(score(record).categories)


def test_a_night_told_right_has_no_error_and_was_looked_at() -> None:
    came = score(night())
    assert came.errors == ()
    assert (came.splits, came.causes, came.named, came.compared) == (2, 2, 2, 1)
    assert came.moments >= 4


def test_a_split_said_where_nobody_else_held_is_false() -> None:
    cried = says((1, "steady"), (14, "split_brain"), (14.5, "steady"))
    record = night("loss_regular", holdings=held((0, END, "lb01")), said=cried, blamed=blames((1, "")))
    assert categories(record) == {Category.FALSE_SPLIT}
    assert {error.node for error in score(record).errors} == set(BOTH)


def test_a_handover_that_overlaps_no_longer_than_allowed_founds_no_split() -> None:
    brief = held((0, 14, "lb01"), (14, 14.1, "lb01 lb02"), (14.1, END, "lb02"))
    cried = says((1, "steady"), (14.05, "split_brain"), (14.5, "steady"))
    record = night("loss_regular", holdings=brief, said=cried, blamed=blames((1, "")))
    assert Category.FALSE_SPLIT in categories(record)


def test_a_suspicion_where_nobody_else_held_is_false() -> None:
    cried = says((1, "steady"), (14, "split_brain_suspected"), (14.5, "steady"))
    record = night("loss_regular", holdings=held((0, END, "lb01")), said=cried, blamed=blames((1, "")))
    assert categories(record) == {Category.FALSE_SUSPICION}


def test_an_agent_alone_may_suspect_a_peer_that_lives_and_is_cut_off_on_the_lan() -> None:
    pair = replace(PAIR, agents=("lb02",), wire=Wire.SECOND)
    suspects = says((1, "steady"), (12, "split_brain_suspected"), (HEALED + 0.3, "steady"), on=("lb02",))
    moved = held((0, BEGIN, "lb01"), (TAKEN, END, "lb02"))
    record = night(
        "carrier", "lb01", pair, said=suspects, holdings=moved, blamed=blames((1, ""), on=("lb02",))
    )
    assert not {Category.FALSE_SUSPICION, Category.WRONG_VERDICT} & categories(record)


@pytest.mark.parametrize(
    "known",
    [{"wire": Wire.NONE}, {"wire": Wire.SECOND, "agents": BOTH}],
    ids=["no second wire", "two agents"],
)
def test_the_same_is_false_where_nothing_says_that_the_peer_lives_or_its_agent_tells(
    known: dict[str, object],
) -> None:
    pair = replace(PAIR, **{"agents": ("lb02",), **known})  # type: ignore[arg-type]
    suspects = says((1, "steady"), (12, "split_brain_suspected"), (HEALED + 0.3, "steady"), on=("lb02",))
    moved = held((0, BEGIN, "lb01"), (TAKEN, END, "lb02"))
    record = night(
        "carrier", "lb01", pair, said=suspects, holdings=moved, blamed=blames((1, ""), on=("lb02",))
    )
    assert Category.FALSE_SUSPICION in categories(record)


@pytest.mark.parametrize(
    "instead", ["steady", "failover", "degraded", "split_brain_suspected", "indeterminate"]
)
def test_a_split_of_which_an_agent_could_know_is_missed_whatever_it_says_instead(instead: str) -> None:
    words = says((1, "steady"), (TAKEN + 0.2, instead), (GIVEN + 0.1, "steady"), on=("lb01",))
    record = night(said=(*words, *(each for each in RIGHT_WORDS if each.node == "lb02")))
    missed = [error for error in score(record).errors if error.category is Category.MISSED_SPLIT]
    assert missed
    assert {error.node for error in missed} == {"lb01"}


def test_a_peer_out_of_reach_is_no_excuse_where_the_split_could_be_known() -> None:
    record = night(
        said=says((1, "steady"), (TAKEN + 0.2, "degraded"), (GIVEN + 0.1, "steady")),
        blamed=blames((1, ""), (TAKEN + 0.3, "peer_unreachable@lb01"), (GIVEN + 0.2, "")),
    )
    assert {Category.MISSED_SPLIT, Category.WRONG_CAUSE, Category.MISSING_CAUSE} <= categories(record)


UNKNOWABLE = (
    *says((1, "steady"), (13, "degraded"), (GIVEN + 0.1, "steady"), on=("lb01",)),
    *says((1, "steady"), (13, "failover"), (14, "degraded"), (GIVEN + 0.1, "steady"), on=("lb02",)),
)
OUT_OF_REACH = (
    *blames((1, ""), (13, "peer_unreachable@lb02"), (GIVEN + 0.2, ""), on=("lb01",)),
    *blames((1, ""), (13, "peer_unreachable@lb01"), (GIVEN + 0.2, ""), on=("lb02",)),
)


def test_a_partition_on_the_only_wire_is_right_when_both_say_that_they_cannot_know() -> None:
    came = score(night("partition", said=UNKNOWABLE, blamed=OUT_OF_REACH))
    assert came.errors == ()
    assert came.splits == 0
    assert came.undecidable == 2


def test_a_partition_on_the_only_wire_is_missed_by_those_who_do_not_say_that_they_cannot_know() -> None:
    record = night("partition", said=UNKNOWABLE, blamed=blames((1, "")))
    assert categories(record) == {Category.MISSED_SPLIT, Category.MISSING_CAUSE}


@pytest.mark.parametrize("extra", [{"wire": Wire.SECOND}, {"wire": Wire.SERIAL}, {"witness": True}])
def test_with_a_second_wire_or_a_witness_a_partition_has_to_be_told(extra: dict[str, object]) -> None:
    pair = replace(PAIR, **extra)  # type: ignore[arg-type]
    record = night("partition", pair=pair, said=UNKNOWABLE, blamed=OUT_OF_REACH)
    assert Category.MISSED_SPLIT in categories(record)


def test_an_agent_alone_in_a_unicast_network_is_right_when_it_says_that_nobody_verified_the_peer() -> None:
    pair = replace(PAIR, unicast=True, agents=("lb01",))
    quiet = says((1, "steady"), on=("lb01",))
    told = tuple(
        Blamed(time=1, node="lb01", instance="VI_1", causes=frozenset(), mild=frozenset(mild))
        for mild in [{"peer_unverified@lb02"}]
    )
    record = night("vip_added", "lb02", pair, said=quiet, blamed=told)
    assert score(record).errors == ()
    assert score(record).undecidable >= 1
    assert categories(replace(record, blamed=blames((1, ""), on=("lb01",)))) == {Category.MISSED_SPLIT}


def test_a_split_told_too_late_is_late() -> None:
    record = night(said=says((1, "steady"), (TAKEN + 3, "split_brain"), (GIVEN + 0.1, "steady")))
    assert categories(record) == {Category.LATE}


def test_a_cause_that_nobody_names_is_missing() -> None:
    came = score(night(blamed=blames((1, ""))))
    assert {error.category for error in came.errors} == {Category.MISSING_CAUSE}
    assert (came.causes, came.named) == (2, 0)


def test_the_right_cause_on_the_wrong_node_is_missing_and_wrong() -> None:
    elsewhere = blames((1, ""), (TAKEN + 0.3, "vrrp_blocked_inbound@lb01"), (GIVEN + 0.2, ""))
    assert categories(night(blamed=elsewhere)) == {Category.MISSING_CAUSE, Category.WRONG_CAUSE}


def test_a_second_cause_that_nothing_gave_rise_to_is_wrong() -> None:
    more = blames((1, ""), (TAKEN + 0.3, "vrrp_blocked_inbound@lb02 auth_mismatch@lb02"), (GIVEN + 0.2, ""))
    came = score(night(blamed=more))
    assert {error.category for error in came.errors} == {Category.WRONG_CAUSE}
    assert came.named == 2


def test_a_cause_that_flickers_between_two_looks_is_no_error() -> None:
    brief = blames(
        (1, ""), (12, "vrrp_blocked_inbound@lb02 partition@lb02"), (12.5, "vrrp_blocked_inbound@lb02")
    )
    assert score(night(blamed=(*brief, *blames((GIVEN + 0.2, ""))))).errors == ()


def test_an_agent_alone_need_not_name_what_is_seen_on_the_other_host_only() -> None:
    pair = replace(PAIR, agents=("lb01",))
    mine = tuple(each for each in RIGHT_WORDS if each.node == "lb01")
    came = score(night(pair=pair, said=mine, blamed=blames((1, ""), on=("lb01",))))
    assert came.errors == ()
    assert came.causes == 0


def test_a_verdict_that_outlives_the_split_is_wrong_and_not_steady() -> None:
    record = night(said=says((1, "steady"), (TAKEN + 0.2, "split_brain")))
    assert categories(record) == {Category.WRONG_VERDICT, Category.NOT_STEADY}


def test_a_verdict_that_is_not_steady_in_the_end_is_an_error() -> None:
    record = night(said=says((1, "steady"), (TAKEN + 0.2, "split_brain"), (GIVEN + 0.1, "degraded")))
    assert Category.NOT_STEADY in categories(record)


def test_a_cause_that_is_left_behind_is_an_error() -> None:
    record = night(blamed=RIGHT_CAUSES[:2] + RIGHT_CAUSES[3:])
    assert categories(record) == {Category.NOT_STEADY}


def test_a_pair_whose_standby_has_died_is_not_steady() -> None:
    dead = (
        Lived(what="keepalived", node="lb02", start=0.0, end=BEGIN, state="running"),
        Lived(what="keepalived", node="lb02", start=BEGIN, end=HEALED, state="gone"),
        Lived(what="keepalived", node="lb02", start=HEALED, end=END, state="running"),
    )
    record = night(
        "stop",
        holdings=held((0, END, "lb01")),
        lives=lives(keepalived_lb02=dead),
        said=says((1, "steady")),
        blamed=blames((1, ""), (11, "keepalived_dead@lb02"), (HEALED + 0.5, "")),
    )
    assert categories(record) == {Category.WRONG_VERDICT}
    degraded = says((1, "steady"), (11, "degraded"), (HEALED + 0.5, "steady"))
    assert score(replace(record, said=degraded)).errors == ()


def test_a_standby_that_cannot_take_over_and_hears_nobody_says_that_there_is_no_owner_if_it_cannot_know() -> (
    None
):
    frozen = (
        Lived(what="keepalived", node="lb01", start=0.0, end=BEGIN, state="running"),
        Lived(what="keepalived", node="lb01", start=BEGIN, end=HEALED, state="stopped"),
        Lived(what="keepalived", node="lb01", start=HEALED, end=END, state="running"),
    )
    mine = says((1, "steady"), (12, "no_owner"), (HEALED + 0.3, "steady"), on=("lb01",))
    others = says((1, "steady"), (12, "degraded"), (HEALED + 0.3, "steady"), on=("lb02",))
    away = blames((1, ""), (12, "peer_unreachable@lb02"), (HEALED + 0.3, ""), on=("lb01",))
    record = night(
        "partition",
        holdings=held((0, END, "lb02")),
        lives=lives(keepalived_lb01=frozen),
        said=(*mine, *others),
        blamed=(*away, *blames((1, ""), (12, "peer_unreachable@lb01"), (HEALED + 0.3, ""), on=("lb02",))),
    )
    assert Category.WRONG_VERDICT not in categories(record)
    assert Category.WRONG_VERDICT in categories(replace(record, blamed=blames((1, ""))))


def test_nobody_holding_has_to_be_said() -> None:
    nobody = held((0, BEGIN, "lb01"), (BEGIN, HEALED, ""), (HEALED, END, "lb01"))
    record = night("reload", holdings=nobody, said=says((1, "steady")), blamed=blames((1, "")))
    assert categories(record) == {Category.WRONG_VERDICT}


def test_two_agents_that_hear_each_other_and_differ_for_long_are_an_error() -> None:
    words = (
        *says((1, "steady"), (11, "degraded"), (15.5, "steady"), on=("lb01",)),
        *says((1, "steady"), on=("lb02",)),
    )
    quiet = night("loss_regular", holdings=held((0, END, "lb01")), said=words, blamed=blames((1, "")))
    assert categories(quiet) == {Category.AGENTS_DIFFER}


def test_two_agents_that_cannot_hear_each_other_may_differ_for_as_long_as_it_lasts() -> None:
    words = (
        *says((1, "steady"), (12, "degraded"), (GIVEN + 0.1, "steady"), on=("lb01",)),
        *says((1, "steady"), (12, "failover"), (GIVEN + 0.1, "steady"), on=("lb02",)),
    )
    assert score(night("partition", said=words, blamed=OUT_OF_REACH)).errors == ()


def test_a_place_that_shows_something_else_is_an_error() -> None:
    other = (Compared(time=15.0, node="lb01", differences=("the plugin exits with 0",)),)
    assert categories(night(compared=other)) == {Category.SURFACES}


def test_an_agent_that_did_not_run_is_asked_for_nothing() -> None:
    away = (
        Lived(what="agent", node="lb02", start=0.0, end=BEGIN, state="running"),
        Lived(what="agent", node="lb02", start=BEGIN, end=HEALED, state="gone"),
        Lived(what="agent", node="lb02", start=HEALED, end=END, state="running"),
    )
    words = (*(each for each in RIGHT_WORDS if each.node == "lb01"), *says((1, "steady"), on=("lb02",)))
    came = score(night(lives=lives(agent_lb02=away), said=words))
    assert Category.MISSED_SPLIT not in came.categories
    assert came.splits == 1


def test_a_starved_agent_is_asked_for_nothing_until_it_has_the_processor_again_and_the_other_still_is() -> (
    None
):
    mute = (*says((1, "steady"), on=("lb01",)), *(each for each in RIGHT_WORDS if each.node == "lb02"))
    record = night("starve", "lb01", said=mute, blamed=blames((1, "")))
    assert not {Category.MISSED_SPLIT, Category.LATE, Category.AGENTS_DIFFER} & categories(record)
    nobody = night("starve", "lb01", said=says((1, "steady")), blamed=blames((1, "")))
    missed = [error for error in score(nobody).errors if error.category is Category.MISSED_SPLIT]
    assert {error.node for error in missed} == {"lb02"}


def test_what_the_lab_could_not_play_is_no_answer_of_an_agent() -> None:
    assert categories(night(problem="LabError: no keepalived")) == {Category.UNFIT}
    for_ever = held((0, TAKEN, "lb01"), (TAKEN, END, "lb01 lb02"))
    assert categories(night(holdings=for_ever)) == {Category.UNFIT}


def test_a_record_survives_its_file() -> None:
    assert Record.from_json(night().to_json()) == night()
