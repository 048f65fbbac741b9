"""A reply asks for an action: at once, after digits, or after a second person; once, and only while it makes sense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.ability import Ability, Danger
from hawatch.codes import Code
from hawatch.desk.deed import DeedState
from hawatch.incident import EntryKind
from hawatch.reply.confirmation import Confirmation, ConfirmationState
from hawatch.verdict import VerdictKind
from tests.phones import (
    ANNA,
    BLOCKED,
    BO,
    CARL,
    FENCE,
    HOUR,
    LB01,
    LB02,
    MINUTE,
    NGINX_DOWN,
    RESTART,
    START,
    STOP,
    Desk,
    Night,
    config,
)

K = VerdictKind


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    """A split that was told and read, in which either node may be demoted."""
    with Night(monkeypatch) as night:
        prepare(night)
        yield night


def prepare(night: Night) -> None:
    for node in (LB01, LB02):
        night.allows(node, STOP, START, RESTART)
    night.split()
    read(night)


def read(night: Night) -> None:
    for phone in night.phones.values():
        phone.unread()


def outcomes(night: Night) -> list[DeedState]:
    return [each.state for each in night.lb01.deeds()]


def nothing_happens(desk: Desk) -> None:
    """An action without an effect that could be seen."""


# --- at once ----------------------------------------------------------------------------------------


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    """nginx is down on lb02, which should have the VIP."""
    with Night(monkeypatch) as night:
        night.allows(LB02, RESTART)
        night.says(K.NO_OWNER, NGINX_DOWN).passes(12)
        read(night)
        yield night


@pytest.mark.parametrize("via", [LB01, LB02])
def test_a_restart_is_run_at_once_and_its_result_told_to_all(down: Night, via: str) -> None:
    down.phone("anna").replies("{code} 2", via=via)
    down.phone("anna").must_read("Under way: restart nginx on lb02")
    down.phone("anna").must_read("Done: restart nginx on lb02", "for anna")
    down.phone("bo").must_read("已完成：在lb02执行重启nginx（anna）")
    down.phone("bo").must_be_silent()
    assert down.runs == [(LB02, "restart-nginx")]
    kinds = [(kind, who) for kind, who, _ in down.lb02.story(down.lb02.only)]
    assert (EntryKind.ASKED, "anna") in kinds
    assert (EntryKind.ACTED, LB02) in kinds


def test_a_restart_that_two_people_ask_for_at_once_is_run_once(down: Night) -> None:
    down.post = down.helpers = False
    down.phone("anna").replies("{code} 2", via=LB01)
    down.phone("bo").replies("{code} 2", via=LB02)
    down.post = True
    down.passes(2)
    assert down.lb01.deeds() == down.lb02.deeds()
    down.helpers = True
    down.passes(5)
    assert down.runs == [(LB02, "restart-nginx")]


def test_a_restart_that_did_not_help_can_be_asked_for_again(down: Night) -> None:
    down.phone("anna").replies("{code} 2")
    down.passes(15)
    down.phone("anna").replies("{code} 2")
    assert down.runs == [(LB02, "restart-nginx")] * 2


def test_a_failure_is_told_with_its_reason(down: Night) -> None:
    down.phone("anna").replies("{code} 2")
    (deed,) = down.lb01.deeds()
    failed = replace(deed, id="another", state=DeedState.FAILED, text="unit nginx.service not found")
    down.lb01.change(lambda _: down.lb01.oncall.ledger.put(failed))
    down.settle()
    assert "FAILED: restart nginx on lb02: unit nginx.service" in down.phone("anna").unread()[-1]
    assert "失败：在lb02执行重启nginx" in down.phone("bo").unread()[-1]


# --- after a confirmation ---------------------------------------------------------------------------


@pytest.mark.parametrize("via", [LB01, LB02])
def test_a_demotion_asks_back_runs_once_and_names_what_takes_it_back(night: Night, via: str) -> None:
    night.phone("anna").replies("{code} 2", via=via)
    night.phone("anna").must_read("{code} 2 = demote lb02", "Reply {nonce} within 5 min", "no to drop it")
    assert night.runs == []
    night.phone("anna").replies("{nonce}", via=via)
    night.phone("anna").must_read("Under way: demote lb02")
    text = night.phone("anna").must_read("Done: demote lb02", "No redundancy until you reply {code} ")
    night.phone("bo").must_read("已完成：降级lb02（anna）", "现无冗余，回{code} ")
    assert night.runs == [(LB02, "stop-keepalived")]
    undo = text.partition("until you reply ")[2].partition(" (")[0]
    night.passes(15)
    read(night)
    night.phone("anna").replies(undo, via=via)
    night.phone("anna").must_read("Under way: restore lb02")
    night.phone("anna").must_read("Done: restore lb02")
    assert night.runs == [(LB02, "stop-keepalived"), (LB02, "start-keepalived")]


def test_what_was_done_can_be_taken_back_by_anybody_told_when_the_trouble_is_over(night: Night) -> None:
    night.effects["stop-keepalived"] = quietly_demoted
    night.phone("anna").replies("{code} 2")
    night.phone("anna").replies("{nonce}")
    read(night)
    night.passes(30)
    night.phone("anna").must_read("OVER")
    assert night.lb01.open == ()
    undo = night.phone("bo").texts[-2].partition("回")[2].partition("恢复")[0]
    night.phone("bo").replies(undo)
    assert night.runs == [(LB02, "stop-keepalived"), (LB02, "start-keepalived")]
    night.phone("bo").unread()
    night.phone("bo").replies("{code} 2")
    night.phone("bo").must_read("{code}已于03:00恢复")


def quietly_demoted(desk: Desk) -> None:
    """keepalived is stopped, and nobody misses it."""
    desk.night.daemons[desk.node] = "dead"
    desk.night.held[desk.node] = False
    for each in desk.night:
        each.words["VI_1"] = (K.STEADY, ())


def test_wrong_digits_are_counted_and_the_third_makes_the_right_ones_worthless(night: Night) -> None:
    night.phone("anna").replies("{code} 2")
    night.phone("anna").unread()
    right = night.phone("anna").nonce
    wrong = [f"{(int(right) + n) % 10_000:04}" for n in (1, 2, 3)]
    for text, left in zip(wrong, (2, 1, 0), strict=True):
        night.phone("anna").replies(text)
        night.phone("anna").must_read("Wrong number, nothing done", f"Tries left: {left}")
    night.phone("anna").replies(right)
    night.phone("anna").must_read("used or too old, nothing done")
    assert night.runs == []


def test_digits_count_for_five_minutes_and_once(night: Night) -> None:
    night.phone("anna").replies("{code} 2")
    night.passes(5 * MINUTE)
    read(night)
    night.phone("anna").replies("{nonce}")
    night.phone("anna").must_read("used or too old")
    night.phone("anna").replies("{code} 2")
    night.phone("anna").replies("{nonce}")
    read(night)
    night.phone("anna").replies("{nonce}")
    night.phone("anna").must_read("used or too old")
    assert night.runs == [(LB02, "stop-keepalived")]


def test_another_s_digits_are_worth_nothing(night: Night) -> None:
    night.phone("anna").replies("{code} 2")
    night.phone("bo").replies(night.phone("anna").nonce)
    night.phone("bo").must_read("已用过或过期")
    assert night.runs == []


def test_guessing_digits_ends_after_five_questions_an_hour(night: Night) -> None:
    guesses = 0
    for _ in range(8):
        night.phone("anna").replies("{code} 2")
        for number in range(3):
            right = night.phone("anna").nonce
            night.phone("anna").replies(f"{(int(right) + 1 + number) % 10_000:04}")
            guesses += 1
    asked = list(night.lb01.oncall.ledger.all(Confirmation))
    assert len(asked) == 5
    assert {each.state for each in asked} == {ConfirmationState.VOID}
    assert night.runs == []


def test_what_is_over_meanwhile_is_not_done(night: Night) -> None:
    night.phone("anna").replies("{code} 2")
    night.heals()
    read(night)
    night.phone("anna").replies("{nonce}")
    night.phone("anna").must_read("{code} is over")
    assert night.runs == []


def test_what_has_changed_meanwhile_is_not_done(night: Night) -> None:
    night.phone("anna").replies("{code} 2")
    read(night)
    night.held = {LB01: False, LB02: True}
    night.says(K.NO_OWNER)
    read(night)
    night.phone("anna").replies("{nonce}")
    night.phone("anna").must_read("Not done: demote lb02", "things have changed")
    assert night.runs == []


def test_what_root_allows_no_longer_is_not_done(night: Night) -> None:
    night.phone("anna").replies("{code} 2")
    night.passes(1)
    night.allows(LB02, START)
    read(night)
    night.phone("anna").replies("{nonce}")
    night.phone("anna").must_read("Not done: demote lb02", "not allowed there")
    assert night.runs == []


def test_the_node_looks_once_more_and_leaves_no_vip_without_an_owner(night: Night) -> None:
    night.daemons[LB01] = None
    night.phone("anna").replies("{code} 2")
    night.phone("anna").replies("{nonce}")
    assert "state is not known" in night.phone("anna").unread()[-1]
    assert "另一节点状态不明" in night.phone("bo").unread()[-1]
    assert night.runs == []
    assert outcomes(night) == [DeedState.REFUSED]


def test_a_node_that_cannot_be_asked_is_named_with_whom_to_turn_to(night: Night) -> None:
    night.cannot_talk().passes(3)
    read(night)
    night.phone("anna").replies("{code} 2", via=LB01)
    night.phone("anna").must_read("Not done: lb02 cannot be reached from here", "Turn to bo")
    assert night.runs == []


def test_a_node_that_falls_silent_before_the_digits_come_is_named_as_well(night: Night) -> None:
    night.phone("anna").replies("{code} 2", via=LB01)
    night.cannot_talk().passes(3)
    read(night)
    night.phone("anna").replies("{nonce}", via=LB01)
    night.phone("anna").must_read("Not done: lb02 cannot be reached from here", "Turn to bo")


def test_a_deed_that_its_node_never_begins_is_told_as_not_done_and_is_not_done_later(night: Night) -> None:
    night.post = False
    night.phone("anna").replies("{code} 2", via=LB01)
    night.phone("anna").replies("{nonce}", via=LB01)
    read(night)
    night.passes(14)
    night.phone("anna").must_be_silent()
    night.passes(4)
    night.phone("anna").must_read("Not done: lb02 cannot be reached")
    night.phone("bo").must_read("不执行")
    night.post = True
    night.passes(10)
    assert night.runs == []
    night.phone("anna").must_be_silent()


def test_without_a_helper_nothing_is_left_waiting(night: Night) -> None:
    night.helpers = False
    night.phone("anna").replies("{code} 2")
    night.phone("anna").replies("{nonce}")
    read(night)
    night.passes(20)
    night.phone("anna").must_read("Not done: lb02 cannot be reached")
    night.helpers = True
    night.passes(5)
    assert night.runs == []


def test_a_deed_that_was_begun_on_a_node_that_never_returns_is_told_as_unclear(night: Night) -> None:
    night.phone("anna").replies("{code} 2", via=LB01)
    night.helpers = False
    night.phone("anna").replies("{nonce}", via=LB01)
    read(night)
    (deed,) = night.lb02.deeds()
    night.lb01.oncall.ledger.merge(deed.moved_to(DeedState.BEGUN, night.lb01.clock.wall()))
    night.cannot_talk()
    night.passes(10 * MINUTE)
    night.phone("anna").must_be_silent()
    night.passes(2 * MINUTE)
    night.phone("anna").must_read("UNCLEAR, interrupted midway: demote lb02")


# --- once -------------------------------------------------------------------------------------------


def test_two_confirmations_of_the_same_by_two_people_on_two_nodes_are_one_deed(night: Night) -> None:
    night.effects["stop-keepalived"] = nothing_happens
    night.phone("anna").replies("{code} 2", via=LB01)
    night.phone("bo").replies("{code} 2", via=LB02)
    night.post = False
    night.helpers = False
    night.phone("anna").replies("{nonce}", via=LB01)
    night.phone("bo").replies("{nonce}", via=LB02)
    night.post = night.helpers = True
    night.passes(9)
    assert night.runs == [(LB02, "stop-keepalived")]


def test_the_same_digits_on_both_nodes_are_one_deed(night: Night) -> None:
    night.effects["stop-keepalived"] = nothing_happens
    night.phone("anna").replies("{code} 2", via=LB01)
    night.post = False
    for via in (LB01, LB02):
        night.phone("anna").replies("{nonce}", via=via)
    night.post = True
    night.passes(20)
    assert night.runs == [(LB02, "stop-keepalived")]
    assert len(night.lb01.deeds()) == 1


def test_of_two_demotions_at_once_one_node_keeps_the_vip(night: Night) -> None:
    night.effects["stop-keepalived"] = nothing_happens
    anna = night.phone("anna").replies("{code} 2", via=LB01)
    bo = night.phone("bo").replies("{code} 3", via=LB02)
    night.helpers = False
    anna.replies("{nonce}", via=LB01)
    bo.replies("{nonce}", via=LB02)
    night.helpers = True
    night.settle()
    night.passes(5)
    assert len(night.runs) == 1
    assert sorted(outcomes(night)) == [DeedState.DONE, DeedState.REFUSED]
    texts = night.phone("anna").unread() + night.phone("bo").unread()
    assert any("another action is under way" in each or "正在执行别的操作" in each for each in texts)


def test_a_demotion_of_the_other_right_after_one_is_refused(night: Night) -> None:
    night.effects["stop-keepalived"] = nothing_happens
    night.phone("bo").replies("{code} 3")
    night.phone("anna").replies("{code} 2")
    night.phone("anna").replies("{nonce}")
    night.phone("bo").replies("{nonce}")
    night.passes(5)
    assert night.runs == [(LB02, "stop-keepalived")]


def test_an_agent_killed_in_the_middle_of_a_deed_runs_it_no_second_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        prepare(night)
        night.phone("anna").replies("{code} 2", via=LB01)
        night.lb02.restart()
        night.phone("anna").replies("{nonce}", via=LB01)
        (deed,) = night.lb02.deeds()
        begun = replace(deed, state=DeedState.BEGUN)
        night.lb02.oncall.ledger.restore(begun)
        night.settle()
        assert night.lb02.begun == [deed.id, deed.id]
        assert night.runs == [(LB02, "stop-keepalived")]


# --- two people -------------------------------------------------------------------------------------


def test_what_has_data_behind_it_takes_a_second_person_and_never_the_asker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Night(monkeypatch, conf=config(ANNA, BO, data=("VI_1",))) as night:
        prepare(night)
        night.phone("anna").replies("{code} 2")
        night.phone("anna").must_read("demote lb02: a second person must agree first", "Asked: bo")
        night.phone("bo").must_read("anna要求降级lb02", "回{nonce}")
        night.phone("anna").replies(night.phone("bo").nonce)
        night.phone("anna").must_read("used or too old, nothing done")
        assert night.runs == []
        night.phone("bo").replies("{nonce}")
        night.phone("bo").must_read("执行中：降级lb02")
        night.phone("bo").must_read("已完成：降级lb02")
        night.phone("anna").must_read("Done: demote lb02")
        assert night.runs == [(LB02, "stop-keepalived")]
        (deed,) = night.lb01.deeds()
        assert (deed.person, deed.second) == ("anna", "bo")


def test_the_second_person_may_refuse_and_so_may_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for who in ("anna", "bo"):
        with Night(monkeypatch, conf=config(ANNA, BO, data=("VI_1",))) as night:
            prepare(night)
            night.phone("anna").replies("{code} 2")
            read(night)
            night.phone(who).replies("no")
            assert len(night.phone(who).unread()) == 1
            night.phone("bo").replies("{nonce}")
            assert night.runs == []


def test_to_fence_takes_two_people_who_may_and_six_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    effects = {"fence-peer": quietly_demoted}
    with Night(monkeypatch, conf=config(ANNA, BO, CARL)) as night:
        night.effects |= effects
        night.allows(LB01, FENCE)
        night.split()
        read(night)
        night.phone("anna").replies("{code} 2")
        night.phone("anna").must_read("Not done", "not allowed there")
        night.phone("bo").replies("{code} 2")
        night.phone("bo").must_read("回{nonce}，再由另一人同意")
        assert len(night.phone("bo").nonce) == 6
        night.phone("carl").must_be_silent()
        night.phone("bo").replies("{nonce}")
        night.phone("bo").must_read("须另一人同意", "carl")
        night.phone("anna").must_be_silent()
        night.phone("carl").must_read("bo wants to: power lb02 off on lb01", "reply {nonce}")
        assert len(night.phone("carl").nonce) == 6
        night.phone("bo").replies(night.phone("carl").nonce)
        assert night.runs == []
        night.phone("carl").replies("{nonce}")
        assert night.runs == [(LB01, "fence-peer")]


def test_where_nobody_else_may_agree_it_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    with Night(monkeypatch, conf=config(BO)) as night:
        night.allows(LB01, FENCE)
        night.split()
        read(night)
        night.phone("bo").replies("{code} 2")
        night.phone("bo").must_read("不执行", "须有两名获准隔离的人")


# --- the menu ---------------------------------------------------------------------------------------


def test_a_number_keeps_its_meaning_when_there_is_more_to_offer(night: Night) -> None:
    night.says(K.SPLIT_BRAIN, BLOCKED, NGINX_DOWN)
    night.passes(15 * MINUTE + 5)
    text = night.phone("anna").must_read("{code} 2=demote lb02", "{code} 3=demote lb01")
    assert "{code} 4=restart nginx".replace("{code}", night.phone("anna").code) in text
    night.phone("anna").replies("{code} 2")
    assert "= demote lb02" in night.phone("anna").unread()[-1]


def test_two_nodes_that_cannot_talk_put_nothing_different_under_one_number(night: Night) -> None:
    night.cannot_talk()
    reload = Ability(name="reload-haproxy", danger=Danger.RESTART, offer=("split_brain",))
    night.allows(LB01, STOP, START, RESTART, reload)
    for desk in night:
        desk.words["VI_1"] = (K.SPLIT_BRAIN, (BLOCKED, NGINX_DOWN) if desk.node == LB02 else (BLOCKED,))
    night.passes(16 * MINUTE)
    menus: dict[tuple[str, int], list[dict[int, tuple[str, str]]]] = {}
    for desk in night:
        for code in desk.oncall.ledger.all(Code):
            menus.setdefault((code.person, code.number), []).append(
                {each.number: (each.action, each.node) for each in code.menu}
            )
    for one, *others in menus.values():
        for other in others:
            assert all(one[number] == other[number] for number in one.keys() & other.keys())
    night.can_talk().passes(5)
    one_codes, other_codes = (sorted(map(str, desk.oncall.ledger.all(Code))) for desk in night)
    assert one_codes == other_codes


def test_a_day_later_the_menu_of_what_is_over_runs_nothing(night: Night) -> None:
    night.heals().passes(24 * HOUR, step=HOUR)
    read(night)
    night.phone("anna").replies("{code} 2")
    night.phone("anna").must_read("{code} is over")
    assert night.runs == []
