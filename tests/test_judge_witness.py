"""What one node's judge makes of a witness's words: proofs, who lives, what is old; told as stories."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawatch import evidence as ev
from hawatch.journal import change_record
from hawatch.judge import Judge, Outcome
from hawatch.plain import codec
from hawatch.wire.report import DaemonState
from tests.story import VIP, Story, master, standby


def witnessed(story: Story) -> Story:
    story.has_witness()
    return story


def cut_off_from(story: Story, peer: str, seconds: float, **word: Any) -> None:
    """For so long nothing of the peer arrives, while gateway and witness speak."""
    for _ in range(int(seconds * 2)):
        story.echo(peer, replied=False)
        story.gateway(replied=True)
        if story.judge.situation.routers["VI_1"].we_hold(story.now):
            story.advert(story.me)
        story.witness(**word)
        story.wait(0.5)


BOTH: dict[str, Any] = {"reaches": ("lb01", "lb02")}


def test_two_owners_that_answer_a_witness_twice_are_a_split_proved_on_the_old_owner() -> None:
    story = witnessed(master())
    cut_off_from(story, "lb02", 4, **BOTH)
    assert "split_brain" not in story.verdicts
    story.witness("lb01", "lb02", **BOTH)
    assert story.verdict.value == "split_brain"
    assert story.judge.standing["VI_1"].verdict.rule == "SB5-witnessed"
    assert "lb01 and lb02" in story.judge.standing["VI_1"].verdict.summary


def test_two_owners_that_answer_a_witness_twice_are_a_split_proved_on_the_new_owner() -> None:
    story = witnessed(standby())
    cut_off_from(story, "lb01", 3.6, **BOTH)
    story.advert("lb02")
    story.holds(True)
    story.witness("lb01", "lb02", rounds=1, **BOTH)
    assert story.verdict.value != "split_brain"
    story.wait(0.5)
    story.witness("lb01", "lb02", apart=0.3, age=0.02, **BOTH)
    assert story.verdict.value == "split_brain"


@pytest.mark.parametrize(
    "word",
    [
        {"control_count": 2},
        {"control": None},
        {"control_count": 0},
        {"apart": 0.1},
        {"rounds": 1},
        {"age": 4.0},
        {"delay": 5.0},
    ],
    ids=["duplicated", "no control", "control silent", "too close", "once", "old rounds", "long under way"],
)
def test_what_is_no_proof_from_a_witness_gives_no_split(word: dict[str, Any]) -> None:
    story = witnessed(master())
    cut_off_from(story, "lb02", 4, **BOTH)
    story.witness("lb01", "lb02", **{**BOTH, **word})
    assert story.verdict.value != "split_brain"
    assert story.judge.situation.routers["VI_1"].proof is None


def test_an_orderly_handover_that_both_answer_for_a_moment_is_no_split() -> None:
    story = witnessed(standby())
    story.advert("lb01", 0)
    story.wait(0.6)
    story.advert("lb02")
    story.holds(True)
    story.witness("lb01", "lb02", apart=0.3, age=0.01, **BOTH)  # the older round is from before we held
    assert "split_brain" not in story.verdicts


def test_a_witness_that_is_not_configured_changes_nothing() -> None:
    story = master()
    cut_off_from(story, "lb02", 4)
    before = story.verdicts
    story.witness("lb01", "lb02", **BOTH)
    assert (story.verdicts, story.judge.situation.node.witnesses) == (before, {})


def test_the_proof_of_a_witness_ends_when_its_rounds_show_one_owner_or_the_other_says_so() -> None:
    story = witnessed(master())
    cut_off_from(story, "lb02", 4, **BOTH)
    story.witness("lb01", "lb02", **BOTH)
    story.wait(1)
    story.witness("lb01", rounds=4, apart=0.2, age=0.01, control="lb02", **BOTH)
    assert story.verdict.value != "split_brain"

    story = witnessed(master())
    cut_off_from(story, "lb02", 4, **BOTH)
    story.witness("lb01", "lb02", **BOTH)
    story.wait(0.1)
    story.report("lb02", held=False)
    assert story.verdict.value != "split_brain"


def test_silence_of_the_witness_clears_no_proof() -> None:
    story = witnessed(master())
    cut_off_from(story, "lb02", 4, **BOTH)
    story.witness("lb01", "lb02", **BOTH)
    for _ in range(12):
        story.advert("lb01")
        story.gateway(replied=True)
        story.echo("lb02", replied=False)
        story.probed()
        story.wait(1)
    assert story.verdict.value == "split_brain"


def test_reports_that_a_witness_passes_on_prove_an_overlap() -> None:
    story = witnessed(standby())
    cut_off_from(story, "lb01", 3.6, **BOTH)
    story.advert("lb02")
    story.holds(True)
    story.wait(0.6)
    story.report("lb01", held=True, for_seconds=60, witness="witness1")
    assert story.verdict.value == "split_brain"
    assert story.judge.standing["VI_1"].verdict.rule == "SB1-overlap"
    member = story.judge.situation.node.members.find(name="lb01")
    assert member is not None
    assert "" not in member.addresses | member.agent_addresses


def test_a_peer_that_the_witness_misses_too_is_said_to_be_out_of_reach_for_both() -> None:
    story = witnessed(master())
    cut_off_from(story, "lb02", 8, reaches=("lb01",), misses=("lb02",))
    assert story.verdict.value == "degraded"
    assert story.judge.standing["VI_1"].verdict.rule == "DG5-gone-for-witness"
    assert "and for the witness" in next(
        f.summary for f in story.findings if f.cause.value == "peer_unreachable"
    )


def test_a_peer_that_only_the_witness_reaches_is_not_called_out_of_reach() -> None:
    story = witnessed(master())
    cut_off_from(story, "lb02", 8, **BOTH)
    assert "peer_unreachable" not in story.causes
    assert story.judge.standing["VI_1"].facts.peer_alive is True


def test_a_node_that_only_the_witness_speaks_to_is_not_isolated() -> None:
    story = witnessed(master())
    for _ in range(8):
        story.gateway(replied=False)
        story.echo("lb02", replied=False)
        story.advert("lb01")
        story.witness("lb01", reaches=("lb01",), misses=("lb02",))
        story.wait(1)
    assert "isolated" not in story.verdicts


def test_with_a_silent_witness_the_verdicts_are_those_without_one_and_it_is_named() -> None:
    told = []
    for story in (master(), witnessed(master())):
        for _ in range(10):
            story.echo("lb02", replied=False)
            story.gateway(replied=True)
            story.advert("lb01")
            story.wait(1)
        told.append(story.verdicts)
    assert told[0] == told[1]
    assert "witness_down" in story.causes
    assert "silent" in next(f.summary for f in story.findings if f.cause.value == "witness_down")


def test_a_witness_that_speaks_of_the_past_is_ignored_and_named() -> None:
    past: dict[str, Any]
    for past in ({"delay": 30.0}, {"looked": 30.0, "age": 30.0}):
        story = witnessed(master())
        cut_off_from(story, "lb02", 8, **{**BOTH, **past})
        story.witness("lb01", "lb02", **{**BOTH, **past})
        assert story.verdict.value == "degraded"
        assert story.judge.standing["VI_1"].verdict.rule == "DG2-peer-gone"
        summary = next(f.summary for f in story.findings if f.cause.value == "witness_down")
        assert "old" in summary
        assert "30.0 s" in summary


def test_a_witness_with_another_key_is_named() -> None:
    story = witnessed(master())
    for _ in range(8):
        story.tell(ev.ReportRefused(at=story.now, link="w", src="10.0.0.60", reason="wrong key"))
        story.advert("lb01")
        story.report("lb02", held=False)
        story.echo("lb02", replied=True)
        story.gateway(replied=True)
        story.wait(1)
    findings = [f for f in story.findings if f.cause.value in {"witness_down", "blind"}]
    assert [f.cause.value for f in findings] == ["witness_down"]
    assert "wrong key" in findings[0].summary
    assert story.verdict.value == "steady"


def test_an_owner_whom_only_the_witness_hears_advertise_is_suspected() -> None:
    story = witnessed(standby(agents=False))
    cut_off_from(story, "lb01", 3.6, **BOTH)
    story.advert("lb02")
    story.holds(True)
    cut_off_from(story, "lb01", 6, adverts=("lb01",), control=None, **BOTH)
    assert story.verdict.value == "split_brain_suspected"


def test_a_living_node_that_lets_another_answer_for_the_vip_is_not_suspected() -> None:
    story = witnessed(standby(agents=False))
    cut_off_from(story, "lb01", 3.6, **BOTH)
    story.advert("lb02")
    story.holds(True)
    for _ in range(12):
        story.echo("lb01", replied=False)
        story.gateway(replied=True)
        story.advert("lb02")
        story.probed()
        story.witness("lb02", control="lb01", **BOTH)
        story.wait(0.5)
    assert "split_brain_suspected" not in story.verdicts


def test_what_a_witness_says_survives_the_journal_and_gives_the_same_verdicts_again() -> None:
    seen: list[ev.Evidence] = []
    fresh, evidence = Judge(), codec(ev.Evidence)
    recorded = Story("lb02", judge=Recorder(seen))
    recorded.has_witness()
    for _ in range(5):
        recorded.advert("lb01")
        recorded.report("lb01", held=True)
        recorded.wait(1)
    cut_off_from(recorded, "lb01", 3.6, **BOTH)
    recorded.holds(True)
    recorded.witness("lb01", "lb02", age=0.01, **BOTH)
    recorded.wait(1)
    recorded.witness("lb01", "lb02", age=0.01, **BOTH)
    again = [change for each in seen for change in fresh.step(evidence.decode(evidence.encode(each))).changes]
    assert [change_record(c) for c in again] == [change_record(c) for c in recorded.changes]
    assert recorded.verdict.value == "split_brain"


class Recorder(Judge):
    """A judge that keeps what it was told."""

    def __init__(self, seen: list[ev.Evidence]) -> None:
        super().__init__()
        self._seen = seen

    def step(self, evidence: ev.Evidence) -> Outcome:
        self._seen.append(evidence)
        return super().step(evidence)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["lb01", "lb02", "02:00:00:00:00:99"]),
            st.floats(0, 40),
            st.floats(0, 40),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_no_single_owner_seen_by_a_witness_however_old_is_ever_a_split(
    words: list[tuple[str, float, float, bool]],
) -> None:
    story = witnessed(master())
    for who, age, delay, reaches in words:
        story.witness(
            who,
            age=age,
            delay=delay,
            reaches=("lb01", "lb02") if reaches else (),
            misses=() if reaches else ("lb02",),
        )
        story.wait(0.4)
    assert "split_brain" not in story.verdicts


def test_the_old_owner_whose_daemon_died_and_that_lost_its_link_is_heard_of_by_way_of_the_witness() -> None:
    story = witnessed(standby())
    cut_off_from(story, "lb01", 3.6, **BOTH)
    story.advert("lb02")
    story.holds(True)
    for _ in range(10):
        story.advert("lb02")
        story.gateway(replied=True)
        story.echo("lb01", replied=False)
        story.probed()
        story.report("lb01", held=False, ready=False, daemon=DaemonState.DEAD, witness="witness1")
        story.witness("lb02", control="lb01", **BOTH)
        story.wait(1)
    assert story.verdict.value == "degraded"
    assert story.judge.standing["VI_1"].verdict.rule == "DG3-no-standby"
    assert VIP in story.judge.standing["VI_1"].verdict.summary
