"""`hawatch watch` in a real terminal (tmux) on a node of a real pair, as the agent's own user runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from deploy.lab import Topology, conf
from deploy.lab.agents import COMMAND
from deploy.lab.node import environment
from deploy.lab.waiting import wait_until
from tests.integration.conftest import Tell
from tests.integration.monitored import split
from tests.lab.scene import HANG_GUARD, Scene, scene
from tests.tmux import Tmux, terminal

SMALL, LARGE = (80, 24), (200, 60)
ENVIRONMENT = {"TERM": "tmux-256color", "TZ": "UTC"}


@contextmanager
def watching(
    pair: Scene, size: tuple[int, int], *words: str, env: Mapping[str, str] | None = None
) -> Iterator[Tmux]:
    """A terminal of this size on lb01, in which the picture is watched."""
    agent = pair.lab.agent("lb01")
    inside = [*agent.node.namespace.enter(), *agent.identity.prefix, *COMMAND, "watch", *words]
    with terminal(*size) as tmux:
        tmux.start(inside, environment({**ENVIRONMENT, **(env or {})}))
        yield tmux
        tmux.press("q")
        tmux.await_text("ended 0")


def incidents(pair: Scene, node: str) -> list[dict[str, Any]]:
    """What the agent of a node keeps."""
    found: list[dict[str, Any]] = json.loads(pair.lab.agent(node).command("incidents", "--json"))
    return found


def acknowledged_by(pair: Scene, node: str) -> str:
    """Who looks after the only incident, once somebody does."""

    def look() -> str | None:
        who = [each["acknowledged_by"] for each in incidents(pair, node)]
        return who[0] if who and who[0] is not None else None

    return wait_until(look, what=f"an acknowledgement on {node}", timeout=HANG_GUARD)


def test_a_split_is_seen_acknowledged_and_over_in_80_columns(told: Tell) -> None:
    with scene(Topology(), version=3, advert_int=0.3) as pair:
        pair.settle()
        with watching(pair, SMALL, "--as", "anna") as tmux:
            calm = tmux.await_text("✔ OK steady")
            assert re.fullmatch(r"lb01.lb02, seen from lb01  ✔ OK steady +\d\d:\d\d:\d\d live", calm[0])
            assert re.match(r"▶ ✔ steady +\d+s VI_1 51 +lb01 +10\.0\.0\.100", calm[2])
            assert re.search(r"^lb02: agent up, [\w.]+ up [\d.]+ ms", "\n".join(calm), re.MULTILINE)
            with split(pair):
                seen = tmux.await_text("✖ CRITICAL split_brain")
                said = next(each for each in pair.said("lb01") if each.verdict == "split_brain")
                told("watch: on the screen after the agent's verdict", pair.lab.now() - said.time)
                assert re.match(r"▶ ✖ split_brain +\d+s VI_1 51 +lb01\+lb02", seen[2])
                tmux.await_text("vrrp_blocked_inbound@lb02")
                # The rule that drops is known a moment after the cause, and the incident once it is stored.
                shown = await_match(tmux, r"remedy +nft ", "the remedy")
                assert "lb01 and lb02 both hold 10.0.0.100" in shown
                await_match(tmux, r"incident +\d{6}-lb0[12]-\d+  open", "the incident")
                tmux.press("a")
                asked = tmux.await_text("you look after it? y/n")
                assert re.match(r"Acknowledge \d{6}-lb0[12]-\d+: ", asked[-1])
                assert incidents(pair, "lb01")[0]["state"] == "open"
                tmux.press("y")
                tmux.await_text("acknowledged by anna")
                for node in ("lb01", "lb02"):
                    assert acknowledged_by(pair, node).startswith("anna ("), node
                restart_the_agent(pair, tmux)
            tmux.await_text("✔ OK steady")


def await_match(tmux: Tmux, pattern: str, what: str) -> str:
    """The screen once this is on it."""
    wanted = re.compile(pattern)
    return "\n".join(tmux.await_screen(lambda lines: wanted.search("\n".join(lines)) is not None, what))


def restart_the_agent(pair: Scene, tmux: Tmux) -> None:
    """It says that nobody answers, does not tell the old picture for the present, and goes on by itself."""
    pair.lab.agent("lb01").stop()
    silent = tmux.await_text("no answer for ")
    assert "? last: CRITICAL split_brain" in silent[0]
    pair.lab.agent("lb01").start()
    pair.lab.agent("lb01").wait_ready()
    back = tmux.await_screen(lambda lines: lines[0].endswith(" live"), "live again")
    assert "last:" not in back[0]
    tmux.await_screen(lambda lines: "✖ CRITICAL split_brain" in lines[0], "the split again")
    tmux.await_text("acknowledged by anna")


def test_a_large_terminal_shows_both_nodes_the_last_hour_and_the_evidence(told: Tell) -> None:
    with scene(Topology(), version=3, advert_int=0.3) as pair:
        pair.settle()
        with watching(pair, LARGE) as tmux, split(pair):
            tmux.await_text("✖ CRITICAL split_brain")
            tmux.await_text("vrrp_blocked_inbound@lb02")
            tmux.await_screen(lambda lines: lane_of(lines, "lb02 heard").endswith("█"), "lb02 in its lane")
            screen = tmux.await_screen(
                lambda lines: side_by_side(lines).count("advertising: yes") == 2, "both nodes advertise"
            )
            assert (len(screen), max(map(len, screen))) == (LARGE[1], LARGE[0])
            assert side_by_side(screen).count(f"holds {conf.VIP}: yes") == 2
            tmux.await_screen(lambda lines: bool(re.search(r"[░?]X█*$", lane_of(lines, "VI_1"))), "the split")
            tmux.await_screen(
                lambda lines: lane_of(lines, f"lb02 {conf.VIP}").endswith("█"), "the second owner"
            )
            tmux.await_screen(lambda lines: lane_of(lines, "agent lb02").endswith("─"), "lb02's agent")
            await_match(tmux, "X split_brain", "the legend")
            await_match(tmux, r"(?m)^  evidence ", "evidence")
            await_match(tmux, r"(?m)^ +\d\d:\d\d:\d\d opened lb01: ", "the incident's timeline")
            with watching(pair, SMALL, "--language", "zh", "--ascii") as chinese:
                assert chinese.await_text("裂脑")[-1].startswith("jk选择")


def side_by_side(lines: list[str]) -> str:
    """What stands below the names of the two nodes, which stand there once."""
    named = [index for index, line in enumerate(lines) if line.split() == ["lb01", "lb02"]]
    return "\n".join(lines[named[0] : named[0] + 6]) if len(named) == 1 else ""


def lane_of(lines: list[str], name: str) -> str:
    """What the lane of this name looks like, without its label."""
    return next((line.rstrip() for line in lines if line.startswith(f"  {name} ")), "")
