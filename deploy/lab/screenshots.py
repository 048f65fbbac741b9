"""`make screenshots`: the page in a real browser while a real pair is steady, fails over and splits."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from deploy.lab import Lab, LabError, Topology, conf
from deploy.lab.agents import HTTP_PORT
from deploy.lab.demo_lines import say
from deploy.lab.palette import fewer_colours
from deploy.lab.relay import relay
from deploy.lab.waiting import wait_until

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
GUARD = 60.0  # seconds; a hang guard
INTERVAL = 2  # seconds, advert_int: a failover stands for three of them
TO_BE_SEEN = 6.0  # seconds that the split lasts, so that the last minutes show it
OUT = Path("docs/images")
CONFIG = """\
[node]
pair = "web"

[listen]
http = "0.0.0.0:10112"

[[peer]]
name = "{peer}"
[[peer.link]]
name = "lan"
remote = "{lan}"
[[peer.link]]
name = "wire"
remote = "{wire}"

[[reference]]
name = "gateway"
address = "{gateway}"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Somebody who looks at the page."""

    name: str
    width: int
    height: int
    scale: float
    dark: bool
    language: str


VIEWS = (
    View(name="phone-light-en", width=360, height=780, scale=2, dark=False, language="en-GB"),
    View(name="phone-dark-zh", width=360, height=780, scale=2, dark=True, language="zh-CN"),
    View(name="desktop-dark-en", width=1280, height=1180, scale=1, dark=True, language="en-GB"),
    View(name="desktop-light-zh", width=1280, height=1180, scale=1, dark=False, language="zh-CN"),
)


@contextmanager
def pages(browser: Browser, port: int) -> Iterator[dict[str, Page]]:
    """The page of one agent, open in every view."""
    opened = {}
    contexts = []
    for view in VIEWS:
        context = browser.new_context(
            viewport={"width": view.width, "height": view.height},
            device_scale_factor=view.scale,
            color_scheme="dark" if view.dark else "light",
            locale=view.language,
            timezone_id="UTC",
        )
        contexts.append(context)
        opened[view.name] = context.new_page()
        opened[view.name].goto(f"http://127.0.0.1:{port}/")
        opened[view.name].locator(".lane").first.wait_for()
    yield opened
    for context in contexts:
        context.close()


def take(opened: dict[str, Page], verdict: str) -> dict[str, bytes]:
    """A picture for each view while the verdict stands in all of them. LabError when it did not last so long."""
    standing = f'.hero[data-verdict="{verdict}"]'
    for page in opened.values():
        page.locator(standing).wait_for(timeout=GUARD * 1000)
    taken = {}
    for name, page in opened.items():
        taken[f"page-{verdict}-{name}.png"] = page.screenshot()
        if page.locator(standing).count() == 0:
            raise LabError(f"{verdict} was over before its pictures were taken; try again")
    return taken


# --- the play -------------------------------------------------------------------------------------


def play(lab: Lab, browser: Browser) -> dict[str, bytes]:
    """A failover as the survivor tells it, then a split and the peace after it as lb01 does."""
    lab.start_keepalived(conf.pair(lab.topology, advert_int=INTERVAL))
    for name, peer in (("lb01", "lb02"), ("lb02", "lb01")):
        lab.agent(name).write_config(config_for(lab, peer))
    lab.start_agents()
    taken: dict[str, bytes] = {}
    with relay(lab.node("lb01"), HTTP_PORT) as lb01, relay(lab.node("lb02"), HTTP_PORT) as lb02:
        await_steady(lab)
        with pages(browser, lb02) as opened:
            lab.keepalived("lb01").kill_both()
            lab.node("lb01").remove_address(f"{conf.VIP}/24")
            await_status(
                lab,
                "lb02",
                "failover, and its cause",
                lambda router: router["verdict"] == "failover" and bool(router["findings"]),
            )
            taken |= take(opened, "failover")
        lab.keepalived("lb01").start()
        await_steady(lab)
        with pages(browser, lb01) as opened:
            with lab.firewall.drop_vrrp_inbound("lb02"):
                await_status(
                    lab,
                    "lb01",
                    "the split, and the rule behind it",
                    lambda router: any("rule" in finding["evidence"] for finding in router["findings"]),
                )
                time.sleep(TO_BE_SEEN)
                taken |= take(opened, "split_brain")
            await_steady(lab)
            await_status(lab, "lb01", "the end of the incident", lambda router: router["incident"] is None)
            taken |= take(opened, "steady")
    return taken


def config_for(lab: Lab, peer: str) -> str:
    """hawatch.toml of the node whose peer that is."""
    plan = lab.topology
    return CONFIG.format(
        peer=peer, lan=plan.ipv4(peer), wire=plan.ipv4(peer, "eth2"), gateway=plan.ipv4("gateway")
    )


def await_steady(lab: Lab) -> None:
    """Until both agents say so, with lb01 as the owner."""
    for node in lab.topology.routers:
        await_status(
            lab, node, "steady", lambda router: router["verdict"] == "steady" and router["owners"] == ["lb01"]
        )


def await_status(lab: Lab, node: str, what: str, holds: Callable[[dict[str, Any]], bool]) -> None:
    """Until it holds of the one virtual router in this agent's status."""

    def look() -> bool | None:
        routers = lab.agent(node).status()["virtual_routers"]
        return True if routers and holds(routers[0]) else None

    wait_until(look, what=f"{what} on {node}", timeout=GUARD)


def main() -> int:
    """Take them all; exit code 0 when every scene came to pass."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="where the files go (default: %(default)s)")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    try:
        with sync_playwright() as playwright, Lab(Topology(wire=True)) as lab:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            taken = play(lab, browser)
            browser.close()
    except LabError as error:
        print(f"screenshots: {error}", file=sys.stderr)
        return 1
    for name, picture in taken.items():
        small = fewer_colours(picture)
        (out / name).write_bytes(small)
        say(f"{out / name}  {len(small) // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
