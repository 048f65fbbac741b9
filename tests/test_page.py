"""The page as it is served, without a browser: whole, self-contained, with words for everything in each language."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

import pytest

from hawatch.exporter.page import LANGUAGES, SCRIPTS, STYLES, page, words
from hawatch.incident import EntryKind
from hawatch.rules import RULES
from hawatch.situation.facts import Facts
from hawatch.verdict import Cause, Severity, VerdictKind

FIELD = re.compile(r"\{(\w+)\}")
SOURCES = files("hawatch.exporter.page")


def script(name: str) -> str:
    return (SOURCES / f"script/{name}.js").read_text(encoding="utf-8")


def phrases(language: str) -> dict[str, str]:
    return {
        f"{section}.{key}": text for section, keys in words(language).items() for key, text in keys.items()
    }


def test_nothing_in_it_comes_from_elsewhere() -> None:
    body = page().body.decode()
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?!data:)", body)
    assert not re.findall(r"url\((?!#)", body)
    assert set(re.findall(r"https?://[^\s\"'`<]+", body)) <= {
        "http://www.w3.org/2000/svg",
        "http://…:10112/",
        "http://${group.targets[0]}/",
    }


def test_the_policy_allows_exactly_its_own_script_and_style() -> None:
    body, policy = page().body.decode(), page().policy
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", body, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


def test_every_source_is_in_it_once() -> None:
    assert {each.name for each in (SOURCES / "script").iterdir()} == {f"{name}.js" for name in SCRIPTS}
    assert {each.name for each in (SOURCES / "style").iterdir()} == {f"{name}.css" for name in STYLES}
    body = page().body.decode()
    assert all(body.count(script(name)) == 1 for name in SCRIPTS)
    assert "<!-- " not in body


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_writes_markup_or_makes_code_of_text(name: str) -> None:
    text = script(name)
    for danger in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "srcdoc",
    ):
        assert danger not in text


def test_the_languages_say_the_same_things_with_the_same_fields() -> None:
    english, chinese = phrases("en"), phrases("zh")
    only_chinese = {key for key in chinese if key.startswith("rule.")}
    assert set(english) == set(chinese) - only_chinese
    for key, text in english.items():
        assert set(FIELD.findall(chinese[key])) == set(FIELD.findall(text)), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_word_for_everything_that_an_agent_can_say(language: str) -> None:
    said = words(language)
    assert set(said["verdict"]) == {each.value for each in VerdictKind}
    assert set(said["cause"]) == {each.value for each in Cause}
    assert set(said["severity"]) == {each.value for each in Severity}
    assert set(said["entry"]) == {each.value for each in EntryKind}
    assert set(said["fact"]) == {*Facts.__slots__, "keepalived_said"}


def test_every_rule_has_a_sentence_in_chinese() -> None:
    assert set(words("zh")["rule"]) == {rule.name for rule in RULES}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_asks_for_phrases_that_there_are(name: str) -> None:
    known = phrases("en")
    for key in re.findall(r"say\(\"([\w.]+)\"", script(name)):
        assert key in known, key


def test_no_phrase_is_left_over() -> None:
    text = "\n".join(script(name) for name in SCRIPTS)
    by_name = {"verdict", "severity", "value", "cause", "fact", "entry", "unit", "join", "guard", "kept"}
    for key in phrases("en"):
        section, name = key.split(".")
        if section not in by_name:
            assert re.search(rf"\b{section}\.(?:{name}\b|\$\{{)|\"{name}\"", text), key


def test_a_language_it_does_not_speak_is_an_error() -> None:
    with pytest.raises(KeyError):
        words("fr")
