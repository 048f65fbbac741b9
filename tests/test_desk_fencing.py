"""A reply asks to cut the other node's power: two people, six digits each, and nothing that could have changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hawatch.ability import Ability, Danger, Power
from hawatch.config.oncall import Permission
from hawatch.desk.deed import Deed, DeedState
from hawatch.desk.deeds import refusal
from hawatch.incident import EntryKind
from hawatch.permit import Trace
from hawatch.refusal import Refusal
from hawatch.reply.confirmation import Confirmation, ConfirmationState
from hawatch.verdict import Cause, Finding, Severity, VerdictKind
from tests.phones import ANNA, BO, CARL, LB01, LB02, MINUTE, STOP, Desk, Night, config

K = VerdictKind
CUT = Ability(
    name="fence-lb02", danger=Danger.FENCE, undo="power-on-lb02", offer=("split_brain",), target=LB02
)
BACK = Ability(name="power-on-lb02", danger=Danger.DEMOTE, target=LB02)
ANN = replace(CARL, name="ann", ways=ANNA.ways)
"""In English, and she may fence."""
DORA = replace(ANNA, name="dora", ways=CARL.ways)
"""She may act, and not fence."""
WELL_KNOWN = (ANN, BO, DORA)


def power_is_lost(desk: Desk) -> None:
    """lb02 is gone, and lb01 alone holds the VIP."""
    night = desk.night
    night.desks[LB02].alive = False
    night.held[LB02] = None
    night.lb01.words["VI_1"] = (K.DEGRADED, ())


def power_is_back(desk: Desk) -> None:
    night = desk.night
    night.desks[LB02].alive = True
    night.held[LB02] = False
    for each in night:
        each.words["VI_1"] = (K.STEADY, ())


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    """A split that was told and read, in which lb01 may cut the power of lb02."""
    with Night(monkeypatch, conf=config(*WELL_KNOWN)) as night:
        night.effects |= {"fence-lb02": power_is_lost, "power-on-lb02": power_is_back}
        night.allows(LB01, CUT, BACK)
        night.split()
        yield night


def both_agree(night: Night, *, second_via: str = LB01) -> None:
    """ann asks and confirms, and bo agrees; both have read all but the end."""
    night.phone("ann").unread()
    night.phone("bo").unread()
    night.phone("ann").replies("{code} 2", via=LB01)
    night.phone("ann").replies("{nonce}", via=LB01)
    night.phone("ann").must_read("= cut the power of lb02 (by lb01)", "then a second person is asked")
    night.phone("ann").must_read("a second person must agree first", "Asked: bo")
    night.phone("bo").must_read("ann要求由lb01切断lb02电源", "回{nonce}")
    night.phone("bo").replies("{nonce}", via=second_via)


def test_power_is_cut_when_both_have_given_their_six_digits_and_both_are_told_the_evidence(
    night: Night,
) -> None:
    assert "{code} 2=cut the power of lb02".replace("{code}", night.phone("ann").code) in "".join(
        night.phone("ann").texts
    )
    both_agree(night)
    assert len(night.phone("ann").nonce) == len(night.phone("bo").nonce) == 6
    assert night.runs == [(LB01, "fence-lb02")]
    night.phone("bo").must_read("执行中")
    night.phone("ann").must_read(
        "lb02 is off (ann+bo): lb01 alone holds 192.168.136.100",
        "no advertisement for 1.2 s, only lb01 answers",
        "No redundancy until you reply {code} ",
        "(restore lb02)",
    )
    night.phone("bo").must_read("lb02已断电（ann、bo），192.168.136.100仅lb01持有：1.2秒无通告，仅lb01应答")
    (deed,) = night.lb01.deeds()
    assert (deed.person, deed.second, deed.state) == ("ann", "bo", DeedState.DONE)
    kinds = [(kind, who) for kind, who, _ in night.lb01.story()]
    assert (EntryKind.ASKED, "ann, bo") in kinds


def test_one_person_s_digits_are_not_enough_whoever_sends_them(night: Night) -> None:
    night.phone("ann").replies("{code} 2")
    night.phone("ann").replies("{nonce}")
    night.phone("ann").replies("{nonce}")
    night.phone("ann").replies(night.phone("bo").nonce)
    assert night.runs == []
    waiting = [
        each for each in night.lb01.oncall.ledger.all(Confirmation) if each.state is ConfirmationState.PENDING
    ]
    assert [(each.person, each.second) for each in waiting] == [("bo", True)]


def test_the_second_person_has_three_tries_and_five_minutes(night: Night) -> None:
    night.phone("ann").replies("{code} 2")
    night.phone("ann").replies("{nonce}")
    right = night.phone("bo").nonce
    for n in (1, 2, 3):
        night.phone("bo").replies(f"{(int(right) + n) % 1_000_000:06}")
    night.phone("bo").replies(right)
    assert night.runs == []
    night.phone("ann").replies("{code} 2")
    night.phone("ann").replies("{nonce}")
    night.passes(5 * MINUTE)
    night.phone("bo").replies("{nonce}")
    assert night.runs == []


def test_the_same_agreement_on_both_nodes_is_one_fence(night: Night) -> None:
    night.effects["fence-lb02"] = lambda _: None
    night.phone("ann").replies("{code} 2", via=LB01)
    night.post = False
    night.phone("ann").replies("{nonce}", via=LB01)
    night.phone("ann").replies("{nonce}", via=LB02)
    digits = [found[0] for text in night.phone("bo").texts if (found := re.findall(r"回(\d{6})", text))]
    assert len(digits) == 2
    night.helpers = False
    for via in (LB01, LB02):
        for each in digits:
            night.phone("bo").replies(each, via=via)
    assert [len(desk.deeds()) for desk in night] == [1, 1]
    night.post = night.helpers = True
    night.passes(5)
    assert [len(desk.deeds()) for desk in night] == [1, 1]
    assert night.runs == [(LB01, "fence-lb02")]


def test_where_two_people_may_not_fence_it_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    carl = replace(CARL, permissions=frozenset({Permission.ACK, Permission.ACT}))
    with Night(monkeypatch, conf=config(ANN, carl)) as night:
        night.allows(LB01, CUT, BACK)
        night.allows(LB02, STOP)
        night.split()
        assert "demote lb02" in night.phone("ann").texts[0]
        assert "cut the power" not in "".join(night.texts())


def test_it_is_offered_of_an_owner_that_can_fence_another_owner_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with Night(monkeypatch, conf=config(*WELL_KNOWN)) as night:
        night.allows(LB01, replace(CUT, name="fence-lb03", target="lb03"), CUT)
        night.split()
        assert "lb03" not in night.phone("ann").texts[0]
        assert "cut the power of lb02 (by lb01)" in night.phone("ann").texts[0]


def test_a_suspicion_offers_no_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    with Night(monkeypatch, conf=config(*WELL_KNOWN)) as night:
        night.allows(LB01, CUT, BACK)
        night.held = {LB01: True, LB02: True}
        night.says(K.SPLIT_BRAIN_SUSPECTED).passes(12)
        assert "cut the power" not in "".join(night.texts())


# --- refused, and told why --------------------------------------------------------------------------


def nothing(night: Night) -> None:
    del night


def says_off(night: Night) -> None:
    night.power = Power.OFF


def says_nothing(night: Night) -> None:
    night.power = Power.UNKNOWN


def own_service_fails(night: Night) -> None:
    down = Finding(
        cause=Cause.SERVICE_DOWN,
        node=LB01,
        severity=Severity.CRITICAL,
        summary="",
        evidence=(("check", "web"),),
    )
    for each in night:
        each.words["VI_1"] = (K.SPLIT_BRAIN, (down,))


def own_keepalived_dies(night: Night) -> None:
    night.daemons[LB01] = "dead"


def boots(night: Night) -> None:
    night.lb01.boots()


@pytest.mark.parametrize(
    ("happens", "english", "chinese"),
    [
        (says_off, "the fence device says it is off already", "隔离设备称已断电"),
        (says_nothing, "the fence device does not say that it is on", "隔离设备未确认通电"),
        (own_service_fails, "a service is down on the node to do it", "执行节点服务不正常"),
        (own_keepalived_dies, "keepalived does not run on the node to do it", "执行节点keepalived未运行"),
        (boots, "the node to do it has only just booted", "执行节点刚开机"),
    ],
)
def test_what_stands_against_it_on_the_node_that_would_do_it_is_told_to_both(
    night: Night, happens: object, english: str, chinese: str
) -> None:
    assert callable(happens)
    happens(night)
    night.settle()
    both_agree(night)
    assert night.runs == []
    assert english in night.phone("ann").unread()[-1]
    assert chinese in night.phone("bo").unread()[-1]


def test_a_verdict_that_changed_after_it_was_asked_for_takes_a_new_agreement(night: Night) -> None:
    night.phone("ann").replies("{code} 2")
    night.phone("ann").replies("{nonce}")
    night.passes(2)
    night.says(K.SPLIT_BRAIN_SUSPECTED).passes(2)
    night.says(K.SPLIT_BRAIN).passes(2)
    night.phone("bo").replies("{nonce}")
    assert night.runs == []
    assert "情况已变" in night.phone("bo").unread()[-1]


def test_a_split_that_has_healed_is_not_fenced(night: Night) -> None:
    night.phone("ann").replies("{code} 2")
    night.phone("ann").replies("{nonce}")
    night.heals().passes(20)
    night.phone("bo").replies("{nonce}")
    assert night.runs == []
    assert "已于" in night.phone("bo").unread()[-1]


def asked(night: Night, **changes: object) -> Deed:
    deed = Deed(
        id="fence-lb02-1",
        incidents=night.lb01.only.names,
        instances=("VI_1",),
        action="fence-lb02",
        node=LB01,
        person="ann",
        second="bo",
        asked_by=LB01,
        asked_at=night.lb01.clock.wall(),
        until=night.lb01.clock.wall() + 12.0,
    )
    return replace(deed, **changes)  # type: ignore[arg-type]


def looked_at(night: Night, deed: Deed, power: Power = Power.ON) -> Refusal | None:
    desk = night.lb01.oncall
    return night.lb01.change(lambda around: refusal(deed, CUT, desk.all(), desk.ledger, around, power=power))


def test_the_last_look_lets_it_pass_when_nothing_stands_against_it(night: Night) -> None:
    assert looked_at(night, asked(night)) is None


@pytest.mark.parametrize("second", [None, "ann", "dora", "mallory"])
def test_a_request_without_two_people_who_may_is_not_believed_whoever_sent_it(
    night: Night, second: str | None
) -> None:
    assert looked_at(night, asked(night, second=second)) is Refusal.NO_SECOND


def test_a_verdict_that_changed_while_the_request_was_on_its_way_is_seen_by_the_last_look(
    night: Night,
) -> None:
    deed = asked(night)
    night.passes(1)
    night.says(K.SPLIT_BRAIN_SUSPECTED).passes(1)
    night.says(K.SPLIT_BRAIN).passes(1)
    assert looked_at(night, deed) is Refusal.CHANGED
    assert looked_at(night, replace(deed, asked_at=night.lb01.clock.wall())) is None


def test_nothing_else_is_under_way_anywhere(night: Night) -> None:
    other = asked(night, id="restart-1", action="restart-nginx", incidents=("another",), node=LB02)
    begun = other.moved_to(DeedState.BEGUN, night.lb01.clock.wall())
    night.lb01.change(lambda _: night.lb01.oncall.ledger.put(begun))
    assert looked_at(night, asked(night)) is Refusal.BUSY


def test_a_fence_that_comes_too_late_is_not_done(night: Night) -> None:
    assert looked_at(night, asked(night, until=night.lb01.clock.wall() - 1.0)) is Refusal.EXPIRED


# --- afterwards -------------------------------------------------------------------------------------


def test_the_outcome_is_told_by_the_node_that_is_left_when_the_fenced_one_was_asked(night: Night) -> None:
    both_agree(night, second_via=LB02)
    night.passes(2)
    assert night.runs == [(LB01, "fence-lb02")]
    assert [each for each in night.phone("ann").unread() if "lb02 is off (ann+bo)" in each]
    assert [each for each in night.phone("bo").unread() if "lb02已断电（ann、bo）" in each]


@pytest.mark.parametrize(
    ("trace", "english", "chinese"),
    [
        (Trace.HEARD, "it still advertises", "它仍在发通告"),
        (Trace.ANSWERS, "it still answers for the VIP", "它仍应答VIP"),
        (Trace.SPEAKS, "its agent still speaks", "其hawatch仍在线"),
        (Trace.UNCLEAR, "that cannot be seen from here", "此处看不出"),
    ],
)
def test_what_is_still_seen_after_the_fence_device_s_word_is_told_as_a_failure(
    night: Night, trace: Trace, english: str, chinese: str
) -> None:
    failed = replace(asked(night).moved_to(DeedState.FAILED, night.lb01.clock.wall()), trace=trace)
    night.lb01.change(lambda _: night.lb01.oncall.ledger.put(failed))
    night.settle()
    told = night.phone("ann").unread()[-1]
    assert f"FAILED: the fence device says lb02 is off, but {english}" in told
    assert f"失败：隔离设备称lb02已断电，但{chinese}" in night.phone("bo").unread()[-1]


def test_a_fence_agent_that_fails_is_told_with_its_last_line(night: Night) -> None:
    failed = asked(night).moved_to(DeedState.FAILED, night.lb01.clock.wall(), text="Unable to connect/login")
    night.lb01.change(lambda _: night.lb01.oncall.ledger.put(failed))
    night.settle()
    assert "FAILED: cut the power of lb02 (by lb01): Unable to connect" in night.phone("ann").unread()[-1]


def test_power_comes_back_on_one_person_s_four_digits_and_never_by_itself(night: Night) -> None:
    both_agree(night)
    night.passes(60)
    assert night.runs == [(LB01, "fence-lb02")]
    told = next(each for each in reversed(night.phone("ann").texts) if "No redundancy" in each)
    undo = told.partition("until you reply ")[2].partition(" (")[0]
    night.power = Power.OFF
    night.phone("ann").unread()
    night.phone("ann").replies(undo, via=LB01)
    night.phone("ann").must_read("= power lb02 on (by lb01)", "Reply {nonce}")
    assert len(night.phone("ann").nonce) == 4
    night.phone("ann").replies("{nonce}", via=LB01)
    assert night.runs == [(LB01, "fence-lb02"), (LB01, "power-on-lb02")]
    assert any("Done: power lb02 on" in each for each in night.phone("ann").unread())
