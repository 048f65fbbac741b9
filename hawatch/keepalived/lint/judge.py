"""Runs the rules over files and pairs of files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TypeVar

from hawatch.keepalived.lint.file_rules import FILE_RULES
from hawatch.keepalived.lint.pair_rules import PAIR_RULES
from hawatch.keepalived.lint.pairing import couple
from hawatch.keepalived.lint.problem import Problem
from hawatch.keepalived.lint.rule import Found, Rule
from hawatch.keepalived.lint.subject import Written, readable

_PLACE = re.compile(r"(.*):([0-9]+)", re.DOTALL)
S = TypeVar("S")


def lint(files: Sequence[Written]) -> list[Problem]:
    """All problems: of each file in the order of its lines, then of each two files compared."""
    found: list[Problem] = []
    for written in files:
        found += sorted(_look(FILE_RULES, written), key=_place)
    for first, second in combinations(files, 2):
        found += sorted(_look(PAIR_RULES, couple(first, second)), key=_place)
    return list(dict.fromkeys(found))


def _look(rules: Sequence[Rule[S]], subject: S) -> Iterator[Problem]:
    for rule in rules:
        for found in rule.look(subject):
            yield _problem(rule, found)


def _problem(rule: Rule[S], found: Found) -> Problem:
    place = _PLACE.fullmatch(found.where)
    return Problem(
        file=_printable(place[1] if place else found.where),
        line=int(place[2]) if place else None,
        severity=rule.severity,
        rule=rule.name,
        sentence=_printable(found.sentence),
        remedy=_printable(found.remedy),
    )


def _place(problem: Problem) -> tuple[str, int]:
    return problem.file, problem.line or 0


def _printable(text: str) -> str:
    """The text in one line that no terminal takes for a command."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in readable(text))
