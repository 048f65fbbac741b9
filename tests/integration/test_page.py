"""The page of a real agent, in Chromium, while a real pair splits and heals and the agent is started again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

from deploy.lab import conf
from deploy.lab.agents import HTTP_PORT
from deploy.lab.relay import relay
from tests.integration.conftest import Tell
from tests.integration.monitored import LISTENING, since_healed, since_split, split
from tests.lab.scene import Scene, scene
from tests.page.reader import ARGUMENTS, CHROMIUM, Reader

TOKEN_FILE = "/etc/hawatch/http.token"
TOKEN = "0123456789abcdef0123456789abcdef"
PROMPT = 1.0
"""Seconds from the agent's verdict to the screen."""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def give_token(pair: Scene, node: str, person: str) -> None:
    """A token file as docs/configuration.md has it made."""
    path = pair.lab.node(node).path(TOKEN_FILE)
    path.write_text(f"# one person each\n{person}:{TOKEN}\n")
    os.chown(path, 0, pair.lab.agent(node).identity.gid)
    path.chmod(0o640)


def said_at(pair: Scene, node: str, verdict: str) -> float:
    """When the agent said so last, by its journal, on the lab's clock."""
    return [said.time for said in pair.all_said(node) if said.verdict == verdict][-1]


def test_a_split_comes_to_the_screen_is_acknowledged_there_and_outlives_the_agents_restart(
    told: Tell,
) -> None:
    config = f'{LISTENING}token_file = "{TOKEN_FILE}"\n'
    with scene(agent_config=config, version=3, advert_int=0.3, start_agents=False) as pair:
        give_token(pair, "lb01", "anna")
        give_token(pair, "lb02", "bob")
        pair.lab.start_agents()
        pair.settle()
        with chromium() as browser, relay(pair.lab.node("lb01"), HTTP_PORT) as port:
            reader = Reader.open(browser, f"http://127.0.0.1:{port}/", may_fail=True)
            reader.page.evaluate("window.same = true")
            expect(reader.verdict).to_contain_text("Steady")
            reader.watch()
            with split(pair):
                expect(reader.verdict).to_contain_text("Split brain")
                ago = time.time() - reader.seen("split_brain")
                told("page: split brain on the screen after the second owner", since_split(pair) - ago)
                late = pair.lab.now() - ago - said_at(pair, "lb01", "split_brain")
                told("page: split brain on the screen after the agent's verdict", late)
                expect(reader.hero.locator(".holders .holds")).to_have_count(2)
                expect(reader.hero).to_contain_text("incoming VRRP blocked (firewall?) on lb02")
                acknowledge(reader)
                restart(pair, reader)
                expect(reader.hero).to_contain_text("anna looks after it")
                expect(reader.page.locator(".lane", has_text=f"lb02 holds {conf.VIP}")).to_contain_text("yes")
            expect(reader.verdict).to_contain_text("Steady")
            told("page: steady on the screen after one of them let go", since_healed(pair))
            assert reader.page.evaluate("window.same"), "the page was loaded again"
            reader.must_be("(ok|warning)")
            reader.close()
        assert late < PROMPT


def acknowledge(reader: Reader) -> None:
    """Refused with a wrong token, done with the right one, as the person whose it is."""
    reader.button("Acknowledge").click()
    field = reader.page.get_by_label("Your token")
    field.fill("f" * len(TOKEN))
    reader.button("Send").click()
    expect(reader.page.locator("#asking-problem")).to_contain_text("does not know this token")
    expect(reader.hero).to_contain_text("nobody looks after it")
    field.fill(TOKEN)
    reader.button("Send").click()
    expect(reader.hero).to_contain_text("anna looks after it")


def restart(pair: Scene, reader: Reader) -> None:
    """The agent ends and comes back; the page says so meanwhile."""
    pair.lab.agent("lb01").stop()
    expect(reader.page.locator(".state.broken")).to_contain_text("Connection lost")
    pair.lab.agent("lb01").start()
    expect(reader.page.locator(".state")).to_contain_text("Live")
    expect(reader.verdict).to_contain_text("Split brain")
