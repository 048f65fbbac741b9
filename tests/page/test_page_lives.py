"""The page follows the agent by itself, and says so when it cannot."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests import snapshots
from tests.page.agent import pretend_agent
from tests.page.conftest import Opens, Serves
from tests.page.pictures import many, picture, split_picture, steady_picture

PROMPT = 1.0
"""Seconds within which a change of verdict is there; of several tries the best counts, on a machine that is busy."""
KEEP_TIMES = """window.times = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntriesByName("hawatch.render")) window.times.push(each.duration);
}).observe({ entryTypes: ["measure"] });"""
Record = Callable[[str, object], None]


def test_a_change_of_verdict_appears_within_a_second_without_a_reload(
    serves: Serves, opens: Opens, record_property: Record
) -> None:
    agent = serves(steady_picture())
    reader = opens(agent.url)
    reader.page.evaluate("window.same = true")
    took = []
    for _ in range(3):
        reader.watch()
        began = time.time()
        agent.show(split_picture())
        took.append(reader.seen("split_brain") - began)
        expect(reader.verdict).to_contain_text("Split brain")
        agent.show(steady_picture())
        expect(reader.verdict).to_contain_text("Steady")
    assert reader.page.evaluate("window.same"), "the page was loaded again"
    record_property("told", f"{min(took):6.2f} s  page: a changed verdict is on the screen")
    assert min(took) < PROMPT


def test_a_split_is_spoken_at_once_and_its_end_when_there_is_a_pause(serves: Serves, opens: Opens) -> None:
    agent = serves(steady_picture())
    reader = opens(agent.url)
    expect(reader.page.locator("#assertive")).to_be_empty()
    agent.show(split_picture())
    expect(reader.page.locator("#assertive")).to_contain_text("VI_1: Split brain. lb01 and lb02 both hold")
    expect(reader.page).to_have_title("✖ Split brain: web")
    agent.show(steady_picture())
    expect(reader.page.locator("#polite")).to_contain_text("VI_1: Steady")


def test_a_lost_connection_is_said_and_nothing_stays_green(serves: Serves, opens: Opens) -> None:
    agent = serves(steady_picture())
    reader = opens(agent.url, may_fail=True)
    reader.must_be("ok")
    agent.stop()
    expect(reader.page.locator(".state.broken")).to_contain_text(
        re.compile(r"Connection lost, showing \d\d:\d\d:\d\d")
    )
    expect(reader.hero).to_contain_text("Last known")
    reader.must_be("unknown")
    expect(reader.page).to_have_title("? No connection: web")
    expect(reader.page.locator("#assertive")).to_contain_text("Connection to the agent lost")


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_nothing_jumps_when_the_connection_goes(serves: Serves, opens: Opens, language: str) -> None:
    agent = serves(split_picture())
    reader = opens(agent.url, width=360, language=language, may_fail=True)
    rows = "[...document.querySelectorAll('#verdict, .hero pre')].map((each) => each.getBoundingClientRect().width)"
    top = "document.querySelector('.hero').getBoundingClientRect().top"
    before = reader.page.evaluate(f"[{top}, {rows}]")
    agent.stop()
    expect(reader.page.locator(".state.broken")).to_be_visible()
    assert reader.page.evaluate(f"[{top}, {rows}]") == before


def test_the_page_survives_the_agents_restart(serves: Serves, opens: Opens) -> None:
    agent = serves(steady_picture())
    reader = opens(agent.url, may_fail=True)
    reader.page.evaluate("window.same = true")
    agent.stop()
    expect(reader.page.locator(".state.broken")).to_be_visible()
    with pretend_agent(split_picture(), agent.port) as again:
        expect(reader.verdict).to_contain_text("Split brain")
        expect(reader.page.locator(".state")).to_contain_text("Live")
        again.show(steady_picture())
        expect(reader.verdict).to_contain_text("Steady")
        reader.must_be("ok")
        assert reader.page.evaluate("window.same"), "the page was loaded again"


def test_an_agent_that_serves_and_judges_no_more_is_not_believed(serves: Serves, opens: Opens) -> None:
    agent = serves(steady_picture())
    reader = opens(agent.url, may_fail=True, hasty=True)
    agent.frozen = True
    agent.shown.status["time"] = "2026-01-01T00:00:00.000Z"
    expect(reader.page.locator(".state.broken")).to_contain_text(
        "The agent judges no more, showing 2026-01-01 08:00:00"
    )
    reader.must_be("unknown")
    agent.frozen = False
    expect(reader.page.locator(".state")).to_contain_text("Live")
    reader.must_be("ok")


def test_an_old_split_stays_red_and_is_called_the_last_that_is_known(serves: Serves, opens: Opens) -> None:
    agent = serves(split_picture())
    reader = opens(agent.url, may_fail=True)
    agent.stop()
    expect(reader.hero).to_contain_text("Last known")
    reader.must_be("critical")


def test_without_a_place_at_the_stream_the_page_asks_by_itself(serves: Serves, opens: Opens) -> None:
    agent = serves(steady_picture())
    agent.streams = False
    reader = opens(agent.url, may_fail=True, hasty=True)
    expect(reader.page.locator(".state")).to_contain_text("No live stream")
    agent.shown = split_picture()
    expect(reader.verdict).to_contain_text("Split brain")
    agent.streams = True
    expect(reader.page.locator(".state")).to_contain_text("Live")


def test_a_stream_that_has_died_silently_is_found_out_and_replaced(serves: Serves, opens: Opens) -> None:
    agent = serves(steady_picture())
    reader = opens(agent.url, hasty=True)
    expect(reader.page.locator(".state")).to_contain_text("Live")
    opened = agent.streams_opened
    # A quarter of an hour later:
    reader.page.evaluate(
        "{ const now = performance.now.bind(performance); performance.now = () => now() + 900000; }"
    )
    agent.shown = split_picture()
    expect(reader.verdict).to_contain_text("Split brain")
    agent.show(steady_picture())
    expect(reader.verdict).to_contain_text("Steady")
    assert agent.streams_opened > opened


def test_an_answer_that_is_not_understood_leaves_the_last_picture_and_is_said(
    serves: Serves, opens: Opens
) -> None:
    agent = serves(steady_picture())
    reader = opens(agent.url)
    broken = steady_picture()
    broken.status["virtual_routers"] = [{"instance": "VI_1"}]
    agent.show(broken)
    expect(reader.page.locator(".state.broken")).to_contain_text("not understood")
    expect(reader.verdict).to_contain_text("Steady")
    reader.must_be("unknown")
    agent.show(split_picture())
    expect(reader.verdict).to_contain_text("Split brain")
    assert all("not understood" in complaint for complaint in reader.complaints)
    reader.complaints.clear()


def test_whoever_types_or_has_the_focus_keeps_it_through_updates(serves: Serves, opens: Opens) -> None:
    agent = serves(picture(many(30, split=1)))
    reader = opens(agent.url)
    box = reader.page.get_by_role("searchbox")
    box.fill("VI_")
    box.press("End")
    agent.show(picture(many(30, split=4, degraded=3)))
    expect(reader.page.locator(".row:not(.steady)")).to_have_count(7)
    assert reader.page.evaluate("document.activeElement.id") == "filter"
    box.press_sequentially("30")
    expect(reader.page.locator(".row")).to_have_count(1)
    reader.page.locator(".row .line").focus()
    agent.show(picture(many(30)))
    expect(reader.verdict).to_contain_text("All 30")
    assert "VI_30" in reader.page.evaluate("document.activeElement.textContent")


def test_what_changes_in_incidents_appears_too(serves: Serves, opens: Opens) -> None:
    agent = serves(split_picture())
    reader = opens(agent.url)
    expect(reader.hero).to_contain_text("nobody looks after it")
    agent.show(split_picture("acknowledged"))
    expect(reader.hero).to_contain_text("anna looks after it")


def test_200_updates_of_255_virtual_routers_are_smooth_and_leave_no_memory_behind(
    serves: Serves, opens: Opens, record_property: Record
) -> None:
    pictures = [picture(many(split=3)), picture(many(split=1, degraded=5))]
    agent = serves(pictures[0])
    reader = opens(agent.url, hasty=True)
    reader.page.evaluate(KEEP_TIMES)
    session = reader.context.new_cdp_session(reader.page)

    def heap_after(updates: int) -> float:
        for number in range(updates):
            before = reader.page.evaluate("window.times.length")
            agent.show(pictures[number % 2])
            reader.page.wait_for_function("(before) => window.times.length > before", arg=before)
        session.send("HeapProfiler.collectGarbage")
        return float(session.send("Runtime.getHeapUsage")["usedSize"])

    first = heap_after(20)
    last = heap_after(200)
    times = reader.page.evaluate("window.times")
    record_property(
        "told",
        f"{statistics.median(times):6.1f} ms page: one update of 255 virtual routers, {max(times):.1f} at most",
    )
    assert last < first * 1.25 + 1_000_000, f"{first:.0f} bytes became {last:.0f}"


def test_mutes_are_said_on_top(serves: Serves, opens: Opens) -> None:
    seen = replace(snapshots.steady(), maintenance=snapshots.MAINTENANCE, silences=(snapshots.SILENCE,))
    agent = serves(picture(seen))
    reader = opens(agent.url)
    expect(reader.page.locator(".notice").first).to_contain_text(
        "(anna): messages are muted, verdicts are not: kernel update"
    )
    expect(reader.page.locator(".notice").nth(1)).to_contain_text("VI_2 is silenced until")
