"""The rule table is total, every row can be reached, and it changes only on purpose."""

from __future__ import annotations

from enum import Enum
from itertools import product
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.generate_verdicts import PLACE, page
from hawatch.rules import RULES, Rule, first_match
from hawatch.situation.facts import Facts
from hawatch.situation.member import AgentState
from hawatch.situation.router import Owner, ProofKind
from hawatch.verdict import VerdictKind

GOLDEN = Path(__file__).with_name("golden") / "rules.txt"


def domain(hint: Any) -> list[Any]:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)
    return [True, False] if hint is bool else [True, False, None]


DOMAINS = {name: domain(hint) for name, hint in get_type_hints(Facts).items()}
any_facts = st.builds(Facts, **{name: st.sampled_from(values) for name, values in DOMAINS.items()})


@given(any_facts)
def test_any_facts_give_exactly_one_rule(facts: Facts) -> None:
    rule = first_match(facts)
    assert rule in RULES
    assert not any(earlier.matches(facts) for earlier in RULES[: RULES.index(rule)])


@given(any_facts)
def test_without_a_proof_nothing_is_ever_called_a_split_brain(facts: Facts) -> None:
    if facts.proof is ProofKind.NONE:
        assert first_match(facts).verdict is not VerdictKind.SPLIT_BRAIN


@given(any_facts)
def test_with_a_proof_nothing_masks_it(facts: Facts) -> None:
    if facts.proof is not ProofKind.NONE:
        assert first_match(facts).verdict is VerdictKind.SPLIT_BRAIN


def test_a_wholly_unknown_peer_never_gives_a_split_or_a_suspicion() -> None:
    for owner, carrier, moving in product(DOMAINS["owner"], [True, None], DOMAINS["moving"]):
        facts = Facts(owner=owner, carrier=carrier, moving=moving, peer_agent=AgentState.NONE)
        verdict = first_match(facts).verdict
        assert verdict not in {VerdictKind.SPLIT_BRAIN, VerdictKind.SPLIT_BRAIN_SUSPECTED}


def test_steady_is_never_said_without_one_owner() -> None:
    for owner in Owner:
        verdict = first_match(Facts(owner=owner, carrier=True)).verdict
        assert (verdict is VerdictKind.STEADY) == (owner in {Owner.US, Owner.PEER})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_row_decides_for_some_facts(rule: Rule) -> None:
    quiet: dict[str, Any] = {"owner": Owner.US, "carrier": True, "peer_alive": True}
    if not rule.when:
        quiet["owner"] = Owner.UNKNOWN
    chosen = [quiet | dict(zip(rule.when, values, strict=True)) for values in product(*rule.when.values())]
    assert all(first_match(Facts(**facts)) is rule for facts in chosen)


def test_the_last_row_always_matches() -> None:
    assert RULES[-1].when == {}
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_conditions_name_facts_and_values_that_exist() -> None:
    for rule in RULES:
        for fact, allowed in rule.when.items():
            assert allowed <= set(DOMAINS[fact]), (rule.name, fact)


def test_the_table_is_the_one_that_was_agreed_on() -> None:
    table = "".join(
        f"{rule.name}: {'; '.join(f'{fact}={sorted(map(str, values))}' for fact, values in rule.when.items())}"
        f" -> {rule.verdict}\n"
        for rule in RULES
    )
    assert table == GOLDEN.read_text(), "changed on purpose? then write tests/golden/rules.txt anew"


def test_the_document_is_current() -> None:
    assert PLACE.read_text(encoding="utf-8") == page(), "run `make docs`"
