"""Commands in the documents: the real parsers take them, their targets are there, and each of them is run somewhere."""

from __future__ import annotations

import importlib.util
import re
import shlex
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from hawatch.cli import COMMANDS, main
from hawatch.config import load
from tests.documents import CLONE, blocks, commands, inline_code, is_a_test, name_of, pages, spoken
from tests.shown_commands import RUN_BY, WHERE_A_SITE_IS_NEEDED, Shown

PAGES = pytest.mark.parametrize("page", pages(), ids=name_of)
ENGLISH, CHINESE = CLONE / "README.md", CLONE / "README.zh.md"
SYNOPSIS = re.compile(r"[\[\]…|]")
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
MAKE = re.compile(r"\bmake ((?!sure\b)[a-z]+(?:-[a-z]+)*)")
MODULE = re.compile(r"python3? -m ([a-z_]+(?:\.[a-z_]+)+)")
NAMES_OF_SOMETHING_ELSE = frozenset({"fleet", "pair", "peers", "services", "oncall", "probe"})
"""Dashboards, services of Nagios, and the text of a probe, which begin with the word hawatch as well."""
VALUE: tuple[list[str], ...] = ([], ["x"])
"""An option may be spoken of without its value."""
TARGETS = frozenset(
    re.findall(r"^([a-z-]+):", (CLONE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)


# --- hawatch and its plugin ----------------------------------------------------------------------


class TakenError(Exception):
    """The arguments are good: nothing more is wanted."""


def is_taken(words: list[str], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether `hawatch WORDS` gets beyond its arguments; it is not run."""

    def stop_here(*_: object) -> int:
        raise TakenError

    if words[0] in {"--help", "--version", "help"}:
        return True
    if words[0] not in COMMANDS:
        return False
    monkeypatch.setattr(f"hawatch.cli.{COMMANDS[words[0]][0]}.run", stop_here)
    monkeypatch.setattr("hawatch.cli.guard_board.quick_answer", lambda _: None)
    monkeypatch.setenv("HAWATCH_DEBUG", "1")
    try:
        main(words)
    except TakenError:
        return True
    return False


def of_hawatch(text: str) -> list[list[str]]:
    """The words after `hawatch` of every call of it in a shell's command."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    found: list[list[str]] = []
    current: list[str] | None = None
    begins = True
    for word in lexer:
        if word and set(word) <= set("|&;<>"):
            begins, current = set(word) <= set("|&;"), None
        elif begins and word == "hawatch":
            current, begins = [], False
            found.append(current)
        elif current is not None:
            current.append(word)
        else:
            begins = False
    return found


@PAGES
def test_every_call_of_hawatch_in_a_block_is_one_that_it_takes(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = [
        str(command)
        for command in commands(page)
        for words in of_hawatch(command.text)
        if not is_taken(words, monkeypatch)
    ]
    assert refused == []


@PAGES
def test_every_call_of_hawatch_in_a_sentence_is_one_that_it_takes(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = []
    for code in inline_code(page):
        words = code.replace("\\|", "|").split()
        if words[0] != "hawatch" or len(words) < 2 or words[1] in NAMES_OF_SOMETHING_ELSE:
            continue
        if words[1] not in COMMANDS and not words[1].startswith("-"):
            refused.append(code)
        elif SYNOPSIS.search(code):
            main([words[1], "--help"])
            there = set(OPTION.findall(capsys.readouterr().out))
            refused += [f"{code}: {option}" for option in OPTION.findall(code) if option not in there]
        elif len(words) > 2 and not any(
            is_taken([*shlex.split(code)[1:], *more], monkeypatch) for more in VALUE
        ):
            refused.append(code)
    assert refused == []


def test_a_call_that_hawatch_would_refuse_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_hawatch("hawatch status --lines | awk '$1 == \"x|y\"' && hawatch ack 1 >out") == [
        ["status", "--lines"],
        ["ack", "1"],
    ]
    assert is_taken(["status", "--lines"], monkeypatch)
    assert not is_taken(["status", "--lies"], monkeypatch)
    assert not is_taken(["statsu"], monkeypatch)
    assert not is_taken(["ack"], monkeypatch)


def plugin() -> ModuleType:
    loader = SourceFileLoader("check_hawatch_of_the_documents", str(CLONE / "nagios" / "check_hawatch"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@PAGES
def test_every_call_of_the_plugin_is_one_that_it_takes(page: Path) -> None:
    check = plugin()
    shown = [command.text for command in commands(page)]
    shown += [code for code in inline_code(page) if not SYNOPSIS.search(code)]
    for text in shown:
        words = shlex.split(text, comments=True) if "check_hawatch " in text else []
        if words and words[0].endswith("check_hawatch"):
            check.query(check.parsed(words[1:]))


# --- make, python, toml --------------------------------------------------------------------------


@PAGES
def test_every_target_of_make_is_there(page: Path) -> None:
    texts = [*inline_code(page), *(command.text for command in commands(page))]
    assert {target for text in texts for target in MAKE.findall(text)} - TARGETS == set()


@PAGES
def test_every_module_that_python_is_asked_to_run_is_there(page: Path) -> None:
    texts = [*inline_code(page), *(block.text for block in blocks(page))]
    named = {module for text in texts for module in MODULE.findall(text)}
    assert [module for module in named if importlib.util.find_spec(module) is None] == []


def test_what_the_first_page_adds_to_hawatch_toml_is_taken() -> None:
    for page in (ENGLISH, CHINESE):
        (block,) = [block for block in blocks(page) if block.language == "toml"]
        load(block.text, name_of(page))


def test_both_first_pages_show_the_same_commands_and_the_same_settings() -> None:
    shown = [[command.text for command in commands(page)] for page in (ENGLISH, CHINESE)]
    assert shown[0] == shown[1]
    settings = [
        [
            line.partition("#")[0].rstrip()
            for block in blocks(page)
            if block.language == "toml"
            for line in block.lines
        ]
        for page in (ENGLISH, CHINESE)
    ]
    assert settings[0] == settings[1]


# --- each is run somewhere -----------------------------------------------------------------------


@PAGES
def test_every_command_is_run_by_a_test_or_needs_a_site_for_a_reason(page: Path) -> None:
    known: list[Shown] = [*RUN_BY, *WHERE_A_SITE_IS_NEEDED]
    orphans = [
        str(command)
        for command in (*commands(page), *spoken(page))
        if not any(entry.fits(name_of(page), command.text) for entry in known)
    ]
    assert orphans == []


def test_the_tests_that_are_said_to_run_them_exist() -> None:
    assert [entry.test for entry in RUN_BY if not is_a_test(entry.test)] == []


def test_no_entry_stands_for_a_command_that_nobody_is_shown_any_more() -> None:
    shown = [
        (name_of(page), command.text) for page in pages() for command in (*commands(page), *spoken(page))
    ]
    known: list[Shown] = [*RUN_BY, *WHERE_A_SITE_IS_NEEDED]
    assert [entry for entry in known if not any(entry.fits(*each) for each in shown)] == []
