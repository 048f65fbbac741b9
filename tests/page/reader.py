"""Somebody who looks at the page in Chromium, and hears its complaints."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, expect

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
HANG = 30_000
"""Milliseconds; a hang guard."""

HASTE = """for (const kind of ["setTimeout", "setInterval"]) {
  const real = window[kind];
  window[kind] = (what, wait) => real.call(window, what, Math.min(wait, kind === "setTimeout" ? 5 : 300));
}"""

WATCH = """{
  window.seen = {};
  const note = () => {
    const verdict = document.querySelector(".hero").dataset.verdict;
    if (!(verdict in window.seen)) window.seen[verdict] = Date.now();
  };
  new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""

expect.set_options(timeout=HANG)


@dataclass
class Reader:
    """A page in a context of its own; `may_fail` says that requests may, because the test makes them."""

    context: BrowserContext
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    may_fail: bool = False

    @classmethod
    def open(
        cls,
        browser: Browser,
        url: str,
        *,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        language: str = "en-GB",
        may_fail: bool = False,
        hasty: bool = False,
        **options: Any,
    ) -> Reader:
        """Open the agent's page and wait for its first picture; `hasty`: what the page would wait for comes soon."""
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=language,
            timezone_id="Asia/Shanghai",
            **options,
        )
        context.set_default_timeout(HANG)
        reader = cls(context, context.new_page(), url, may_fail=may_fail)
        reader.page.on("console", reader._heard)
        reader.page.on("pageerror", lambda error: reader.complaints.append(str(error)))
        if hasty:
            reader.page.add_init_script(HASTE)
        reader.page.route("**/*", reader._let_through)
        reader.page.goto(url)
        reader.page.locator(".hero").wait_for()
        return reader

    def close(self) -> None:
        """Fails if the page complained of anything, or asked anybody but the agent."""
        self.context.close()
        assert self.complaints == []

    def _heard(self, message: ConsoleMessage) -> None:
        failed = message.text.startswith("Failed to load resource")
        if message.type in ("error", "warning") and not (failed and self.may_fail):
            self.complaints.append(message.text)

    def _let_through(self, route: Route) -> None:
        if route.request.url.startswith(self.url):
            route.continue_()
        else:
            self.complaints.append(f"asked elsewhere: {route.request.url}")
            route.abort()

    # --- when ---------------------------------------------------------------------------------------

    def watch(self) -> None:
        """From now on note when each verdict is on the screen first."""
        self.page.evaluate(WATCH)

    def seen(self, verdict: str) -> float:
        """Epoch seconds at which it was on the screen first; waits for it."""
        self.page.wait_for_function("(verdict) => verdict in window.seen", arg=verdict)
        return float(self.page.evaluate("(verdict) => window.seen[verdict]", verdict)) / 1000

    # --- what is read ------------------------------------------------------------------------------

    @property
    def hero(self) -> Locator:
        return self.page.locator(".hero")

    @property
    def verdict(self) -> Locator:
        return self.page.locator("#verdict")

    def button(self, name: str) -> Locator:
        """The first button of this name."""
        return self.page.get_by_role("button", name=name).first

    def must_be(self, severity: str) -> None:
        """The hero becomes so, if it is not yet."""
        expect(self.hero).to_have_class(re.compile(rf"\bis-{severity}\b"))
