"""The phrases of the dialogue as they arrive on a phone, and how our own are known again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.notification.languages import NAMES
from hawatch.notification.text import (
    PARAMETERS,
    Alphabet,
    Language,
    Option,
    Phrase,
    Refusal,
    alphabet_of,
    carrier_word,
    fits,
    is_ours,
    option_text,
    read_language,
    say,
    segments,
    tag,
    tell,
    tell_lines,
)

LANGUAGES = {name: read_language(name) for name in NAMES}
EN, ZH = LANGUAGES["en"], LANGUAGES["zh"]
DEMOTE = Option(number=2, action="stop-keepalived", node="lb02")
REAL = {
    "code": 47, "number": 2, "nonce": "8316", "undo_code": "47 3", "minutes": 5, "tries": 2, "count": 12,
    "since": "03:12", "until": "04:12", "who": "Anna", "whom": "lb01", "node": "lb02", "pair": "lab1",
    "body": "lb01", "state": "lb01", "reason": "lb01", "target": "lb02", "vips": "10.0.0.100", "seconds": "1.2",
    "still": "it still advertises", "service": "nginx",
}  # fmt: skip
WHOLE = ("code", "nonce", "undo_code")
each_language = pytest.mark.parametrize("language", LANGUAGES.values(), ids=NAMES)


def filled(phrase: Phrase, **values: object) -> dict[str, object]:
    return {name: values[name] for name in PARAMETERS[phrase].split()}


def test_every_phrase_says_what_fills_it() -> None:
    assert PARAMETERS.keys() == set(Phrase)


@each_language
def test_with_real_names_every_answer_is_one_message_and_safe_with_every_carrier(language: Language) -> None:
    what = option_text(language, DEMOTE)
    for phrase in Phrase:
        text = tell(language, "lab1", phrase, **filled(phrase, **REAL, what=what))
        assert segments(text) == 1, text
        assert carrier_word(text) is None, text
        assert is_ours(text)
        for name in filled(phrase, **REAL, what=what).keys() & set(WHOLE):
            assert str(REAL[name]) in text


@each_language
def test_every_reason_not_to_act_fits_with_what_it_is_about(language: Language) -> None:
    what = option_text(language, DEMOTE)
    for refusal in Refusal:
        reason = say(language, refusal)
        text = tell(language, "lab1", Phrase.DEED_REFUSED, what=what, node="lb02", reason=reason)
        assert reason in text
        assert what in text
        assert segments(text) == 1
        assert carrier_word(text) is None


NAMES_OF_ANY_KIND = st.text(min_size=1, max_size=80) | st.sampled_from(
    ["a" * 63, "机" * 63, "€" * 63, "😀" * 63]
)


@each_language
@given(
    phrase=st.sampled_from(Phrase), name=NAMES_OF_ANY_KIND, other=NAMES_OF_ANY_KIND, pair=NAMES_OF_ANY_KIND
)
def test_whatever_the_names_an_answer_is_two_messages_at_most_and_its_codes_are_whole(
    language: Language, phrase: Phrase, name: str, other: str, pair: str
) -> None:
    absurd = dict.fromkeys(("who", "whom", "pair", "node", "target"), name) | dict.fromkeys(
        ("body", "state", "reason", "what", "vips", "still"), other * 5
    )
    wanted = filled(phrase, **{**REAL, **absurd})
    text = tell(language, pair, phrase, **wanted)
    assert fits(text, 2)
    assert is_ours(text)
    assert language.alphabet is Alphabet.UCS2 or alphabet_of(text) is Alphabet.GSM7
    for vital in wanted.keys() & set(WHOLE):
        assert str(REAL[vital]) in text


@given(st.text(max_size=100))
def test_a_name_is_never_read_for_placeholders_and_stays_on_one_line(name: str) -> None:
    text = say(ZH, Phrase.STATE_ACKED, who=name + "{code}\n{who}")
    assert "\n" not in text
    assert "{code} {who}" in text or ".." in text


def test_a_phrase_takes_what_it_is_made_for_and_nothing_else() -> None:
    with pytest.raises(TypeError, match=r"^released is given code$"):
        say(EN, Phrase.RELEASED)
    with pytest.raises(TypeError, match=r"^dropped is given nothing$"):
        say(EN, Phrase.DROPPED, who="Anna")


def test_how_the_dialogue_reads_in_english_and_in_chinese() -> None:
    confirm = {"code": 47, "number": 2, "nonce": "0316", "minutes": 5}
    assert tell(EN, "lab1", Phrase.CONFIRM, what=option_text(EN, DEMOTE), **confirm) == (
        "[hawatch lab1] 47 2 = demote lb02. Reply 0316 within 5 min to do it, no to drop it"
    )
    assert tell(ZH, "lab1", Phrase.CONFIRM, what=option_text(ZH, DEMOTE), **confirm) == (
        "[hawatch lab1] 47 2=降级lb02。5分钟内回0316执行，回no取消"
    )


@pytest.mark.parametrize(
    ("action", "label", "english", "chinese"),
    [
        ("restart-service", None, "restart service on lb02", "重启lb02服务"),
        ("stop-keepalived", None, "demote lb02", "降级lb02"),
        ("start-keepalived", None, "restore lb02", "恢复lb02"),
        ("remove-vip", None, "take VIP off lb02", "摘除lb02的VIP"),
        ("announce-vip", None, "announce VIP from lb02", "由lb02宣告VIP"),
        ("flush-cache", None, "flush-cache on lb02", "在lb02执行flush-cache"),
        ("flush-cache", "3 caches", "3 caches on lb02", "在lb02执行3 caches"),
        ("stop-keepalived", "fail over", "fail over on lb02", "在lb02执行fail over"),
    ],
)
def test_an_option_names_its_node(action: str, label: str | None, english: str, chinese: str) -> None:
    option = Option(number=2, action=action, node="lb02", label=label)
    assert option_text(EN, option) == english
    assert option_text(ZH, option) == chinese


@pytest.mark.parametrize(
    ("action", "english", "chinese"),
    [
        ("fence-lb02", "cut the power of lb02 (by lb01)", "由lb01切断lb02电源"),
        ("power-on-lb02", "power lb02 on (by lb01)", "由lb01给lb02通电"),
    ],
)
def test_what_a_fence_device_does_names_both_nodes(action: str, english: str, chinese: str) -> None:
    option = Option(number=2, action=action, node="lb01", target="lb02")
    assert option_text(EN, option) == english
    assert option_text(ZH, option) == chinese


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Jörg", "Jörg"),
        ("François", "Francois"),
        ("Łukasz", "Lukasz"),
        ("王伟", "??"),
        ("O’Neil", "O'Neil"),
        ("a\tb", "a b"),
    ],
)
def test_in_english_a_name_keeps_to_the_short_alphabet(name: str, shown: str) -> None:
    assert say(EN, Phrase.STATE_ACKED, who=name) == f"{shown} has it"


def test_a_list_shows_as_many_lines_as_fit_and_counts_the_others() -> None:
    lines = [
        say(ZH, Phrase.LIST_LINE, code=c, what="裂脑 VI_1", since="03:12", state="无人处理")
        for c in range(10, 60)
    ]
    text = tell_lines(ZH, "lab1", say(ZH, Phrase.WHICH), lines)
    head, *shown, more = text.split("\n")
    assert head == "[hawatch lab1] 有多个未恢复，请回其中一个编号："
    assert shown == lines[: len(shown)]
    assert int(more) == len(lines) - len(shown)
    assert fits(text, 3)
    assert not fits("\n".join([head, *shown, lines[len(shown)], more]), 3)
    assert tell_lines(ZH, "lab1", "x", lines[:2]) == "\n".join(["[hawatch lab1] x", *lines[:2]])


@pytest.mark.parametrize(
    "text",
    [
        "[hawatch lab1] SPLIT BRAIN",
        "  [HAWATCH lab2] x",
        "【某公司】[hawatch lab1] 裂脑",
        "［hawatch lab1］ x",
        '"[hawatch x',
    ],
)
def test_a_message_of_ours_that_comes_back_is_known(text: str) -> None:
    assert is_ours(text)


@pytest.mark.parametrize(
    "text", ["47", "47 2", "", "\n", "ok", "hawatch 47", "47\n> [hawatch lab1] SPLIT BRAIN"]
)
def test_a_persons_answer_is_not_taken_for_ours_even_if_it_quotes_us_below(text: str) -> None:
    assert not is_ours(text)


def test_a_long_pair_is_clipped_in_the_tag() -> None:
    assert tag(EN, "production-frankfurt-west") == "[hawatch productio..furt-west]"
