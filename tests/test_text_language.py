"""The languages that come with hawatch, and a site's own: what a file may say, and what is wrong with one."""

from __future__ import annotations

import re
import tomllib

import pytest

from hawatch.errors import ConfigError
from hawatch.notification.languages import NAMES, packaged
from hawatch.notification.text import (
    Alphabet,
    Phrase,
    alphabet_of,
    carrier_word,
    parse_language,
    read_language,
    say,
)
from hawatch.notification.text.keys import SECTIONS
from hawatch.verdict import Cause, VerdictKind

EVERY_KEY = {f"{section}.{key}" for section, keys in SECTIONS.items() for key in keys}
FIELD = re.compile(r"\{\w+\}")
CHINESE = re.compile("[\u4e00-\u9fff]")


def complaint(text: str, file: str = "fr.toml") -> str:
    with pytest.raises(ConfigError) as caught:
        read_language("fr", text, file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_language_has_every_phrase_without_falling_back(name: str) -> None:
    language = parse_language(name, packaged(name), name)
    assert language.phrases.keys() == EVERY_KEY
    assert {f"verdict.{kind}" for kind in VerdictKind} <= EVERY_KEY
    assert {f"cause.{cause}" for cause in Cause} <= EVERY_KEY


@pytest.mark.parametrize("name", NAMES)
def test_no_packaged_phrase_holds_a_word_that_carriers_act_on(name: str) -> None:
    found = {key: carrier_word(text) for key, text in read_language(name).phrases.items()}
    assert {key: word for key, word in found.items() if word} == {}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("please stop it", "stop"),
        ("END", "END"),
        ("回T", "T"),
        ("reply TD.", "TD"),
        ("don't", "t"),
        ("回复退订", "退订"),
        ("stop-keepalived", "stop"),
        ("stopped, endless, tests, restart, started, yesterday", None),
        ("回47确认", None),
    ],
)
def test_a_word_counts_where_it_stands_by_itself(text: str, word: str | None) -> None:
    assert carrier_word(text) == word


def test_english_needs_the_short_alphabet_alone_and_chinese_the_long_one() -> None:
    assert read_language("en").alphabet is Alphabet.GSM7
    assert read_language("zh").alphabet is Alphabet.UCS2
    for text in read_language("en").phrases.values():
        assert alphabet_of(text) is Alphabet.GSM7


def test_no_two_verdicts_and_no_two_causes_read_alike() -> None:
    for name in NAMES:
        phrases = read_language(name).phrases
        for section in ("verdict", "cause", "lead", "option", "refusal"):
            texts = [text for key, text in phrases.items() if key.startswith(f"{section}.")]
            assert len(set(texts)) == len(texts)


def test_chinese_is_chinese_but_for_the_joints() -> None:
    for section, keys in tomllib.loads(packaged("zh")).items():
        for key, text in keys.items():
            plain = section == "join" or not FIELD.sub("", text).strip()
            assert plain or CHINESE.search(text), f"{section}.{key}"


def test_a_sites_own_language_falls_back_to_english_phrase_by_phrase() -> None:
    language = read_language(
        "fr", '[verdict]\nsplit_brain = "DOUBLE MAITRE"\n[say]\ndropped = "Annulé"\n', "fr.toml"
    )
    assert language.code == "fr"
    assert language.phrases["verdict.split_brain"] == "DOUBLE MAITRE"
    assert say(language, Phrase.DROPPED) == "Annulé"
    assert say(language, Phrase.NOTHING_OPEN) == "Nothing is open"
    assert language.phrases.keys() == EVERY_KEY


def test_a_sites_file_over_a_packaged_language_changes_what_it_names_and_no_more() -> None:
    language = read_language("zh", '[option]\nstop-keepalived = "停用{node}"', "zh.toml")
    known = read_language("zh")
    changed = {key for key, text in language.phrases.items() if known.phrases[key] != text}
    assert changed == {"option.stop-keepalived"}


def test_a_language_that_nobody_has_written_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^language xx: there is no such language; known: en, zh$"):
        read_language("xx")


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ("[verdict]\nsplitbrain = 'x'", "verdict.splitbrain", "unknown key, did you mean split_brain?"),
        ("[verdicts]\nsplit_brain = 'x'", "verdicts", "unknown key, did you mean verdict?"),
        ("[say]\ndropped = 5", "say.dropped", "a string is wanted, not a whole number"),
        ("[say]\ndropped = ' '", "say.dropped", "empty"),
        ('[say]\ndropped = "a\\nb"', "say.dropped", "holds characters that cannot be printed"),
        ("[say]\ndropped = 'x {who}'", "say.dropped", "has the unknown placeholder {who}; known here: none"),
        (
            "[say]\nreleased = 'x {who}'",
            "say.released",
            "has the unknown placeholder {who}; known here: {code}",
        ),
        (
            "[say]\nreleased = 'x {code.__class__}'",
            "say.released",
            "has a brace that belongs to no placeholder",
        ),
        ("[say]\nreleased = 'given back'", "say.released", "lacks the placeholder {code}"),
        ("[say]\nconfirm = '{code} {number}={what}'", "say.confirm", "lacks the placeholder {nonce}"),
        ("[option]\nstop-keepalived = 'demote'", "option.stop-keepalived", "lacks the placeholder {node}"),
        ("[message]\noption = '{code} {number}'", "message.option", "lacks the placeholder {what}"),
        ("[lead]\nworse = 'WORSE'", "lead.worse", "lacks the placeholder {news}"),
        ("[say]\ndropped = 'Stop.'", "say.dropped", "has the word Stop, which carriers take as a command"),
        (f"[say]\ndropped = '{'é' * 161}'", "say.dropped", "is longer than one message"),
        (f"[say]\ndropped = '{'裂' * 71}'", "say.dropped", "is longer than one message"),
    ],
)
def test_a_mistake_is_told_with_the_file_and_the_key(text: str, where: str, problem: str) -> None:
    told = complaint(text)
    assert told.startswith(f"fr.toml: {where}: ")
    assert problem in told


def test_a_language_without_a_fallback_may_leave_nothing_out() -> None:
    whole = packaged("en").replace('steady = "VIP STEADY BUT FAULT"\n', "")
    with pytest.raises(ConfigError, match=r"^my\.toml: verdict\.steady: missing$"):
        parse_language("my", whole, "my.toml")


def test_what_is_no_toml_is_told_in_one_line() -> None:
    assert complaint("[say").startswith("fr.toml: not TOML: ")
    assert complaint("a = " + "[" * 100_000).startswith("fr.toml: is nested too deeply")
