"""What the documents show as said by hawatch is what it says, and the names they use are its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch import __version__
from hawatch.causes import catalogue
from hawatch.causes.catalogue import CATALOGUE
from hawatch.config.reference import HAWATCH_TOML
from hawatch.exporter import metric_table
from hawatch.notification.languages import NAMES
from hawatch.notification.text import (
    Brief,
    Language,
    Occasion,
    Option,
    Phrase,
    compose,
    headline,
    read_language,
    tell,
)
from hawatch.rules import RULES, Rule
from hawatch.situation.router import ProofKind
from hawatch.verdict import Cause, Severity, VerdictKind
from tests.documents import CLONE, blocks, inline_code, lines_of, name_of, pages

ENGLISH, CHINESE = CLONE / "README.md", CLONE / "README.zh.md"
DETECTION, MIGRATING = CLONE / "docs" / "detection.md", CLONE / "docs" / "migrating.md"
VERDICTS = {verdict.value for verdict in VerdictKind}
CAUSES = {cause.value for cause in Cause}
METRICS = {each.name: each for each in metric_table.METRICS}
PAGES = pytest.mark.parametrize("page", pages(), ids=name_of)
LANGUAGES = {name: read_language(name) for name in NAMES}
SPLIT = Brief(
    pair="web", node="lb01", verdict=VerdictKind.SPLIT_BRAIN, severity=Severity.CRITICAL, instances=("VI_1",),
    vips=("10.0.0.100",), owners=("lb01", "lb02"), cause=Cause.VRRP_BLOCKED_INBOUND, cause_node="lb02", code="47",
    options=(Option(number=2, action="stop-keepalived", node="lb02"),), since="03:12",
)  # fmt: skip


# --- texts to phones -----------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "language"), [(ENGLISH, "en"), (CHINESE, "zh")])
def test_the_text_at_night_on_the_first_page_is_the_one_that_is_sent(page: Path, language: str) -> None:
    (shown,) = [block.text for block in blocks(page) if "hawatch phone" in block.text]
    words = LANGUAGES[language]
    told = [compose(words, Occasion.FIRST, SPLIT), "47", answer_to_47(words)]
    assert " ".join(shown.split()) == " ".join(["$ hawatch phone", *told])


def answer_to_47(words: Language) -> str:
    return tell(words, "web", Phrase.ACKED, code="47", what=headline(words, SPLIT))


def test_the_text_of_the_night_on_call_is_the_one_that_is_sent() -> None:
    quoted = [
        line.removeprefix("> ") for line in lines_of(CLONE / "docs" / "oncall.md") if line.startswith("> ")
    ]
    both = replace(SPLIT, options=(*SPLIT.options, Option(number=3, action="stop-keepalived", node="lb01")))
    assert " ".join(quoted) == compose(LANGUAGES["en"], Occasion.FIRST, both)


# --- lines of verdicts ---------------------------------------------------------------------------


def sentence(rule: Rule) -> re.Pattern[str]:
    """What a rule's sentence may look like, with anybody in its places; `…` may stand for all after its colon."""
    head, colon, rest = rule.sentence.partition(":")
    return re.compile(f"{filled(head)}:(?: …|{filled(rest)})" if colon else filled(head))


def filled(text: str) -> str:
    return r"\S+?(?: and \S+?)?".join(map(re.escape, re.split(r"\{\w+\}", text)))


def said(page: Path) -> Iterator[tuple[str, str]]:
    """Verdict or rule, and what is said of it, in the blocks of a page."""
    for block in blocks(page):
        text = " ".join(block.text.split())
        yield from re.findall(r"\bVI_1 ([a-z_]+): (?=(.+))", text)
        yield from re.findall(r"by rule ([A-Z]+\d+-[a-z-]+): (?=(.+))", text)


@PAGES
def test_a_line_that_is_shown_has_a_verdict_and_the_sentence_of_one_of_its_rules(page: Path) -> None:
    strange = []
    for name, words in said(page):
        rules = [rule for rule in RULES if name in {rule.name, rule.verdict and rule.verdict.value}]
        if not any(sentence(rule).match(words) for rule in rules) and not (rules and words.startswith("…")):
            strange.append(f"{name}: {words[:80]}")
    assert strange == []


def test_some_lines_are_shown() -> None:
    assert {name for page in pages() for name, _ in said(page)} >= {
        "steady",
        "split_brain",
        "ST1-standby-ready",
    }


# --- names ---------------------------------------------------------------------------------------


