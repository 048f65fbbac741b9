"""docs/security.md: each threat has a defence and a test that shows it; each exception from ruff S a reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "security.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
RULE = re.compile(r"\bS\d{3}\b")


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every row under a heading of three."""
    wanted = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not line.startswith("|"):
            wanted = False
        elif cells == ["threat", "what hawatch does", "shown by"]:
            wanted = True
        elif wanted and not line.startswith("|---"):
            yield cells


def problems(text: str) -> Iterator[str]:
    for cells in rows(text):
        tests = TEST.findall(cells[-1])
        if len(cells) != 3 or not cells[1]:
            yield f"{cells[0]}: no defence"
        if not tests:
            yield f"{cells[0]}: no test"
        for file, name in tests:
            path = ROOT / file
            if not path.is_file() or not re.search(
                rf"^(async )?def {name}\(", path.read_text(encoding="utf-8"), re.M
            ):
                yield f"{cells[0]}: {file}::{name} is not there"


def test_each_threat_has_a_defence_and_a_test_that_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert list(problems(text)) == []
    assert len(list(rows(text))) == len(re.findall(r"^\| (?!threat )", text, re.M))


def test_a_test_that_is_not_there_is_seen() -> None:
    head = "| threat | what hawatch does | shown by |\n|---|---|---|\n"
    row = "| rain | a roof | `tests/test_threats.py::test_the_roof` |\n"
    assert list(problems(head + row)) == ["rain: tests/test_threats.py::test_the_roof is not there"]
    assert list(problems(head + "| rain | a roof |  |\n")) == ["rain: no test"]


def test_ruff_s_security_rules_are_on_and_each_exception_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "S" in tomllib.loads(text)["tool"]["ruff"]["lint"]["select"]
    section = text[text.index("[tool.ruff.lint]") : text.index("[tool.mypy]")]
    excepted = [line for line in section.splitlines() if re.search(r'"S\d{3}"', line)]
    assert excepted
    assert [line for line in excepted if "# " not in line] == []


def test_each_exception_in_the_code_has_a_reason() -> None:
    bare = []
    for directory in ("hawatch", "nagios", "deploy", "docs", "grafana"):
        for path in (ROOT / directory).rglob("*"):
            if path.suffix == ".py" or path.name == "check_hawatch":
                for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                    note = line.partition("# noqa:")[2]
                    if RULE.search(note) and len(re.sub(r"[A-Z]+\d{3}|[\s,-]", "", note)) < 5:
                        bare.append(f"{path.relative_to(ROOT)}:{number}")
    assert bare == []
