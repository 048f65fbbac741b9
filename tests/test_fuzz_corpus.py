"""Every input that once broke a decoder, and what a good one looks like, through the decoder again."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.odd import ODD, ODD_DIGITS, numbers, variants
from tests.fuzz.steps import grown, steps
from tests.fuzz.targets import CORPUS, TARGETS, Target

MOST_ODD, LONG = 200, 6000
"""Inputs of one target, and the bytes of one that is long."""
MOST_MORE, FEW = 2.5, 300
"""How many times the lines of Python may be run for an input twice as long, and how many do not matter."""
HANG_GUARD = 20
"""Seconds for all of one target's corpus: what takes quadratic time does not get through in them."""


def inputs(name: str) -> list[bytes]:
    """The corpus of a target."""
    return [each.read_bytes() for each in sorted((CORPUS / name).iterdir())]


@pytest.mark.timeout(HANG_GUARD)
@pytest.mark.parametrize("name", TARGETS)
def test_no_input_of_the_corpus_breaks_its_decoder(name: str) -> None:
    inputs = sorted((CORPUS / name).iterdir())
    assert inputs, f"tests/fuzz/corpus/{name} is empty"
    for each in inputs:
        TARGETS[name].feed(each.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_at_all_break_a_decoder(name: str) -> None:
    @given(st.binary(max_size=300))
    def feed(data: bytes) -> None:
        TARGETS[name].feed(data)

    feed()


@pytest.mark.timeout(HANG_GUARD)
@pytest.mark.parametrize("name", TARGETS)
def test_what_is_twice_as_long_takes_no_more_than_about_twice_the_work(name: str) -> None:
    target = TARGETS[name]
    for each in _some(sorted((CORPUS / name).iterdir())):
        for once, twice in grown(each.read_bytes()):
            work = steps(partial(target.feed, once))
            assert steps(partial(target.feed, twice)) < MOST_MORE * work + FEW, (
                f"{each.name}: {twice[:200]!r}"
            )


def _some(inputs: list[Path]) -> list[Path]:
    """What once broke it, and a few others, none of which is long already."""
    short = [each for each in inputs if each.stat().st_size < 4000]
    return [each for each in short if each.name.startswith("crash-")] + short[:: 1 + len(short) // 6]


def test_work_that_grows_with_the_square_is_seen() -> None:
    def quadratic(data: bytes) -> int:
        return sum(1 for _ in data for _ in data)

    ((once, twice), *_) = grown(b"abcd" * 20, 200)
    assert steps(partial(quadratic, twice)) > MOST_MORE * steps(partial(quadratic, once)) + FEW


@pytest.mark.timeout(HANG_GUARD)
@pytest.mark.parametrize(
    "name", [each for each in TARGETS if any(next(variants(data), None) for data in inputs(each))]
)
def test_no_value_of_another_kind_breaks_its_reader(name: str) -> None:
    every = [odd for data in inputs(name) if len(data) < LONG for odd in variants(data)]
    for each in every[:: 1 + len(every) // MOST_ODD]:
        TARGETS[name].feed(each)


@pytest.mark.timeout(HANG_GUARD)
@pytest.mark.parametrize("name", TARGETS)
def test_no_number_that_is_oddly_written_breaks_its_reader(name: str) -> None:
    every = [odd for data in inputs(name) if len(data) < LONG for odd in numbers(data)]
    for each in every[:: 1 + len(every) // MOST_ODD]:
        TARGETS[name].feed(each)


def test_every_number_is_written_in_each_odd_way() -> None:
    assert list(numbers(b"a 12 b"))[:2] == [b"a  b", b"a -1 b"]
    assert len(list(numbers(b"1 2"))) == 2 * len(ODD_DIGITS)


def test_every_value_is_replaced_once_by_each_odd_one() -> None:
    found = list(variants(b'{"a": [1, {"b": "x"}]}'))
    assert len(found) == len(set(found)) == 5 * len(ODD)
    assert b'{"a": [1, {"b": 1e999}]}' in found
    assert b"[node]\nname = inf\n" in list(variants(b'[node]\nname = "lb01"\n'))


def test_every_directory_of_the_corpus_has_a_target() -> None:
    assert {each.name for each in CORPUS.iterdir()} == set(TARGETS)


def test_an_error_that_is_not_declared_is_not_swallowed() -> None:
    def broken(_: bytes) -> object:
        raise KeyError("not declared")

    with pytest.raises(KeyError):
        Target(run=broken).feed(b"")


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python"
)
def test_a_short_guided_run_finds_nothing() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--seconds", "1", "vrrp_frame", "report"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "fuzz: 2 targets, 0 with a crash"), (
        ended.stderr
    )