def table_rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading that begins so."""
    lines = iter(lines_of(page))
    for line in lines:
        if line.startswith(heading):
            break
    rows = []
    for line in lines:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif rows:
            return rows[2:]
    return rows[2:]


def test_the_first_page_tells_every_verdict_apart_in_both_languages_alike() -> None:
    english, chinese = table_rows(ENGLISH, "## What it tells apart"), table_rows(CHINESE, "## 它能分清什么")
    names = [[re.findall(r"`(\w+)`", row[1]) for row in table] for table in (english, chinese)]
    assert names[0] == names[1]
    assert {name for row in names[0] for name in row} & VERDICTS == VERDICTS


@pytest.mark.parametrize("page", [ENGLISH, CHINESE], ids=name_of)
def test_the_first_page_names_the_package_of_this_version(page: Path) -> None:
    assert set(re.findall(r"hawatch_([\d.]+)-1_all", page.read_text(encoding="utf-8"))) == {__version__}


KEYS = {key.name for table in HAWATCH_TOML for key in table.keys}
OF_OTHERS = {
    "smtp_alert", "notification_email", "notify_master", "notify_backup", "notify_fault", "notify_stop",
    "garp_master_refresh", "preempt_delay", "node_exporter", "check_hawatch",
    "vrrp_instance", "ip_address", "test_check",
}  # fmt: skip


@pytest.mark.parametrize("page", [ENGLISH, CHINESE, DETECTION, MIGRATING], ids=name_of)
def test_names_with_underscores_are_verdicts_causes_metrics_keys_or_known_names_of_others(page: Path) -> None:
    words = {
        word
        for code in inline_code(page)
        for word in re.findall(r"(?<![\w/.])[a-z]+(?:_[a-z0-9]+)+(?![\w/(.:])", code)
    }
    known = VERDICTS | CAUSES | METRICS.keys() | KEYS | OF_OTHERS
    assert {
        word for word in words - known if not word.startswith(("keepalived_", "test_", "hawatch_0"))
    } == set()


def test_every_proof_is_explained_with_the_rule_that_says_it() -> None:
    rows = table_rows(DETECTION, "## Four proofs")
    assert [row[0] for row in rows] == [kind.name for kind in ProofKind if kind is not ProofKind.NONE]
    assert any(rule.name == "SB1-overlap" for rule in RULES)


# --- migrating -----------------------------------------------------------------------------------


def test_the_table_of_false_alarms_is_what_the_lab_measures() -> None:
    """Each row, without its story, is a row of one of the tables in tests/lab/test_check.py."""
    measured = set(rows_of_the_lab())
    rows = table_rows(MIGRATING, "Both were asked")
    for story, _, verdict, code, loop in rows:
        word = re.search(r"`(\w+)`", verdict)
        assert word is not None
        assert (code, word[1], loop.replace("*", "").replace(",", "")) in measured, story
    assert len(rows) >= len(measured)


def rows_of_the_lab() -> Iterator[tuple[str, str, str]]:
    """Exit code, verdict, and what the loop says, from every table there."""
    tree = ast.parse((CLONE / "tests" / "lab" / "test_check.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "must_be":
            table = ast.literal_eval(node.args[0])
            for row in table.strip().splitlines():
                _, code, verdict, _, loop = row.split(maxsplit=4)
                yield code, verdict, " ".join(loop.split())


def test_the_metrics_that_take_an_exporters_place_are_there_with_their_labels() -> None:
    text = MIGRATING.read_text(encoding="utf-8")
    named = re.findall(r"(hawatch_[a-z_]+[a-z])(?:\{([^}]*)\})?", text)
    named = [(name, labels) for name, labels in named if name not in {"hawatch_toml"}]
    assert len(named) > 10
    for name, labels in named:
        metric = METRICS[name]
        for label, _, value in re.findall(r"(\w+)(=\"(\w+)\")?", labels):
            assert label in metric.labels, name
            if label in {"cause", "verdict"} and value:
                assert value in CAUSES | VERDICTS, name


def test_a_line_of_status_has_the_fields_that_are_told() -> None:
    page = CLONE / "docs" / "watch.md"
    (line,) = [line for block in blocks(page) for line in block.lines if line.startswith("critical\t")]
    assert len(line.split("\t")) == 9


# --- causes --------------------------------------------------------------------------------------


def test_every_cause_has_its_remedy_in_the_group_that_it_belongs_to() -> None:
    headings = [line for line in lines_of(CLONE / "docs" / "causes.md") if line.startswith("## ")]
    groups = list(dict.fromkeys(entry.group for entry in CATALOGUE.values()))
    assert len(headings) == len(groups)
    for heading, group in zip(headings, groups, strict=True):
        named = [row[0].strip("`") for row in table_rows(CLONE / "docs" / "causes.md", heading)]
        assert named == [cause.value for cause, entry in CATALOGUE.items() if entry.group == group]


def test_a_command_that_is_said_to_be_a_remedy_is_in_one() -> None:
    """What the finders say stands in their sources, in pieces where names are put in."""
    package = Path(catalogue.__file__).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py")))
    said = " ".join(re.sub(r'"\s*\n\s*f?"', "", sources).split())
    shown = {
        code
        for line in lines_of(CLONE / "docs" / "causes.md")
        if line.startswith("| `")
        for code in re.findall(r"`([^`]+)`", line.split("|")[3])
        if not code.startswith("[[")
    }
    assert len(shown) > 20
    assert {code for code in shown if code not in said} == set()
