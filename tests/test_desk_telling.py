"""Who is told of an incident, when, how often, and by which way: stories of a night with one node that tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time

import pytest

from hawatch.config.oncall import Hours, Medium, NotifyRule, Way
from hawatch.incident import State
from hawatch.notification.message import Message, MessageState
from hawatch.notification.mute import Mute, Scope
from hawatch.verdict import VerdictKind
from tests.phones import ANNA, BLOCKED, BO, CARL, HOUR, MINUTE, SKEW, STALE_ARP, Night, config, options

K = VerdictKind
ALL_DAYS = frozenset(range(7))
BY_MAIL = Way(channel="mail", to="anna@example.net")
CHAIN = options(chain=(("anna",), ("bo",)))


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with Night(monkeypatch) as night:
        yield night


def muted(night: Night, seconds: float, scope: Scope = Scope.MAINTENANCE, subject: str = "") -> None:
    now = night.lb01.clock.wall()
    each = Mute(
        id="m1", scope=scope, subject=subject, since=now, until=now + seconds, who="anna", changed_at=now
    )
    night.lb01.change(lambda _: night.lb01.oncall.ledger.put(each))
    night.settle()


def test_a_split_is_told_at_once_with_what_where_why_and_which_digit_does_what(night: Night) -> None:
    night.split()
    text = night.phone("anna").must_read("SPLIT BRAIN", "VI_1", "192.168.136.100", "lb01+lb02", "{code}=ack")
    assert "firewall" in text
    night.phone("bo").must_read("裂脑", "lb01、lb02均持有", "回{code}确认")
    assert night.phone("anna").code == night.phone("bo").code


def test_a_split_whose_cause_is_found_a_moment_later_is_told_once_and_with_its_cause(night: Night) -> None:
    night.says(K.SPLIT_BRAIN)
    night.phone("anna").must_be_silent()
    night.now += 0.1
    night.says(K.SPLIT_BRAIN, BLOCKED)
    night.phone("anna").must_read("SPLIT BRAIN", "firewall")
    night.passes(60)
    night.phone("anna").must_be_silent()


def test_a_split_whose_cause_is_never_found_waits_no_longer_than_a_third_of_a_second(night: Night) -> None:
    night.says(K.SPLIT_BRAIN)
    night.now += 0.31
    night.settle()
    night.phone("anna").must_read("SPLIT BRAIN")


def test_a_trouble_that_is_over_before_it_is_due_wakes_nobody(night: Night) -> None:
    night.nobody().passes(8)
    night.heals().passes(HOUR)
    assert night.texts() == []


def test_nobody_who_has_the_vip_is_told_after_ten_seconds(night: Night) -> None:
    night.nobody().passes(9)
    night.phone("anna").must_be_silent()
    night.passes(1)
    night.phone("anna").must_read("NO OWNER")


def test_just_after_boot_a_missing_owner_waits_a_minute_and_a_split_does_not(night: Night) -> None:
    for desk in night:
        desk.boots()
    night.nobody().passes(59)
    night.phone("anna").must_be_silent()
    night.passes(1)
    night.phone("anna").must_read("NO OWNER")
    night.split()
    night.phone("anna").must_read("SPLIT BRAIN")


def test_a_warning_goes_by_mail_and_a_contact_without_mail_is_not_woken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna = replace(ANNA, ways=(*ANNA.ways, BY_MAIL))
    with Night(monkeypatch, conf=config(anna, BO)) as night:
        night.says(K.FAILOVER).passes(119)
        assert night.phone("anna").mails == []
        night.passes(1)
        assert len(night.phone("anna").mails) == 1
        night.passes(HOUR)
        assert len(night.phone("anna").mails) == 1
        assert night.texts() == []
        night.heals()
        assert "OVER" in night.phone("anna").mails[1]
        assert night.texts() == []


def test_who_was_mailed_of_a_failover_is_texted_of_the_split_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna = replace(ANNA, ways=(*ANNA.ways, BY_MAIL))
    with Night(monkeypatch, conf=config(anna, BO)) as night:
        night.says(K.FAILOVER).passes(130)
        night.split()
        night.phone("anna").must_read("SPLIT BRAIN")
        night.phone("bo").must_read("裂脑")
        night.passes(11 * MINUTE)
        assert len(night.phone("anna").mails) == 1


def test_quiet_hours_hold_a_mail_back_until_they_end_and_no_split_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quiet = Hours(days=ALL_DAYS, start=time(22), end=time(4))
    anna = replace(ANNA, ways=(*ANNA.ways, BY_MAIL), quiet=(quiet,), timezone="UTC")
    with Night(monkeypatch, conf=config(anna)) as night:
        night.says(K.DEGRADED).passes(59 * MINUTE)
        assert night.phone("anna").mails == []
        night.passes(2 * MINUTE)
        assert len(night.phone("anna").mails) == 1
    with Night(monkeypatch, conf=config(anna)) as night:
        night.split()
        night.phone("anna").must_read("SPLIT BRAIN")


def test_a_message_is_due_when_its_delay_is_over_or_the_quiet_hour_that_held_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def due(night: Night) -> list[float]:
        """Of what anna was told: seconds from its being due until it was written."""
        told = [each for each in night.lb01.oncall.ledger.all(Message) if each.person == "anna"]
        return [each.created_at - each.next_at for each in told]

    quiet = Hours(days=ALL_DAYS, start=time(22), end=time(4))
    anna = replace(ANNA, ways=(*ANNA.ways, BY_MAIL), quiet=(quiet,), timezone="UTC")
    with Night(monkeypatch, conf=config(anna)) as night:
        night.nobody()
        opened = night.lb01.clock.wall()
        night.passes(10)
        (first,) = night.lb01.oncall.ledger.all(Message)
        assert first.next_at == opened + 10
    with Night(monkeypatch, conf=config(anna)) as night:
        night.says(K.DEGRADED).passes(61 * MINUTE)
        (waited,) = due(night)
        assert 0 <= waited <= 1.0


def test_nobody_on_duty_means_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    day = (Hours(days=ALL_DAYS, start=time(8), end=time(18)),)
    anna, bo = (replace(each, hours=day, timezone="UTC") for each in (ANNA, BO))
    with Night(monkeypatch, conf=config(anna, bo)) as night:
        night.split()
        night.phone("anna").must_read("SPLIT BRAIN")
        night.phone("bo").must_read("裂脑")
    with Night(monkeypatch, conf=config(anna, replace(BO, timezone="UTC"))) as night:
        night.split()
        night.phone("anna").must_be_silent()
        night.phone("bo").must_read("裂脑")


def test_a_shift_that_begins_in_the_middle_is_told_once_and_not_at_all_of_what_somebody_has_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bo = replace(BO, hours=(Hours(days=ALL_DAYS, start=time(4), end=time(12)),), timezone="UTC")
    with Night(monkeypatch, conf=config(ANNA, bo)) as night:
        night.split().passes(HOUR + 10)
        first, *others = night.phone("bo").unread()
        assert "裂脑" in first
        assert others == []
    with Night(monkeypatch, conf=config(ANNA, bo)) as night:
        night.split()
        night.phone("anna").replies("{code}")
        night.passes(HOUR + 10)
        night.phone("bo").must_be_silent()


# --- maintenance and silence -----------------------------------------------------------------------


def test_what_stands_when_the_maintenance_ends_is_told_then_and_once(night: Night) -> None:
    muted(night, 600)
    night.says(K.ISOLATED).passes(599)
    assert night.texts() == []
    night.passes(10)
    night.phone("anna").must_read("CUT OFF")
    night.phone("anna").must_be_silent()


def test_a_split_is_told_in_maintenance_too(night: Night) -> None:
    muted(night, 600)
    night.split()
    night.phone("anna").must_read("SPLIT BRAIN")


def test_silence_about_one_virtual_router_leaves_the_others_loud(night: Night) -> None:
    muted(night, 600, Scope.INSTANCE, "VI_1")
    night.says(K.ISOLATED).passes(100)
    assert night.texts() == []
    night.says(K.ISOLATED, of="VI_2").passes(61)
    night.phone("anna").must_read("CUT OFF", "VI_2")


# --- again, and to whom ------------------------------------------------------------------------------


def test_it_is_said_again_until_somebody_acknowledges_but_not_for_ever(night: Night) -> None:
    night.split()
    night.phone("anna").must_read("SPLIT BRAIN")
    night.passes(15 * MINUTE - 2)
    night.phone("anna").must_be_silent()
    night.passes(10)
    night.phone("anna").must_read("NOBODY ACKED YET", "SPLIT BRAIN")
    night.passes(8 * HOUR)
    assert len(night.phone("anna").unread()) == 7
    assert len(night.phone("bo").unread()) == 9


def test_who_has_acknowledged_is_asked_again_when_it_is_not_over(night: Night) -> None:
    night.split()
    night.phone("anna").replies("{code}")
    night.phone("anna").unread()
    night.passes(30 * MINUTE - 2)
    night.phone("anna").must_be_silent()
    night.passes(15)
    night.phone("anna").must_read("STILL NOT OVER", "acked by anna")


def test_the_next_in_the_chain_is_told_when_the_first_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Night(monkeypatch, conf=config(ANNA, BO, oncall=CHAIN)) as night:
        night.split().passes(10 * MINUTE - 2)
        night.phone("bo").must_be_silent()
        night.passes(5)
        night.phone("bo").must_read("他人未应答", "裂脑")
    with Night(monkeypatch, conf=config(ANNA, BO, oncall=CHAIN)) as night:
        night.split()
        night.phone("anna").replies("{code}")
        night.passes(20 * MINUTE)
        night.phone("bo").must_be_silent()


def test_the_next_in_the_chain_is_told_at_once_when_no_way_leads_to_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna = replace(ANNA, ways=(Way(channel="satellite", to="a1"), Way(channel="satellite", to="a2")))
    with Night(monkeypatch, conf=config(anna, BO, oncall=CHAIN)) as night:
        night.lb02.alive = False
        night.lb01.gateways = {"satellite": "dead"}
        night.split().passes(3)
        night.phone("bo").must_read("裂脑")
        assert [each.to for each in night.lb01.messages if each.person == "anna"] == ["a1", "a2"]
        night.passes(14 * MINUTE)
        assert len([each for each in night.lb01.messages if each.person == "anna"]) == 2
        night.lb01.gateways = {}
        night.passes(2 * MINUTE)
        night.phone("anna").must_read("SPLIT BRAIN")


def test_another_way_that_works_is_taken_before_another_person_is_woken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna = replace(ANNA, ways=(Way(channel="satellite", to="a1"), *ANNA.ways))
    with Night(monkeypatch, conf=config(anna, BO, oncall=CHAIN)) as night:
        night.lb02.alive = False
        night.lb01.gateways = {"satellite": "dead"}
        night.split().passes(3)
        night.phone("anna").must_read("SPLIT BRAIN")
        night.passes(5 * MINUTE)
        night.phone("bo").must_be_silent()


def test_a_person_with_mail_alone_is_mailed_of_a_split_and_does_not_keep_it_from_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna = replace(ANNA, ways=(BY_MAIL,))
    with Night(monkeypatch, conf=config(anna, BO, oncall=CHAIN)) as night:
        night.split().passes(5)
        assert len(night.phone("anna").mails) == 1
        night.phone("bo").must_read("裂脑")


def test_who_gives_it_back_is_left_in_peace_and_the_next_is_told_whose_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Night(monkeypatch, conf=config(ANNA, BO, oncall=CHAIN)) as night:
        night.split()
        night.phone("anna").replies("{code}")
        night.passes(60)
        night.phone("anna").replies("{code} 9")
        assert "given back" in night.phone("anna").unread()[-1]
        night.passes(5)
        night.phone("bo").must_read("轮到你", "裂脑", "anna交回")
        night.phone("anna").must_be_silent()


def test_who_does_not_want_it_need_not_take_it_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with Night(monkeypatch, conf=config(ANNA, BO, oncall=CHAIN)) as night:
        night.split()
        night.phone("anna").replies("{code} 9")
        night.passes(5)
        night.phone("bo").must_read("轮到你", "裂脑")


def test_of_people_who_were_told_together_the_others_hear_that_it_was_given_back(night: Night) -> None:
    night.split()
    night.phone("anna").replies("{code}")
    night.phone("bo").unread()
    night.passes(60)
    night.phone("anna").replies("{code} 9")
    night.passes(5)
    night.phone("bo").must_read("轮到你", "anna交回")
    night.phone("bo").must_be_silent()


def test_a_snooze_that_is_over_asks_again(night: Night) -> None:
    night.split()
    night.phone("anna").replies("{code} 30m")
    night.phone("anna").unread()
    night.phone("bo").unread()
    night.passes(30 * MINUTE - 2)
    night.phone("anna").must_be_silent()
    night.passes(10)
    night.phone("anna").must_read("SNOOZE IS UP", "SPLIT BRAIN")
    night.phone("bo").must_read("静默到期")


def test_what_gets_worse_is_told_although_somebody_has_it(night: Night) -> None:
    night.says(K.SPLIT_BRAIN_SUSPECTED).passes(10)
    night.phone("anna").replies("{code}")
    night.phone("anna").unread()
    night.split()
    night.phone("anna").must_read("WORSE NOW", "SPLIT BRAIN")
    night.passes(5)
    night.phone("anna").must_be_silent()


def test_what_gets_worse_after_it_was_taken_from_a_shell_is_told_although_nobody_was(night: Night) -> None:
    night.says(K.ISOLATED).passes(5)
    night.run(night.lb01.oncall.acknowledge(night.lb01.only.id, "root"))
    night.passes(120)
    assert night.texts() == []
    night.split()
    night.phone("anna").must_read("SPLIT BRAIN")


def test_the_end_is_told_once_to_those_who_were_told_and_where_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Night(monkeypatch, conf=config(ANNA, BO, CARL, oncall=CHAIN)) as night:
        night.split().passes(15)
        night.phone("anna").must_read("SPLIT BRAIN")
        night.heals()
        text = night.phone("anna").must_read(
            "OVER", "SPLIT BRAIN", "now held by lb01", "Code {code} is closed"
        )
        assert "=ack" not in text
        night.passes(HOUR)
        night.phone("anna").must_be_silent()
        night.phone("bo").must_be_silent()
        night.phone("carl").must_be_silent()


def test_what_many_virtual_routers_suffer_at_once_is_one_message_and_one_code(night: Night) -> None:
    for desk in night:
        desk.words = {f"VI_{n}": (K.NO_OWNER, ()) for n in range(1, 13)}
    night.settle()
    night.passes(15)
    night.phone("anna").must_read("NO OWNER", "more")
    night.phone("anna").must_be_silent()
    assert len(night.lb01.open) == 1
    night.phone("anna").replies("{code}")
    night.phone("anna").must_read("is yours")
    assert night.lb02.only.state is State.ACKNOWLEDGED


def test_a_rate_limit_holds_repetitions_back_and_never_a_first_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conf = config(ANNA, oncall=options(most_per_hour=3, repeat_every=MINUTE))
    with Night(monkeypatch, conf=conf) as night:
        night.split().passes(30 * MINUTE)
        assert len(night.phone("anna").unread()) == 3
        night.says(K.NO_OWNER, of="VI_2").passes(15)
        night.phone("anna").must_read("NO OWNER", "VI_2")


def test_a_rule_of_the_site_tells_one_person_of_one_virtual_router(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (
        NotifyRule(verdict="split_brain", instance="VI_1", contact="anna", medium=None),
        NotifyRule(verdict="failover", contact="bo", medium=Medium.SMS, after=1.0),
    )
    with Night(monkeypatch, conf=config(ANNA, BO, notify=rules)) as night:
        night.says(K.FAILOVER).passes(3)
        night.phone("bo").must_read("故障切换")
        night.split()
        night.phone("bo").must_read("恶化", "裂脑")
        night.passes(30)
        night.phone("anna").must_be_silent()


def test_clients_that_are_lost_after_a_failover_wake_people(night: Night) -> None:
    night.says(K.FAILOVER, STALE_ARP).passes(10)
    night.phone("anna").must_read("FAILOVER", "not announced")


def test_findings_alone_are_mailed_after_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = replace(ANNA, ways=(*ANNA.ways, BY_MAIL))
    with Night(monkeypatch, conf=config(anna)) as night:
        night.says(K.STEADY, SKEW).passes(10 * MINUTE - 5)
        assert night.phone("anna").mails == []
        night.passes(10)
        assert "clock off" in night.phone("anna").mails[0]
        assert night.texts() == []


def test_a_gateway_that_is_down_for_a_while_loses_nothing(night: Night) -> None:
    night.lb02.alive = False
    night.lb01.gateways = {"sms": "down"}
    night.split().passes(60)
    night.phone("anna").must_be_silent()
    night.lb01.gateways = {}
    night.passes(10)
    night.phone("anna").must_read("SPLIT BRAIN")
    night.phone("anna").must_be_silent()
    assert len([each for each in night.lb01.oncall.ledger.all(Message) if each.person == "anna"]) == 1


def test_a_repetition_that_waits_for_a_gateway_is_dropped_when_somebody_has_answered(night: Night) -> None:
    night.split().passes(1)
    night.phone("anna").must_read("SPLIT BRAIN")
    for desk in night:
        desk.gateways = {"sms": "down"}
    night.passes(16 * MINUTE)
    repeats = [each for each in night.lb01.messages if each.occasion == "repeat"]
    assert repeats != []
    assert all(each.waiting for each in repeats)
    night.phone("anna").replies("{code}")
    repeats = [each for each in night.lb01.messages if each.occasion == "repeat"]
    assert {each.state for each in repeats} == {MessageState.DROPPED}
