"""Writes docs/verdicts.md from the rule table and the verdicts: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

from hawatch.rules import RULES, Rule, Value
from hawatch.verdict import VerdictKind

PLACE = Path(__file__).with_name("verdicts.md")

_HEAD = """# Verdicts and the rules behind them

Generated from `hawatch/rules.py` by `make docs`. Exactly one verdict holds for each virtual router at any time. The
rules are read from the top and the first that matches decides; the last one always matches. Every verdict carries the
name of its rule, in `hawatch status`, in the journal and in messages. A fact is yes, no or unknown, and unknown is
neither of the other two. (RFC 9568 calls MASTER "Active"; hawatch uses keepalived's words.)

| verdict | exit code of a check |
|---|---|
"""


def page() -> str:
    """The whole document."""
    kinds = "".join(
        f"| `{kind.value}` | {kind.severity.exit_code} {kind.severity.value} |\n" for kind in VerdictKind
    )
    rows = "".join(_row(number, rule) for number, rule in enumerate(RULES, start=1))
    return f"{_HEAD}{kinds}\n| # | rule | when | verdict | what people read |\n|---|---|---|---|---|\n{rows}"


def _row(number: int, rule: Rule) -> str:
    conditions = "; ".join(f"{fact} is {_values(allowed)}" for fact, allowed in rule.when.items()) or "always"
    verdict = rule.verdict.value if rule.verdict else "the standing one"
    return f"| {number} | {rule.name} | {conditions} | `{verdict}` | {rule.sentence} |\n"


def _values(allowed: frozenset[Value]) -> str:
    words = {True: "yes", False: "no", None: "unknown"}
    return " or ".join(sorted(words[v] if v is None or isinstance(v, bool) else str(v) for v in allowed))


if __name__ == "__main__":
    PLACE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PLACE.name} written\n")
