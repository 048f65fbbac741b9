"""Every place in hawatch that reads what others wrote is fuzzed, which is measured, or has a reason why not."""

from __future__ import annotations

import pytest

from tests.fuzz.not_fuzzed import NOT_FUZZED
from tests.fuzz.reached import every_input, reached
from tests.fuzz.sites import Site, all_sites, sites


@pytest.fixture(scope="module")
def known() -> tuple[list[Site], set[Site]]:
    """All of them, and those that the corpus comes to."""
    every = all_sites()
    return every, reached(every, every_input())


def test_every_place_that_reads_what_others_wrote_is_fuzzed_or_has_a_reason(
    known: tuple[list[Site], set[Site]],
) -> None:
    every, fuzzed = known
    assert len(fuzzed) > len(every) / 2
    left = {
        f"{each.place}:{each.line}" for each in every if each not in fuzzed and each.place not in NOT_FUZZED
    }
    assert not left, (
        "give it an input in tests/fuzz/corpus, a target, or a reason in tests/fuzz/not_fuzzed.py"
    )


def test_no_reason_stands_for_what_is_fuzzed_or_gone(known: tuple[list[Site], set[Site]]) -> None:
    every, fuzzed = known
    assert set(NOT_FUZZED) <= {each.place for each in every if each not in fuzzed}


@pytest.mark.parametrize(
    "line",
    [
        "json.loads(text)",
        "int(text)",
        "int(head + tail)",
        "float(fields[2])",
        "bytes.fromhex(text)",
        "text.split()[1]",
        "name, value = line.split('=')",
        "_HEADER.unpack_from(data)",
        "datetime.fromisoformat(text)",
    ],
)
def test_a_new_place_is_seen(line: str) -> None:
    (found,) = sites(f"class A:\n    def f(self, text):\n        x = 1\n        {line}\n", "a/b.py")
    assert (found.place, found.line) == ("a/b.py:A.f", 4)


@pytest.mark.parametrize(
    "line", ["int(seconds * 1000)", "float(len(all))", "float(a is b)", "text.split(',')"]
)
def test_arithmetic_and_what_cannot_fail_are_none(line: str) -> None:
    assert list(sites(f"def f(text):\n    {line}\n", "a.py")) == []


def test_what_no_input_comes_to_is_not_fuzzed(known: tuple[list[Site], set[Site]]) -> None:
    every, _ = known
    assert reached(every, []) == set()
