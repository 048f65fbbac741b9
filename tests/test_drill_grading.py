"""What a drill is graded by: the verdicts, what clients lost, whether messages went out and came back."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.drill.grading import limits_of, losses, message_items, verdict_items
from hawatch.drill.lanes import Lanes, read_lanes
from hawatch.drill.losses import Sample, outages
from hawatch.drill.markdown import markdown
from hawatch.drill.observed import expected_items, first_sign
from hawatch.drill.report import REPORT, Item, Line, Looped, Report, Told
from hawatch.errors import DecodeError
from tests.documents import CLONE, blocks
from tests.drilled import BEGAN, VERDICTS, asked, at, lanes, moves, plan

PROMTOOL = shutil.which("promtool")
GOLDEN = Path(__file__).with_name("golden") / "drill.md"
CLIENT = "icmp://10.0.0.100"


def graded(found: Lanes) -> dict[str, Item]:
    items, _ = verdict_items(plan(), moves(), found, at(0), at(19))
    return {each.what: each for each in items}


# --- verdicts -------------------------------------------------------------------------------------


def test_what_went_as_it_should_passes_with_its_times() -> None:
    items = graded(lanes())
    assert all(each.passed for each in items.values())
    there, back = items["failover: VI_1 switchover"], items["failback: VI_1 failback"]
    assert there.measured == pytest.approx(0.5)
    assert (there.limit, there.text) == (2.0, "after lb01's resignation")
    assert back.measured == pytest.approx(0.3)
    assert back.text == "after lb02's last advertisement"
    steady = items["failback: VI_1 steady again"]
    # Not the moment at which lb01 was a standby again, but that at which it had the VIP.
    assert steady.measured == pytest.approx(7.3)
    assert steady.limit == pytest.approx(20.2)
    _, measured = verdict_items(plan(), moves(), lanes(), at(0), at(19))
    assert [(each.move, each.name) for each in measured] == [("failover", "VI_1"), ("failback", "VI_1")]


@pytest.mark.parametrize(
    ("verdicts", "failed"),
    [
        (((-9, "steady"), (1.6, "failover"), (3.7, "degraded"), *VERDICTS[3:]), "failover: VI_1 switchover"),
        (VERDICTS[:4], "failback: VI_1 failback"),
        (VERDICTS[:5], "failback: VI_1 steady again"),
        ((*VERDICTS[:5], (30, "steady")), "failback: VI_1 steady again"),
        ((*VERDICTS[:2], (2.0, "no_owner"), *VERDICTS[2:]), "VI_1: nothing else was said"),
        ((*VERDICTS[:2], (2.0, "split_brain"), *VERDICTS[2:]), "VI_1: nothing else was said"),
        (((-9, "steady"), (3.2, "switchover"), *VERDICTS[2:]), "failover: VI_1 switchover"),
    ],
)
def test_another_verdict_or_a_late_one_fails(verdicts: tuple[tuple[float, str], ...], failed: str) -> None:
    assert graded(lanes(verdicts))[failed].passed is False


def test_what_cannot_be_measured_is_not_graded_and_says_why() -> None:
    item = graded(lanes(resigned=19.5))["failover: VI_1 switchover"]
    assert item.passed is None
    assert "lb01" in item.text


def test_nothing_remembered_is_no_pass() -> None:
    items = graded(Lanes({}))
    assert all(each.passed is False for each in items.values())


def test_who_only_lost_a_standby_must_have_been_told_nothing_else() -> None:
    found, _ = verdict_items(plan(others=("VI_2",)), moves(), lanes(), at(0), at(19))
    assert found[-1].what == "VI_2: nothing else was said"
    assert found[-1].passed is False


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"lanes": 1}, {"lanes": [1]}, {"lanes": [{"kind": "verdict"}]},
               {"lanes": [{"kind": "verdict", "instance": "VI_1", "spans": [[1]]}]}],
)  # fmt: skip
def test_an_answer_that_is_no_history_is_an_error(answer: object) -> None:
    with pytest.raises(DecodeError):
        read_lanes(answer)


# --- clients --------------------------------------------------------------------------------------


def test_what_a_client_lost_is_counted_by_move() -> None:
    samples = {CLIENT: asked((1.2, 1.6), (10.1, 10.15))}
    lost, items = losses(moves(), samples, limits_of({CLIENT: "VI_1"}, plan()))
    there, back = lost
    assert (there.move, there.failed, there.requests) == ("failover", 8, 120)
    assert there.seconds == pytest.approx(0.4)
    assert there.longest == pytest.approx(0.4)
    assert (back.move, back.failed) == ("failback", 1)
    assert back.seconds == pytest.approx(0.05, abs=0.001)
    assert all(each.passed for each in items)
    assert {each.limit for each in items} == {2.0}


def test_who_lost_too_much_fails_and_who_asked_nothing_is_not_graded() -> None:
    lost, items = losses(moves(), {CLIENT: asked((1.0, 3.1), until=6.0)}, {CLIENT: 2.0})
    assert [each.passed for each in items] == [False, None]
    assert lost[0].longest == pytest.approx(2.1)


@given(st.lists(st.booleans(), max_size=200))
def test_every_lost_request_is_in_exactly_one_outage(answers: list[bool]) -> None:
    found = outages(Sample(at=float(n), answered=each) for n, each in enumerate(answers))
    assert sum(each.lost for each in found) == answers.count(False)
    assert all(one.end <= other.begin for one, other in pairwise(found))
    ended = [each for each in found if each.end < len(answers) - 1 or (answers and answers[-1])]
    assert all(each.seconds == each.lost for each in ended)


def test_the_order_of_sending_counts_not_that_of_the_answers() -> None:
    sent = [Sample(at=2.0, answered=True), Sample(at=0.0, answered=True), Sample(at=1.0, answered=False)]
    (gap,) = outages(sent)
    assert (gap.begin, gap.end, gap.lost) == (1.0, 2.0, 1)


# --- messages -------------------------------------------------------------------------------------

ANNA = Told(person="anna", channel="modem", to="+861", state="delivered", through=4.0, answered=31.0)


@pytest.mark.parametrize(
    ("told", "passed"),
    [
        (ANNA, [True, True]),
        (replace(ANNA, answered=None), [True, False]),
        (replace(ANNA, answered=121.0), [True, False]),
        (replace(ANNA, state="failed", through=None, problem="no network"), [False, True]),
        (replace(ANNA, through=61.0), [False, True]),
    ],
)
def test_a_message_has_to_go_out_and_its_answer_to_come_back(told: Told, passed: list[bool]) -> None:
    assert [each.passed for each in message_items([told], [], 120)] == passed


def test_one_way_of_several_is_enough() -> None:
    mail = replace(ANNA, channel="mail", state="retrying", through=None, answered=None)
    assert [each.passed for each in message_items([mail, ANNA], [], 120)] == [True, True]
    assert [each.passed for each in message_items([mail, ANNA], [], 0)] == [True]


def test_without_anybody_who_agreed_messages_are_not_graded() -> None:
    (item,) = message_items([], [], 120)
    assert item.passed is None


@pytest.mark.parametrize(("state", "passed"), [("back", True), ("lost", False), ("pending", False)])
def test_a_channel_s_message_to_itself_has_to_come_back(state: str, passed: bool) -> None:
    (item,) = message_items([], [Looped(channel="modem", state=state, seconds=None)], 0)
    assert item.passed is passed


# --- the report -----------------------------------------------------------------------------------


def report(**more: object) -> Report:
    items, verdicts = verdict_items(plan(), moves(), lanes(), at(0), at(19))
    samples = {CLIENT: asked((1.2, 1.6))}
    lost, lost_items = losses(moves(), samples, limits_of({CLIENT: "VI_1"}, plan()))
    looped = (Looped(channel="mo|dem", state="lost", seconds=None, problem="the way in is dead"),)
    fields: dict[str, object] = {
        "id": "drill-261122-lb02-1",
        "pair": "web",
        "node": "lb02",
        "who": "anna (root)",
        "version": "1.0",
        "began": at(0),
        "ended": at(19),
        "plan": plan(),
        "place": "on lb02, the standby",
        "every": 0.05,
        "patience": 1.0,
        "items": (*items, *lost_items, *message_items([ANNA], (), 120)),
        "moves": moves(),
        "lost": lost,
        "told": (ANNA,),
        "looped": looped,
        "lines": (Line(at=at(0.004), text="begins"), Line(at=at(1.6), text="VI_1: switchover")),
        "verdicts": verdicts,
        **more,
    }
    return Report(**fields)  # type: ignore[arg-type]


def test_the_report_reads_like_this() -> None:
    text = markdown(report())
    assert text == GOLDEN.read_text(), "changed on purpose? then write tests/golden/drill.md anew"


def test_a_report_is_the_same_after_it_was_kept() -> None:
    assert REPORT.decode(REPORT.encode(report())) == report()


def test_what_failed_or_was_broken_off_stands_at_the_top() -> None:
    assert report().passed
    failed = report(items=(Item(what="x", passed=False),))
    assert markdown(failed).startswith("# Drill drill-261122-lb02-1: FAILED\n")
    broken = report(broken_off="interrupted (SIGINT)")
    assert not broken.passed
    assert "Broken off: interrupted (SIGINT).\n" in markdown(broken)


def test_the_result_is_what_both_nodes_keep() -> None:
    result = report().result()
    assert (result.at, result.passed) == (at(19), True)
    assert [(each.move, each.name) for each in result.outages] == [("failover", CLIENT), ("failback", CLIENT)]


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_the_alert_that_the_document_shows_is_one(tmp_path: Path) -> None:
    (rule,) = [each.text for each in blocks(CLONE / "docs" / "drill.md") if "alert:" in each.text]
    path = tmp_path / "rules.yml"
    path.write_text(rule)
    checked = subprocess.run(
        [str(PROMTOOL), "check", "rules", path], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


# --- what others do -------------------------------------------------------------------------------


def test_what_others_brought_about_is_graded_by_the_order_of_verdicts() -> None:
    found = lanes(((-9, "steady"), (2.0, "split_brain"), (9.0, "steady")))
    sign = first_sign(found, "VI_1", BEGAN)
    assert sign == at(1.1)
    items = list(expected_items(["split_brain", "steady"], found, "VI_1", BEGAN, sign))
    assert [each.passed for each in items] == [True, True]
    assert items[0].measured == pytest.approx(0.9)
    wrong = list(expected_items(["steady", "split_brain"], found, "VI_1", BEGAN, sign))
    assert [each.passed for each in wrong] == [True, False]
