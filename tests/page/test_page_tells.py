"""What the page tells at a glance, in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests import snapshots
from tests.page.conftest import Opens, Serves
from tests.page.pictures import HOSTILE, hostile, many, picture, split_picture, steady_picture

PHONE = {"width": 360, "height": 740}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en-GB",
            (
                "Split brain",
                "lb01 and lb02 both hold",
                "incoming VRRP blocked (firewall?) on lb02",
                "Acknowledge",
            ),
        ),
        ("zh-CN", ("裂脑", "lb01、lb02 同时持有", "lb02：收不进VRRP（查防火墙）", "确认")),
    ],
)
def test_the_first_screen_of_a_phone_tells_all_that_matters_of_a_split(
    serves: Serves, opens: Opens, language: str, words: tuple[str, ...]
) -> None:
    agent = serves(split_picture())
    reader = opens(agent.url, language=language, **PHONE)
    for word in words:
        expect(reader.hero).to_contain_text(word)
    expect(reader.hero.locator(".holders .holds")).to_have_count(2)
    lowest = reader.page.evaluate(
        "Math.max(...[...document.querySelectorAll('.hero *')].map((each) => each.getBoundingClientRect().bottom))"
    )
    assert lowest <= PHONE["height"], "something of it lies below the first screen"
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_chinese_is_drawn_with_a_chinese_font_and_not_with_boxes(serves: Serves, opens: Opens) -> None:
    agent = serves(split_picture())
    reader = opens(agent.url, language="zh-CN")
    session = reader.context.new_cdp_session(reader.page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": "#verdict"})["nodeId"]
    fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    assert any("CJK" in font["familyName"] and font["glyphCount"] >= 2 for font in fonts), fonts


def test_the_language_is_the_readers_and_a_choice_is_kept(serves: Serves, opens: Opens) -> None:
    agent = serves(steady_picture())
    reader = opens(agent.url)
    expect(reader.verdict).to_contain_text("Steady")
    reader.button("中文").click()
    expect(reader.verdict).to_contain_text("正常")
    reader.page.reload()
    expect(reader.verdict).to_contain_text("正常")
    assert reader.page.evaluate("document.documentElement.lang") == "zh-Hans"


def test_what_is_unknown_is_neither_held_nor_not_held(serves: Serves, opens: Opens) -> None:
    agent = serves(picture(snapshots.isolated()))
    reader = opens(agent.url)
    expect(reader.hero.locator(".holders li", has_text="lb02")).to_contain_text("unknown")
    expect(reader.hero.locator(".holders .tick.unknown")).to_have_count(1)
    row = reader.page.locator(".pair tr", has_text="Holds 192.168.136.100")
    expect(row.locator("td").nth(1)).to_have_text(" unknown", use_inner_text=True)


@pytest.mark.parametrize(
    ("seen", "title", "severity"),
    [
        (snapshots.steady(), "✔ web: steady", "ok"),
        (snapshots.failover(), "▲ Failover: web", "warning"),
        (snapshots.split_brain(), "✖ Split brain: web", "critical"),
        (snapshots.indeterminate(), "? Undecided: web", "unknown"),
    ],
)
def test_the_tab_tells_how_it_stands(
    serves: Serves, opens: Opens, seen: Any, title: str, severity: str
) -> None:
    agent = serves(picture(seen))
    reader = opens(agent.url)
    expect(reader.page).to_have_title(title)
    reader.must_be(severity)


def test_each_severity_has_a_shape_of_its_own_in_tab_and_page(serves: Serves, opens: Opens) -> None:
    shapes = set()
    for seen in (
        snapshots.steady(),
        snapshots.failover(),
        snapshots.split_brain(),
        snapshots.indeterminate(),
    ):
        agent = serves(picture(seen))
        reader = opens(agent.url)
        drawn = reader.hero.locator(".verdict .body").get_attribute("d")
        favicon = reader.page.locator("#icon").get_attribute("href")
        shapes.add((drawn, (favicon or "").replace("%23", "")))
    assert len({drawn for drawn, _ in shapes}) == 4
    assert len({favicon for _, favicon in shapes}) == 4


def test_the_last_hour_can_be_looked_at_moment_by_moment_with_the_keyboard(
    serves: Serves, opens: Opens
) -> None:
    agent = serves(split_picture())
    reader = opens(agent.url)
    slider = reader.page.get_by_role("slider")
    verdict = reader.page.locator(".lane", has_text="Verdict").locator(".reads")
    expect(verdict).to_have_text("Split brain")
    slider.focus()
    slider.press("Home")
    expect(verdict).to_have_text("Steady")
    expect(reader.page.locator(".lane", has_text="lb01 advertises").locator(".reads")).to_have_text("unknown")
    slider.press("End")
    expect(verdict).to_have_text("Split brain")
    expect(reader.page.locator(".overlaps")).to_contain_text("Both at once: 192.168.136.100")


def test_the_last_hour_is_there_as_a_table_too(serves: Serves, opens: Opens) -> None:
    agent = serves(split_picture())
    reader = opens(agent.url)
    reader.button("As a table").click()
    table = reader.page.locator(".lanes table")
    expect(table.locator("tr", has_text="lb02 holds 192.168.136.100")).to_have_count(2)
    expect(table.locator("tr", has_text="Link lan to lb02").filter(has_text="down")).to_have_count(1)


def test_hostile_names_are_text_everywhere(serves: Serves, opens: Opens) -> None:
    agent = serves(hostile())
    reader = opens(agent.url)
    reader.page.locator("summary").first.wait_for()
    for summary in reader.page.locator("summary").all():
        summary.click()
    shown = HOSTILE.replace("\u202e", "\ufffd")
    for place in (".hero .router", ".hero .sentence", ".hero pre", ".pair-name", ".timeline", ".finding"):
        expect(reader.page.locator(place).first).to_contain_text(shown)
    assert reader.page.locator("main img, main script, header script").count() == 0
    assert reader.page.title().startswith("✖ Split brain: <script>document.title='owned'</script>")
    reader.button("As a table").click()
    expect(reader.page.locator(".lanes table")).to_contain_text("<script>")


def test_255_virtual_routers_put_trouble_first_and_can_be_filtered(serves: Serves, opens: Opens) -> None:
    agent = serves(picture(many(split=2, degraded=3)))
    reader = opens(agent.url)
    expect(reader.verdict).to_contain_text("Split brain")
    expect(reader.hero).to_contain_text("Split brain: 1, Degraded: 3, Steady: 250")
    expect(reader.page.locator(".row:not(.steady)")).to_have_count(5)
    expect(reader.page.locator(".row.steady")).to_have_count(250)
    reader.page.get_by_role("searchbox").fill("vi_77")
    expect(reader.page.locator(".row")).to_have_count(1)
    reader.page.locator(".row .line").click()
    expect(reader.page.locator(".row .details .pair")).to_contain_text("Holds 10.0.77.100")
    reader.page.get_by_role("searchbox").fill("split")
    expect(reader.page.locator(".row")).to_have_count(2)


def test_many_that_are_all_steady_are_said_in_one_sentence(serves: Serves, opens: Opens) -> None:
    agent = serves(picture(many(40)))
    reader = opens(agent.url)
    expect(reader.verdict).to_contain_text("All 40 virtual routers are steady")
    expect(reader.hero).to_contain_text("lb01: 40")
