"""axe-core finds nothing to complain of: on a phone and a desk, light and dark, in both languages."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests import snapshots
from tests.page.conftest import Opens, Serves
from tests.page.pictures import incident, many, picture, split_picture, steady_picture
from tests.page.reader import Reader

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PLACES = [(360, False, "zh-CN"), (360, True, "en-GB"), (1280, False, "en-GB"), (1280, True, "zh-CN")]
SHOWN = {
    "lb01": split_picture(),
    "lb02": picture(snapshots.failover()),
    "cut off": picture(snapshots.isolated()),
    "many": picture(
        many(24, split=1, degraded=2), incidents=[incident("snoozed"), incident("resolved", name="old")]
    ),
    "undecided": picture(snapshots.indeterminate()),
}


def must_be_clean(reader: Reader, where: str) -> None:
    # What says that there is no connection stays on top, over whatever is scrolled beneath it.
    reader.page.evaluate("scrollTo(0, 0)")
    found = Axe().run(reader.page, options=RULES)
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"


@pytest.mark.parametrize(("width", "dark", "language"), PLACES)
def test_no_violation(serves: Serves, opens: Opens, width: int, dark: bool, language: str) -> None:
    agent = serves(steady_picture())
    reader = opens(agent.url, width=width, dark=dark, language=language)
    reader.page.locator(".lane").first.wait_for()
    must_be_clean(reader, "steady")
    for where, shown in SHOWN.items():
        shown.status["pair"] = where
        agent.show(shown)
        expect(reader.page.locator(".pair-name")).to_contain_text(where)
        reader.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        if reader.page.locator(".row").count():
            reader.page.locator(".row .line").first.click()
        must_be_clean(reader, where)


@pytest.mark.parametrize("dark", [False, True])
def test_no_violation_in_what_is_opened(serves: Serves, opens: Opens, dark: bool) -> None:
    agent = serves(split_picture())
    reader = opens(agent.url, width=360, dark=dark, may_fail=True)
    reader.button("As a table").click()
    must_be_clean(reader, "table")
    reader.button("Acknowledge").click()
    reader.page.get_by_label("Your token").fill("wrong-0123456789abc")
    reader.page.keyboard.press("Enter")
    expect(reader.page.locator("#asking-problem")).to_contain_text("does not know")
    must_be_clean(reader, "dialog")
    reader.page.keyboard.press("Escape")
    agent.stop()
    expect(reader.page.locator(".state.broken")).to_be_visible()
    must_be_clean(reader, "no connection")
