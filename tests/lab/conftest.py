"""A lab for every test that asks for one, and its story told when the test fails."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack

import pytest

from deploy.lab import Lab, Topology

FAILED = pytest.StashKey[bool]()
MakeLab = Callable[..., Lab]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:  # the generator of a hook wrapper
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def make_lab(request: pytest.FixtureRequest) -> Iterator[MakeLab]:
    """Makes a lab of a topology; all of them end with the test."""
    with ExitStack() as stack:
        labs: list[Lab] = []

        def make(topology: Topology | None = None) -> Lab:
            lab = stack.enter_context(Lab(topology))
            labs.append(lab)
            return lab

        yield make
        if request.node.stash.get(FAILED, False):
            for lab in labs:
                print(lab.report())
