"""What people answer, and what comes back: every form of the grammar, and everything that must lead to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from hawatch.codes import Code
from hawatch.config.oncall import Permission
from hawatch.desk.records import Heard
from hawatch.incident import EntryKind, State
from hawatch.verdict import VerdictKind
from tests.phones import ANNA, BO, HOUR, LB01, LB02, MINUTE, NGINX_DOWN, RESTART, STOP, Night, config

K = VerdictKind
DAY = 86400.0
STRANGER = "+491701234567"


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with Night(monkeypatch) as night:
        yield night


@pytest.fixture
def split(night: Night) -> Night:
    """A split that was told and read."""
    night.allows(LB01, STOP)
    night.allows(LB02, STOP)
    night.split()
    read(night)
    return night


def read(night: Night) -> None:
    for phone in night.phones.values():
        phone.unread()


def heard(night: Night, node: str = LB01) -> list[Heard]:
    return list(night.desks[node].oncall.ledger.all(Heard))


def two_troubles(night: Night) -> tuple[str, str]:
    """Two incidents that anna knows; her codes of them."""
    night.nobody().passes(15)
    first = night.phone("anna").code
    night.says(K.CONFLICT, of="VI_2").passes(2)
    second = night.phone("anna").code
    assert first != second
    read(night)
    return first, second


# --- the grammar ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{code}",
        " {code}。",
        "“{code}”",
        "{code} 1",
        "ack {code}",
        "{code} ok",
        "收到{code}",
        "{code}\n> quoted",
    ],
)
def test_the_code_acknowledges_however_it_is_written(split: Night, text: str) -> None:
    split.phone("anna").replies(text)
    split.phone("anna").must_read("{code} is yours", "SPLIT BRAIN", "{code} 9=give back")
    split.phone("bo").must_read("anna已接手{code}", "裂脑")
    for desk in split:
        assert (desk.only.state, desk.only.acknowledged_by) == (State.ACKNOWLEDGED, "anna")


def test_full_width_digits_are_digits(split: Night) -> None:
    code = "".join(chr(ord(digit) + 0xFEE0) for digit in split.phone("bo").code)
    split.phone("bo").replies(code)
    split.phone("bo").must_read("{code}由你处理", "裂脑")


@pytest.mark.parametrize("text", ["1", "ok", "OK.", "收到", "好的"])
def test_a_bare_word_acknowledges_what_alone_is_open(split: Night, text: str) -> None:
    split.phone("bo").replies(text)
    split.phone("bo").must_read("{code}由你处理")
    assert split.lb01.only.acknowledged_by == "bo"


@pytest.mark.parametrize("text", ["1", "ok", "收到"])
def test_a_bare_word_is_no_guess_when_two_are_open(night: Night, text: str) -> None:
    first, second = two_troubles(night)
    night.phone("anna").replies(text)
    night.phone("anna").must_read("Several are open", f"\n{first} NO OWNER", f"\n{second} OUTSIDE HOST")
    assert {each.state for each in night.lb01.open} == {State.OPEN}


@pytest.mark.parametrize("text", ["1", "ok", "收到", "?"])
def test_a_bare_word_says_so_when_nothing_is_open(night: Night, text: str) -> None:
    night.phone("bo").replies(text)
    night.phone("bo").must_read("没有未恢复的事件")


def test_a_question_mark_lists_what_is_open_and_who_has_it(night: Night) -> None:
    first, second = two_troubles(night)
    night.phone("bo").replies(second)
    read(night)
    night.phone("anna").replies("?")
    night.phone("anna").must_read(f"{first} NO OWNER", "nobody has it", f"{second} OUTSIDE", "bo has it")
    night.phone("bo").replies("？")
    night.phone("bo").must_read(f"{second} 外部主机冲突", "bo处理中", f"{first} VIP无人持有")


def test_a_list_of_one_does_not_speak_of_several(split: Night) -> None:
    split.phone("anna").replies("?")
    text = split.phone("anna").must_read("{code} SPLIT BRAIN VI_1", "since 03:00", "nobody has it")
    assert "Several" not in text


def test_who_was_not_told_yet_can_ask_and_gets_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    with Night(monkeypatch) as night:
        night.nobody().passes(5)
        assert night.texts() == []
        night.phone("anna").replies("?")
        text = night.phone("anna").must_read("NO OWNER")
        code = text.partition("] ")[2].partition(" ")[0]
        night.phone("anna").replies(code)
        night.phone("anna").must_read(f"{code} is yours")
        assert night.lb02.only.acknowledged_by == "anna"


def test_a_nought_tells_more_with_the_remedy(split: Night) -> None:
    split.phone("anna").replies("{code} 0")
    split.phone("anna").must_read("SPLIT BRAIN", "Remedy: nft insert rule")


def test_a_nought_tells_what_can_be_done_too_also_what_could_not_when_the_first_text_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Night(monkeypatch) as night:
        night.split()
        assert "demote" not in night.phone("anna").must_read("SPLIT BRAIN")
        night.allows(LB02, STOP)
        night.phone("anna").replies("{code} 0")
        night.phone("anna").must_read("{code} 2=demote lb02")


def test_a_snooze_keeps_quiet_and_is_cut_to_an_hour_while_it_is_critical(split: Night) -> None:
    split.phone("anna").replies("{code} 2h")
    split.phone("anna").must_read("{code} is quiet until 04:00", "cut to 60 min")
    split.phone("bo").must_read("anna将{code}静默到04:00")
    assert split.lb02.only.state is State.SNOOZED
    split.passes(HOUR - 2)
    split.phone("anna").must_be_silent()


def test_a_release_says_who_is_next(split: Night) -> None:
    split.phone("anna").replies("{code}")
    read(split)
    split.phone("anna").replies("{code} 9")
    split.phone("anna").must_read("{code} given back")
    assert split.lb01.only.state is State.OPEN


def test_no_drops_what_waits_and_says_so(split: Night) -> None:
    split.phone("anna").replies("{code} 2")
    nonce = split.phone("anna").nonce
    split.phone("anna").replies("no")
    split.phone("anna").unread()
    split.phone("anna").replies(nonce)
    split.phone("anna").must_read("used or too old, nothing done")
    assert split.runs == []


# --- what must lead to nothing ----------------------------------------------------------------------


def test_an_unknown_code_leads_nowhere(split: Night) -> None:
    other = "11" if split.phone("anna").code != "11" else "12"
    split.phone("anna").replies(other)
    split.phone("anna").must_read(f"You have no code {other}")
    assert split.lb01.only.state is State.OPEN


def test_a_number_that_is_not_on_the_menu_leads_nowhere(split: Night) -> None:
    split.phone("anna").replies("{code} 8")
    split.phone("anna").must_read("Not understood, nothing done")


def test_another_s_code_is_nobody_else_s(monkeypatch: pytest.MonkeyPatch) -> None:
    carol = replace(BO, name="carol", ways=(replace(BO.ways[0], to="+8613800000009"),), hours=())
    with Night(monkeypatch, conf=config(ANNA, carol)) as night:
        night.split()
        for desk in night:
            codes = [each for each in desk.oncall.ledger.all(Code) if each.person == "carol"]
            assert {each.number for each in codes} == {int(night.phone("anna").code)}
        night.phone("carol").replies("{code}")
        assert night.lb01.only.acknowledged_by == "carol"


def test_a_late_answer_to_what_is_over_hits_nothing_new(split: Night) -> None:
    old = split.phone("anna").code
    split.heals().passes(60)
    read(split)
    split.nobody().passes(15)
    assert split.phone("anna").code != old
    read(split)
    split.phone("anna").replies(old)
    split.phone("anna").must_read(f"{old} is over since 03:00, nothing to do")
    split.phone("anna").replies(f"{old} 2")
    split.phone("anna").must_read(f"{old} is over")
    assert split.lb01.only.state is State.OPEN
    assert split.runs == []


def test_a_code_rests_for_three_days_and_is_known_for_what_it_was(split: Night) -> None:
    old = split.phone("anna").code
    split.heals().passes(71 * HOUR, step=HOUR)
    read(split)
    split.phone("anna").replies(old)
    split.phone("anna").must_read(f"{old} is over")
    split.passes(3 * HOUR, step=HOUR)
    split.phone("anna").replies(old)
    split.phone("anna").must_read(f"You have no code {old}")


def test_the_same_text_handed_over_twice_is_taken_once(split: Night) -> None:
    for _ in range(2):
        split.phone("anna").replies("{code}", id="GSM1.abc")
    split.phone("anna").must_read("{code} is yours")
    split.phone("anna").must_be_silent()
    assert len(heard(split)) == 1


def test_the_same_text_of_the_same_second_under_another_id_is_taken_once_on_either_node(split: Night) -> None:
    for via in (LB01, LB01, LB02):
        split.phone("anna").replies("{code} 2", sent_at=1795316410.0, via=via)
    assert len(split.phone("anna").unread()) == 1


def test_the_same_words_a_minute_later_are_words_again(split: Night) -> None:
    for at in (1795316410.0, 1795316470.0):
        split.phone("anna").replies("{code} 0", sent_at=at)
    assert len(split.phone("anna").unread()) == 2


def test_a_stranger_gets_silence_and_a_record(split: Night) -> None:
    split.sms(split.phone("anna").code, STRANGER, LB01)
    split.phone("anna").must_be_silent()
    split.phone("bo").must_be_silent()
    (record,) = heard(split)
    assert (record.sender, record.person, record.text) == (STRANGER, None, split.phone("anna").code)
    assert split.lb01.only.state is State.OPEN
    assert {each.person for each in split.lb01.messages} == {"anna", "bo"}


@pytest.mark.parametrize("form", ["8613800000001", "+86 138 0000 0001", "008613800000001"])
def test_a_number_is_known_in_the_forms_that_gateways_give_it(split: Night, form: str) -> None:
    split.sms(split.phone("anna").code, form, LB01)
    split.phone("anna").must_read("is yours")


def test_whose_time_is_over_is_a_stranger_and_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = replace(ANNA, until=date(2026, 11, 22), timezone="UTC")
    with Night(monkeypatch, conf=config(anna, BO)) as night:
        night.split()
        night.phone("anna").must_read("SPLIT BRAIN")
        night.passes(22 * HOUR, step=MINUTE * 30)
        read(night)
        night.phone("anna").replies("{code}")
        night.phone("anna").must_be_silent()
        assert night.lb01.only.state is State.OPEN
        assert heard(night)[-1].person is None
        night.heals().passes(30)
        night.phone("anna").must_be_silent()


def test_a_message_of_ours_that_comes_back_is_not_answered(split: Night) -> None:
    own = split.phone("anna").texts[0]
    other = "【云通】[hawatch db] SPLIT BRAIN VI_9. 12=ack"
    for text in (own, other):
        split.phone("anna").replies(text)
    split.phone("anna").must_be_silent()
    assert len(heard(split)) == 2


def test_two_that_text_each_other_fall_silent(split: Night) -> None:
    for number in range(50):
        split.phone("anna").replies(f"Your message no. {number} was received, thank you!")
    assert len(split.phone("anna").unread()) == 5
    split.passes(HOUR + 1, step=MINUTE)
    read(split)
    split.phone("anna").replies("hello?")
    split.phone("anna").must_read("Not understood, nothing done")


def test_after_much_nonsense_the_right_answer_still_counts(split: Night) -> None:
    for number in range(20):
        split.phone("anna").replies(f"hm {number}")
    read(split)
    split.phone("anna").replies("{code}")
    split.phone("anna").must_read("{code} is yours")


def test_guessing_codes_is_answered_five_times_an_hour_and_hits_nothing_of_others(split: Night) -> None:
    split.heals().passes(30)
    read(split)
    for number in range(10, 100):
        split.phone("anna").replies(f"{number}")
    answers = split.phone("anna").unread()
    assert sum("You have no code" in each for each in answers) == 5
    assert len(answers) == 6  # and the one that is over


def test_who_may_do_nothing_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = replace(ANNA, permissions=frozenset())
    acker = replace(BO, permissions=frozenset({Permission.ACK}), language="en")
    with Night(monkeypatch, conf=config(reader, acker)) as night:
        night.allows(LB02, STOP)
        night.split()
        read(night)
        for text in ("{code}", "{code} 9", "{code} 30m"):
            night.phone("anna").replies(text)
            night.phone("anna").must_read("you are not permitted to: ack")
        night.phone("bo").replies("{code} 2")
        night.phone("bo").must_read("you are not permitted to: act")
        assert night.lb01.only.state is State.OPEN
        assert night.runs == []


@pytest.mark.parametrize(
    "text",
    [
        "{code}; systemctl stop keepalived",
        "{code} $(reboot)",
        "{code}`id`",
        "{code} 2 && {nonce}",
        "{code}\x00 2",
        "' OR 1=1 --",
        "{code} 2\udcff",
        "47²",
        "",
        "\n\n",
        "🔥" * 70,
    ],
)
def test_what_is_no_command_runs_nothing_and_is_kept_verbatim(split: Night, text: str) -> None:
    split.phone("anna").replies(text)
    assert split.runs == []
    assert split.lb01.only.state is State.OPEN
    filled = text.replace("{code}", split.phone("anna").code).replace("{nonce}", "NONCE?")
    for desk in split:
        assert [each.text for each in desk.oncall.ledger.all(Heard)] == [filled]


def test_only_the_first_line_is_read(split: Night) -> None:
    split.phone("anna").replies("{code}\n{code} 2\n1234")
    split.phone("anna").must_read("{code} is yours")
    assert split.lb01.only.acknowledged_by == "anna"
    assert split.phone("anna").nonce == ""


def test_nonsense_about_nothing_is_no_line_of_an_incident_and_a_reply_about_one_is(split: Night) -> None:
    split.phone("anna").replies("good morning")
    split.phone("anna").replies("{code} 0")
    texts = [text for kind, _, text in split.lb01.story(split.lb01.only) if kind is EntryKind.REPLIED]
    assert texts == [f"{split.phone('anna').code} 0"]


def test_an_answer_to_a_restart_menu_names_the_service(night: Night) -> None:
    night.allows(LB02, RESTART)
    night.held = {LB01: False, LB02: True}
    night.says(K.NO_OWNER, NGINX_DOWN).passes(15)
    night.phone("anna").must_read("{code} 2=restart nginx on lb02")
    night.phone("bo").must_read("{code} 2在lb02执行重启nginx")
