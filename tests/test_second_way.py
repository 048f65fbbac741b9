"""A second way in time: a provider that is down, slow, silent or refuses is followed by the next, and told of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hawatch.config import Config
from hawatch.config.oncall import Way
from hawatch.incident import EntryKind, State
from hawatch.notification.message import MessageState
from tests.phones import ANNA, BO, LB01, LB02, START, STOP, Night, config, options

THREE_WAYS = replace(
    ANNA,
    ways=(
        Way(channel="sms", to="+8613800000001"),
        Way(channel="satellite", to="8816"),
        Way(channel="mail", to="anna@example.net"),
    ),
)
MAILED = replace(ANNA, ways=(THREE_WAYS.ways[0], THREE_WAYS.ways[2]))


@pytest.fixture
def conf() -> Config:
    return config(THREE_WAYS)


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch, conf: Config) -> Iterator[Night]:
    with Night(monkeypatch, conf=conf) as night:
        yield night


def sent(night: Night, person: str = "anna") -> list[tuple[str, str, MessageState]]:
    """Every message to a person, in the order in which they were written: by which node, on what, how far it came."""
    found = [each for each in night.lb01.messages if each.person == person]
    return [(each.node, each.channel, each.state) for each in sorted(found, key=lambda each: each.created_at)]


def both(night: Night, **gateways: str) -> None:
    """What the gateways of both nodes do."""
    for desk in night:
        desk.gateways = dict(gateways)


@pytest.mark.parametrize("how", ["down", "hung", "silent"])
def test_after_a_minute_without_a_receipt_the_next_way_is_used_and_the_code_is_the_same(
    night: Night, how: str
) -> None:
    night.lb01.gateways = {"sms": how}
    night.split().passes(59)
    assert night.phone("anna").texts == []
    night.passes(2)
    night.phone("anna").must_read("SPLIT BRAIN", "{code}=ack")
    night.phone("anna").replies("{code}")
    assert night.lb01.only.state is State.ACKNOWLEDGED
    first, second, _answer = sent(night)
    assert first[:2] == (LB01, "sms")
    assert second == (LB01, "satellite", MessageState.DELIVERED)
    night.lb01.gateways = {}
    night.passes(10)
    assert night.phone("anna").code, "what was late may still come, and means the same"


def test_a_provider_that_refuses_is_followed_at_once(night: Night) -> None:
    night.lb01.gateways = {"sms": "dead"}
    night.split().passes(2)
    assert sent(night) == [
        (LB01, "sms", MessageState.FAILED),
        (LB01, "satellite", MessageState.DELIVERED),
    ]


def test_the_timeline_says_which_way_was_late_and_which_was_used(night: Night) -> None:
    both(night, sms="silent", satellite="down")
    night.split().passes(130)
    told = [(who, text) for kind, who, text in night.lb01.story() if kind is EntryKind.NOT_TOLD]
    assert ("anna", "sms: no receipt within 60 s; told by satellite") in told
    assert ("anna", "satellite: not handed over within 60 s; told by mail") in told
    assert told == [(who, text) for kind, who, text in night.lb02.story() if kind is EntryKind.NOT_TOLD]
    assert len(night.phone("anna").mails) == 1


def test_each_way_is_used_once_whatever_comes_of_them(night: Night) -> None:
    both(night, sms="silent", satellite="silent", mail="silent")
    night.split().passes(14 * 60)
    by_node = [[(node, channel) for node, channel, _ in sent(night) if node == each] for each in (LB01, LB02)]
    assert all(len(each) == len(set(each)) == 3 for each in by_node), by_node


def test_a_late_receipt_changes_nothing(night: Night) -> None:
    night.lb01.gateways = {"sms": "silent"}
    night.split().passes(62)
    late = next(each for each in night.lb01.messages if each.channel == "sms")
    night.lb01.change(
        lambda around: night.lb01.oncall.ledger.advance(late.moved_to(MessageState.DELIVERED, around.now))
    )
    before = len(night.lb01.messages)
    night.passes(600)
    assert len(night.lb01.messages) == before


def test_the_other_node_leaves_the_next_way_to_the_one_whose_message_is_late(night: Night) -> None:
    night.lb01.gateways = {"sms": "silent"}
    night.split().passes(400)
    assert {node for node, *_ in sent(night)} == {LB01}
    assert len(sent(night)) == 2


def test_first_the_next_way_then_the_other_node_then_the_next_person(monkeypatch: pytest.MonkeyPatch) -> None:
    two = replace(ANNA, ways=THREE_WAYS.ways[:2])
    conf = config(two, BO, oncall=options(chain=(("anna",), ("bo",))))
    with Night(monkeypatch, conf=conf) as night:
        night.lb01.gateways = {"sms": "down", "satellite": "down"}
        night.lb02.gateways = {"sms": "silent", "satellite": "silent"}
        night.split().passes(11 * 60)
        ways = [(node, channel) for node, channel, _ in sent(night)]
        assert ways == [(LB01, "sms"), (LB01, "satellite"), (LB02, "sms"), (LB02, "satellite")]
        when = [each.created_at for each in night.lb01.messages if each.person == "anna"]
        assert when[2] - when[0] < 60 + 45
        assert len(sent(night, "bo")) > 0


def test_a_node_that_is_gone_is_not_waited_for(night: Night) -> None:
    """lb01 hands its message to a gateway that tells nothing, and dies: lb02 tells as it always did."""
    night.lb01.gateways = {"sms": "silent"}
    night.split()
    night.lb01.alive = False
    night.passes(50)
    night.phone("anna").must_read("SPLIT BRAIN")


def test_an_incident_that_somebody_has_is_told_by_no_second_way(monkeypatch: pytest.MonkeyPatch) -> None:
    with Night(monkeypatch, conf=config(THREE_WAYS, BO)) as night:
        night.lb01.gateways = {"sms": "silent"}
        night.split().passes(20)
        name = night.lb01.only.id
        night.run(night.lb01.oncall.acknowledge(name, "bo"))
        night.passes(300)
        assert [channel for _, channel, _ in sent(night)] == ["sms"]


def test_no_more_than_the_ways_of_a_person_in_one_night_of_silence(night: Night) -> None:
    """A repetition goes by a way on which nothing is stuck, and is followed like the first."""
    both(night, sms="silent")
    night.split().passes(16 * 60 + 70)
    assert [channel for _, channel, _ in sent(night)] == ["sms", "satellite", "satellite"]


# --- answers --------------------------------------------------------------------------------------


def test_an_answer_that_is_refused_on_the_way_of_its_question_goes_by_the_next(night: Night) -> None:
    night.split()
    night.lb01.gateways = {"sms": "dead"}
    night.phone("anna").replies("{code}", via=LB01)
    answers = [each for each in night.lb01.messages if each.occasion == "answer"]
    assert [(each.channel, each.state) for each in answers] == [
        ("sms", MessageState.FAILED),
        ("satellite", MessageState.DELIVERED),
    ]
    assert answers[0].text == answers[1].text
    night.passes(120)
    assert len([each for each in night.lb01.messages if each.occasion == "answer"]) == 2


def test_an_answer_for_which_no_way_is_left_ends_there(night: Night) -> None:
    night.split()
    both(night, sms="dead", satellite="dead", mail="dead")
    night.phone("anna").replies("{code}", via=LB01)
    night.passes(120)
    answers = [each for each in night.lb01.messages if each.occasion == "answer"]
    assert [each.channel for each in answers] == ["sms", "satellite", "mail"]


# --- one grammar, and the same codes, on every channel ---------------------------------------------


def test_what_was_told_by_sms_alone_is_answered_by_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    with Night(monkeypatch, conf=config(MAILED)) as night:
        phone = night.phone("anna")
        night.split()
        phone.must_read("SPLIT BRAIN", "{code}=ack")
        assert phone.mails == []
        phone.mails_back("{code}")
        assert night.lb01.only.acknowledged_by == "anna"
        assert night.lb02.only.acknowledged_by == "anna"
        phone.must_be_silent()
        assert [f"{phone.code} is yours" in text for text in phone.mails] == [True]
        night.heals().passes(60)
        phone.must_read("OVER", "{code}")


def test_what_was_told_by_mail_alone_is_answered_by_sms(monkeypatch: pytest.MonkeyPatch) -> None:
    with Night(monkeypatch, conf=config(MAILED)) as night:
        phone = night.phone("anna")
        both(night, sms="dead")
        night.split().passes(2)
        assert phone.texts == []
        (mail,) = phone.mails
        code = mail.rpartition("=ack")[0].split()[-1]
        both(night)
        night.sms(code, phone.person.ways[0].to, LB02)
        assert night.lb01.only.acknowledged_by == "anna"
        phone.must_read(f"{code} is yours")
        assert len(phone.mails) == 1


def test_a_number_means_the_same_on_every_way_and_rests_on_every_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of what is over is told to be over by mail, too, and nothing new gets it within 72 hours."""
    with Night(monkeypatch, conf=config(MAILED)) as night:
        phone = night.phone("anna")
        night.split()
        phone.must_read("SPLIT BRAIN")
        old = phone.code
        night.heals().passes(60)
        night.split()
        phone.unread()
        assert phone.code != old
        phone.mails_back(old)
        assert "over" in phone.mails[-1]
        assert [each.state for each in night.lb01.open] == [State.OPEN]
        phone.mails_back("{code} 30m").mails_back("?")
        assert [each.state for each in night.lb01.open] == [State.SNOOZED]
        assert phone.code in phone.mails[-1]


def test_digits_that_were_asked_for_by_sms_are_taken_by_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    with Night(monkeypatch, conf=config(MAILED)) as night:
        night.allows(LB02, STOP, START)
        phone = night.phone("anna")
        night.split()
        phone.must_read("SPLIT BRAIN")
        phone.replies("{code} 2").must_read("{nonce}")
        phone.mails_back("{nonce}")
        assert night.runs == [(LB02, "stop-keepalived")]
