"""Writes docs/verdicts.md from the rule table and the verdicts: `make docs`."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

from hawatch.causes.catalogue import CATALOGUE
from hawatch.rules import RULES, Rule, Value
from hawatch.verdict import Cause, VerdictKind

PLACE = Path(__file__).with_name("verdicts.md")
TESTS = Path(__file__).parent.parent / "tests"

_HEAD = """# Verdicts and the rules behind them

Generated from `hawatch/rules.py` by `make docs`. Exactly one verdict holds for each virtual router at any time. The
rules are read from the top and the first that matches decides; the last one always matches. Every verdict carries the
name of its rule, in `hawatch status`, in the journal and in messages. A fact is yes, no or unknown, and unknown is
neither of the other two. (RFC 9568 calls MASTER "Active"; hawatch uses keepalived's words.)

| verdict | exit code of a check |
|---|---|
"""


_CAUSES = """
## Causes

Findings stand beside a verdict: zero or more for each virtual router, each with the node it lies on, a severity, one
sentence, the facts it rests on, and a remedy to copy. A difference between two members is said to lie on the less
preferred of them (lower configured priority, on a tie the later name); both values are in the sentence. `[[accept]]`
turns a finding into information, with its reason, until its date.

"Shown by" says what produces the cause in the tests: `real fault` is a scenario on the real keepalived in which agents
name the cause and its node; `by hand` is evidence written for a test, where the fault cannot be had on one machine.

| cause | severity | what it means | a reply can have run | shown by |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole document."""
    kinds = "".join(
        f"| `{kind.value}` | {kind.severity.exit_code} {kind.severity.value} |\n" for kind in VerdictKind
    )
    rows = "".join(_row(number, rule) for number, rule in enumerate(RULES, start=1))
    table = f"| # | rule | when | verdict | what people read |\n|---|---|---|---|---|\n{rows}"
    return f"{_HEAD}{kinds}\n{table}{_CAUSES}{''.join(map(_cause, CATALOGUE))}"


def _cause(cause: Cause) -> str:
    entry = CATALOGUE[cause]
    severities = ", ".join(severity.value for severity in entry.severities)
    mended_by = f"`{entry.mended_by}`" if entry.mended_by else ""
    return f"| `{cause.value}` | {severities} | {entry.meaning} | {mended_by} | {shown_by(cause)} |\n"


def shown_by(cause: Cause) -> str:
    """Whether a scenario with a real fault asserts this cause, or only evidence by hand, or nothing yet."""
    asserted = rf'{cause.value}@|(?<!must_forget\()"{cause.value}"'
    if re.search(asserted, _texts("lab/test_*.py")):
        return "real fault"
    return "by hand" if f'"{cause.value}' in _texts("test_*.py") else "not in this version"


@cache
def _texts(pattern: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(TESTS.glob(pattern)))


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
