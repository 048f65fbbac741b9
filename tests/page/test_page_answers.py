"""Answers to an incident from the page: only with a token, and in words when it comes to nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.agent import TOKEN, PretendAgent
from tests.page.conftest import Opens, Serves
from tests.page.pictures import INCIDENT, split_picture
from tests.page.reader import Reader


def answering(serves: Serves, opens: Opens, **options: object) -> tuple[PretendAgent, Reader]:
    agent = serves(split_picture())
    return agent, opens(agent.url, may_fail=True, **options)


def test_acknowledging_takes_a_token_and_refuses_without(serves: Serves, opens: Opens) -> None:
    agent, reader = answering(serves, opens)
    reader.button("Acknowledge").click()
    field = reader.page.get_by_label("Your token")
    expect(field).to_be_focused()
    assert field.get_attribute("type") == "password"
    reader.button("Send").click()
    expect(reader.page.locator("#asking-problem")).to_have_text("The token is missing.")
    field.fill("not-annas-0123456789")
    reader.button("Send").click()
    expect(reader.page.locator("#asking-problem")).to_have_text(
        "The agent does not know this token. Nothing was done."
    )
    expect(reader.hero).to_contain_text("nobody looks after it")
    assert agent.posts == []
    field.fill(TOKEN)
    reader.button("Send").click()
    expect(reader.hero).to_contain_text("anna looks after it")
    expect(reader.page.get_by_role("dialog")).to_be_hidden()
    expect(reader.page.locator("#polite")).to_have_text("Acknowledged")
    assert agent.posts == [(INCIDENT, "ack", {})]


def test_the_token_is_asked_for_once_and_kept_in_this_tab_alone(serves: Serves, opens: Opens) -> None:
    agent, reader = answering(serves, opens)
    reader.button("Acknowledge").click()
    reader.page.get_by_label("Your token").fill(TOKEN)
    reader.page.keyboard.press("Enter")
    expect(reader.hero).to_contain_text("anna looks after it")
    reader.button("Snooze").click()
    expect(reader.hero).to_contain_text("anna wants quiet until")
    reader.button("Give 2026").click()
    expect(reader.hero).to_contain_text("nobody looks after it")
    assert [post[1:] for post in agent.posts] == [("ack", {}), ("snooze", {"seconds": 1800}), ("release", {})]
    assert TOKEN not in reader.page.evaluate(
        "JSON.stringify(localStorage) + document.cookie + document.body.innerHTML"
    )
    assert TOKEN in reader.page.evaluate("JSON.stringify(sessionStorage)")
    other = opens(agent.url)
    assert other.page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ((403, "answers over HTTP are off: listen.token_file is not set\n"), "no token_file is configured"),
        ((403, "this does not come from the agent's own page\n"), "refuses requests from this address"),
        (
            (409, "2026-11-22-lb01-1: is resolved already\n"),
            "Not possible: 2026-11-22-lb01-1: is resolved already",
        ),
        ((429, "too many wrong tokens; try again later\n"), "Too many tries"),
        ((503, "the token file cannot be used\n"), "could not do it: the token file cannot be used"),
    ],
)
def test_what_comes_to_nothing_is_said_in_words(
    serves: Serves, opens: Opens, refusal: tuple[int, str], words: str
) -> None:
    agent, reader = answering(serves, opens)
    agent.refuses_with = refusal
    reader.button("Acknowledge").click()
    reader.page.get_by_label("Your token").fill(TOKEN)
    reader.page.keyboard.press("Enter")
    expect(reader.hero.locator(".problem")).to_contain_text(words)
    expect(reader.page.locator("#assertive")).to_contain_text(words)


def test_an_agent_that_does_not_answer_leaves_it_open_whether_it_was_done(
    serves: Serves, opens: Opens
) -> None:
    agent, reader = answering(serves, opens)
    reader.button("Acknowledge").click()
    reader.page.get_by_label("Your token").fill(TOKEN)
    agent.stop()
    reader.page.keyboard.press("Enter")
    expect(reader.hero.locator(".problem")).to_contain_text("It is not known whether it was done")


def test_a_token_that_no_header_can_carry_is_a_wrong_one(serves: Serves, opens: Opens) -> None:
    _, reader = answering(serves, opens)
    reader.button("Acknowledge").click()
    reader.page.get_by_label("Your token").fill("口令-0123456789abcdef")
    reader.page.keyboard.press("Enter")
    expect(reader.page.locator("#asking-problem")).to_contain_text("does not know this token")


def test_the_whole_of_it_goes_with_the_keyboard_alone(serves: Serves, opens: Opens) -> None:
    agent, reader = answering(serves, opens)
    reader.page.keyboard.press("Tab")
    assert reader.page.evaluate("document.activeElement.textContent") == "Skip to what is wrong"
    walk(reader, "Acknowledge")
    reader.page.keyboard.press("Enter")
    expect(reader.page.get_by_label("Your token")).to_be_focused()
    reader.page.keyboard.press("Escape")
    expect(reader.page.get_by_role("dialog")).to_be_hidden()
    assert reader.page.evaluate("document.activeElement.textContent") == "Acknowledge"
    reader.page.keyboard.press("Enter")
    reader.page.keyboard.type(TOKEN)
    reader.page.keyboard.press("Enter")
    expect(reader.hero).to_contain_text("anna looks after it")
    assert agent.posts == [(INCIDENT, "ack", {})]
    focused = reader.page.evaluate("document.activeElement.id || document.activeElement.dataset.answer || ''")
    assert focused in ("verdict", "release", "snooze"), "the focus was lost"


def test_every_control_can_be_reached_with_the_keyboard_and_shows_it(serves: Serves, opens: Opens) -> None:
    _, reader = answering(serves, opens)
    seen = set()
    for _ in range(60):
        reader.page.keyboard.press("Tab")
        mark = reader.page.evaluate(
            "(() => { const it = document.activeElement; if (!it || it === document.body) return null;"
            " return [getComputedStyle(it).outlineStyle, it.getAttribute('aria-label') || it.textContent.trim()]; })()"
        )
        if mark is None:
            break
        assert mark[0] != "none", f"no focus is seen on {mark[1]}"
        seen.add(mark[1])
    for control in (
        "中文",
        "lb02 ↗",
        "Copy the remedy",
        "Acknowledge 2026",
        "Snooze 2026",
        "As a table",
        "Look at a moment",
    ):
        assert any(each.startswith(control) for each in seen), (control, seen)


def test_a_remedy_is_copied(serves: Serves, opens: Opens) -> None:
    _, reader = answering(serves, opens, permissions=["clipboard-read", "clipboard-write"])
    reader.button("Copy the remedy").click()
    expect(reader.page.locator(".hero .copy")).to_have_text("Copied")
    assert (
        reader.page.evaluate("navigator.clipboard.readText()")
        == "nft insert rule inet filter input ip protocol vrrp accept"
    )


def test_a_remedy_is_copied_where_plain_http_leaves_the_page_no_clipboard(
    serves: Serves, opens: Opens
) -> None:
    _, reader = answering(serves, opens, permissions=["clipboard-read"])
    reader.page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})"
    )
    reader.button("Copy the remedy").click()
    expect(reader.page.locator(".hero .copy")).to_have_text("Copied")
    assert reader.page.evaluate("document.activeElement.className") == "copy"


def walk(reader: Reader, name: str) -> None:
    """Tab on until the control with this text has the focus."""
    for _ in range(40):
        reader.page.keyboard.press("Tab")
        if reader.page.evaluate("document.activeElement.textContent") == name:
            return
    raise AssertionError(f"{name} was not reached")
