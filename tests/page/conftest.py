"""A real browser for the tests of a file; nobody's page may leave the agent or complain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import ALL
from tests.page.agent import PretendAgent, pretend_agent
from tests.page.pictures import Picture
from tests.page.reader import ARGUMENTS, CHROMIUM, Reader

Opens = Callable[..., Reader]
Serves = Callable[[Picture], PretendAgent]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser takes its time: `make test-integration` runs these."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one file and no longer: it keeps an event loop running beside which other tests cannot start theirs."""
    if not Path(CHROMIUM).exists() and not ALL:
        pytest.skip(f"needs {CHROMIUM}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def serves() -> Iterator[Serves]:
    """`serves(picture)` gives a PretendAgent that runs until the test is over."""
    with ExitStack() as running:

        def serve(shown: Picture) -> PretendAgent:
            return running.enter_context(pretend_agent(shown))

        yield serve


@pytest.fixture
def opens(browser: Browser, serves: Serves) -> Iterator[Opens]:
    """`opens(agent.url, width=360, dark=True, language="zh-CN")` gives a Reader; its complaints fail the test."""
    readers: list[Reader] = []

    def open_page(url: str, **options: object) -> Reader:
        reader = Reader.open(browser, url, **options)  # type: ignore[arg-type]
        readers.append(reader)
        return reader

    yield open_page
    for reader in readers:
        reader.close()
