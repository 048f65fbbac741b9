"""The message about an incident: what it says, and that it fits a phone whatever happens and whoever is named."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.notification.languages import NAMES
from hawatch.notification.text import (
    Alphabet,
    Brief,
    Language,
    Occasion,
    Option,
    alphabet_of,
    carrier_word,
    compose,
    details,
    fits,
    headline,
    is_ours,
    option_text,
    read_language,
)
from hawatch.notification.text.letters import clip_apart
from hawatch.verdict import Cause, Finding, Severity, VerdictKind

LANGUAGES = {name: read_language(name) for name in NAMES}
EN, ZH = LANGUAGES["en"], LANGUAGES["zh"]
ACK = {"en": "47=ack", "zh": "回47确认"}
DEMOTE = Option(number=2, action="stop-keepalived", node="lb02")
SPLIT = Brief(
    pair="lab1", node="lb01", verdict=VerdictKind.SPLIT_BRAIN, severity=Severity.CRITICAL, instances=("VI_1",),
    vips=("192.0.2.10",), owners=("lb01", "lb02"), cause=Cause.VRRP_BLOCKED_INBOUND, cause_node="lb02", code="47",
    options=(DEMOTE,), since="03:12",
)  # fmt: skip
MENU = (
    DEMOTE,
    Option(number=3, action="restart-service", node="lb01"),
    Option(number=4, action="announce-vip", node="lb01"),
)
each_language = pytest.mark.parametrize("language", LANGUAGES.values(), ids=NAMES)


def remote(host: str) -> str:
    return host.ljust(40, "x") + ".dc1.example.com"


ABSURD = replace(
    SPLIT,
    pair="p" * 63,
    node="a" * 60 + "-01",
    instances=tuple(f"VI_{number}" for number in range(1, 256)),
    vips=tuple(f"2001:db8:1234:5678:9abc:def0:1234:{number:x}" for number in range(255)),
    owners=("a" * 60 + "-01", "a" * 60 + "-02"),
    cause_node="a" * 60 + "-02",
    options=tuple(replace(option, node="a" * 60 + f"-0{1 + option.number % 2}") for option in MENU),
    who="Maximiliane von und zu Hohenstein-Übermut",
    minutes=100_000,
)


def test_the_night_message_in_english() -> None:
    assert compose(EN, Occasion.FIRST, SPLIT) == (
        "[hawatch lab1] SPLIT BRAIN VI_1 192.0.2.10, held by lb01+lb02 at once, since 03:12, says lb01. "
        "Cause on lb02: incoming VRRP blocked (firewall?). 47=ack, 47 2=demote lb02, 47 0=details"
    )


def test_the_night_message_in_chinese() -> None:
    assert compose(ZH, Occasion.FIRST, SPLIT) == (
        "[hawatch lab1] 裂脑 VI_1 192.0.2.10，lb01、lb02均持有，03:12起，lb01报。"
        "lb02原因：收不进VRRP（查防火墙）。回47确认，47 2降级lb02，47 0详情"
    )


def test_what_is_over_says_who_holds_the_vip_now_and_offers_nothing() -> None:
    over = replace(SPLIT, owners=("lb01",), minutes=42, who="Anna")
    assert compose(EN, Occasion.RESOLVED, over) == (
        "[hawatch lab1] OVER: SPLIT BRAIN VI_1 192.0.2.10, now held by lb01, began 03:12, lasted 42 min, "
        "acked by Anna, says lb01. Cause on lb02: incoming VRRP blocked (firewall?). Code 47 is closed"
    )


def test_who_gave_it_back_is_not_said_to_have_taken_it() -> None:
    text = compose(EN, Occasion.RELEASED, replace(SPLIT, who="Anna"))
    assert "YOUR TURN: SPLIT BRAIN" in text
    assert "given back by Anna" in text
    assert "acked" not in text


def test_a_critical_finding_beside_a_quiet_verdict_is_said_to_be_critical() -> None:
    found = replace(
        SPLIT, verdict=VerdictKind.STEADY, owners=("lb01",), cause=Cause.STALE_ARP, cause_node="lb01"
    )
    text = compose(EN, Occasion.FIRST, found)
    assert text.startswith("[hawatch lab1] CRITICAL: VIP STEADY BUT FAULT VI_1 192.0.2.10, held by lb01,")
    assert "Found on lb01: VIP not announced, clients may use the old node." in text


def test_without_a_code_there_is_no_menu() -> None:
    text = compose(EN, Occasion.FIRST, replace(SPLIT, code=None))
    assert text.endswith("Cause on lb02: incoming VRRP blocked (firewall?)")


def test_a_cause_that_lies_on_no_node_is_told_without_one() -> None:
    assert "Cause: VRRP lost in one direction." in compose(
        EN, Occasion.FIRST, replace(SPLIT, cause=Cause.ONE_WAY_LOSS, cause_node=None)
    )


@each_language
def test_with_real_names_nothing_is_lost_and_no_carrier_acts_for_any_verdict_cause_and_occasion(
    language: Language,
) -> None:
    for verdict, cause, occasion in product(VerdictKind, [None, *Cause], Occasion):
        brief = replace(
            SPLIT, verdict=verdict, severity=verdict.severity, cause=cause, who="Anna", minutes=42
        )
        text = compose(language, occasion, brief)
        assert fits(text, 2), text
        assert carrier_word(text) is None, text
        assert language.fill(f"verdict.{verdict.value}", {"node": "lb01"}) in text
        assert "VI_1 192.0.2.10" in text
        assert cause is None or language.phrases[f"cause.{cause.value}"] in text
        if occasion is not Occasion.RESOLVED:
            assert ACK[language.code] in text
            assert option_text(language, DEMOTE) in text
        assert alphabet_of(text) is language.alphabet


@each_language
def test_with_absurd_names_it_still_fits_and_can_be_acknowledged(language: Language) -> None:
    for verdict, cause, occasion in product(VerdictKind, [None, *Cause], Occasion):
        text = compose(
            language, occasion, replace(ABSURD, verdict=verdict, severity=verdict.severity, cause=cause)
        )
        assert fits(text, 2), text
        assert language.fill(f"verdict.{verdict.value}", {"node": ""}).strip() in text
        assert ACK[language.code] in text or (occasion is Occasion.RESOLVED and "47" in text)


ANY_NAME = st.text(min_size=1, max_size=70)
HOSTS = st.sampled_from(
    [remote("lb-01"), remote("lb-02"), "a" * 62 + "1", "a" * 62 + "2", "lb01", "lb02", "192.0.2.1"]
)
BRIEFS = st.builds(
    Brief,
    pair=ANY_NAME,
    node=ANY_NAME | HOSTS,
    verdict=st.sampled_from(VerdictKind),
    severity=st.sampled_from(Severity),
    instances=st.lists(ANY_NAME, min_size=1, max_size=12).map(tuple),
    vips=st.lists(ANY_NAME, max_size=12).map(tuple),
    owners=st.lists(ANY_NAME | HOSTS, max_size=3, unique=True).map(tuple),
    cause=st.none() | st.sampled_from(Cause),
    cause_node=st.none() | ANY_NAME | HOSTS,
    code=st.none() | st.integers(10, 999).map(str),
    options=st.lists(
        st.builds(
            Option,
            number=st.integers(2, 8),
            action=st.sampled_from(["stop-keepalived", "remove-vip", "own"]),
            node=ANY_NAME | HOSTS,
            label=st.none() | ANY_NAME,
        ),
        max_size=7,
    ).map(tuple),
    since=st.just("03:12"),
    who=st.none() | ANY_NAME,
    minutes=st.none() | st.integers(0, 10**6),
)


@each_language
@given(brief=BRIEFS, occasion=st.sampled_from(Occasion), most=st.sampled_from([2, 3, 10]))
def test_whoever_is_named_it_fits_and_keeps_its_code(
    language: Language, brief: Brief, occasion: Occasion, most: int
) -> None:
    text = compose(language, occasion, brief, most)
    assert fits(text, most)
    assert is_ours(text)
    assert "\n" not in text
    assert language.alphabet is Alphabet.UCS2 or alphabet_of(text) is Alphabet.GSM7
    if brief.code is not None:
        key = "closed" if occasion is Occasion.RESOLVED else "ack"
        assert language.fill(f"message.{key}", {"code": brief.code}) in text


@each_language
def test_a_single_message_is_enough_to_be_told_and_to_acknowledge(language: Language) -> None:
    for occasion in set(Occasion) - {Occasion.RESOLVED}:
        text = compose(language, occasion, ABSURD, 1)
        assert fits(text, 1)
        assert ACK[language.code] in text


# --- what is given up, and in which order ---------------------------------------------------------


def test_virtual_routers_are_given_up_before_vips_and_both_before_options() -> None:
    instances = tuple(f"VI_{number}" for number in range(1, 9))
    text = compose(
        EN,
        Occasion.FIRST,
        replace(
            SPLIT,
            instances=instances,
            vips=("192.0.2.10", "192.0.2.11"),
            options=MENU,
            minutes=42,
            who="Anna",
        ),
    )
    assert "VI_1, VI_2, VI_3 and 5 more 192.0.2.10, 192.0.2.11, held" in text
    assert "47 4=announce VIP from lb01" in text


def test_eight_are_listed_where_there_is_room_and_the_others_counted() -> None:
    instances = tuple(f"VI_{number}" for number in range(1, 256))
    assert "VI_7, VI_8 and 247 more" in compose(EN, Occasion.FIRST, replace(SPLIT, instances=instances), 10)


def test_options_are_given_up_from_the_end() -> None:
    brief = replace(ABSURD, options=MENU, owners=("lb01", "lb02"), cause_node="lb02", node="lb01")
    text = compose(ZH, Occasion.REPAGE, brief)
    assert "47 2降级lb02" in text
    assert "47 4" not in text


def test_long_names_of_a_pair_are_shown_so_that_the_right_one_is_demoted() -> None:
    brief = replace(
        SPLIT,
        node=remote("lb-01"),
        owners=(remote("lb-01"), remote("lb-02")),
        cause_node=remote("lb-02"),
        options=(replace(DEMOTE, node=remote("lb-02")),),
    )
    text = compose(ZH, Occasion.FIRST, brief)
    assert "47 2降级lb-0" in text
    assert ".dc1.example.com" not in text


def test_two_nodes_that_would_look_alike_are_not_offered_for_an_action() -> None:
    strange = ("机房甲", "机房乙")  # neither has a letter of the short alphabet
    brief = replace(
        SPLIT, node=strange[0], owners=strange, cause_node=None, options=(replace(DEMOTE, node=strange[1]),)
    )
    text = compose(EN, Occasion.FIRST, brief)
    assert "demote" not in text
    assert text.endswith("47=ack, 47 0=details")
    assert "降级机房乙" in compose(ZH, Occasion.FIRST, brief)


@given(st.sets(st.text(min_size=1, max_size=70) | HOSTS, min_size=1, max_size=4), st.integers(6, 64))
def test_clipped_names_stay_apart_or_are_not_shown_at_all(names: set[str], limit: int) -> None:
    shown = clip_apart(frozenset(names), limit)
    if shown is not None:
        assert shown.keys() == names
        assert len(set(shown.values())) == len(names)
        assert all(len(text) <= limit for text in shown.values())


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.integers(6, 64))
def test_of_two_names_either_is_always_known_from_the_other(
    begin: str, one: str, other: str, limit: int
) -> None:
    names = frozenset({begin + "/" + one, begin + "/" + other})
    assert clip_apart(names, limit) is not None


# --- headline and details -------------------------------------------------------------------------


def test_a_headline_is_a_few_words() -> None:
    assert headline(EN, SPLIT) == "SPLIT BRAIN VI_1"
    assert headline(ZH, ABSURD) == "裂脑 VI_1等255个"


FINDINGS = (
    Finding(
        cause=Cause.VRRP_BLOCKED_INBOUND,
        node="lb02",
        severity=Severity.WARNING,
        summary="",
        remedy="on lb02: nft delete rule inet filter input handle 14  # until the next reload\nsecond line",
    ),
    Finding(cause=Cause.CLOCK_SKEW, node="lb01", severity=Severity.WARNING, summary=""),
)


def test_details_add_every_cause_the_first_remedy_the_verdicts_own_sentence_and_what_can_be_done() -> None:
    text = details(EN, replace(SPLIT, who="Anna"), "both hold 192.0.2.10: two owners answer for it", FINDINGS)
    assert text == (
        "[hawatch lab1] 47 SPLIT BRAIN VI_1 192.0.2.10, held by lb01+lb02 at once, since 03:12, acked by Anna, "
        "says lb01. Cause on lb02: incoming VRRP blocked (firewall?). Cause on lb01: clock off by over 1 s. "
        "Remedy: on lb02: nft delete rule inet filter input handle 14. both hold 192.0.2.10: two owners answer for it. "
        "47 2=demote lb02"
    )


def test_details_in_chinese_keep_the_remedy_and_give_up_the_english_sentence() -> None:
    text = details(ZH, SPLIT, "word " * 60, FINDINGS)
    assert "处置：on lb02: nft delete rule inet filter input handle 14" in text
    assert "word word word word word word" not in text


def test_a_remedy_is_told_whole_or_not_at_all() -> None:
    long = replace(FINDINGS[0], remedy="ip address del 192.0.2.10/24 dev eth0; " * 20)
    assert "ip address" not in details(EN, SPLIT, "", (long,))


def test_a_remedy_with_a_word_for_carriers_is_left_out() -> None:
    risky = replace(FINDINGS[0], remedy="on lb02: systemctl start keepalived")
    text = details(EN, SPLIT, "it will end", (risky,))
    assert carrier_word(text) is None
    assert "Remedy" not in text


@each_language
@given(brief=BRIEFS, summary=st.text(max_size=400), remedy=st.text(max_size=400))
def test_details_are_three_messages_at_most(
    language: Language, brief: Brief, summary: str, remedy: str
) -> None:
    text = details(language, brief, summary, (replace(FINDINGS[0], remedy=remedy), FINDINGS[1]))
    assert fits(text, 3)
    assert is_ours(text)
    assert "\n" not in text
