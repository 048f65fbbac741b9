"""Live: a service behind the VIP dies once, for good, and on both nodes; and keepalived that asks `hawatch guard`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from deploy.lab import KeepalivedConf, LabError, Topology, conf
from deploy.lab.actions import ACTIONS
from deploy.lab.node import INTERPRETER
from deploy.lab.waiting import wait_until
from tests.lab.scene import HANG_GUARD, Scene, scene

pytestmark = pytest.mark.lab

BOTH = ("lb01", "lb02")
BROKEN, STARTS = "/run/web.broken", "/run/web.starts"
WEB = f"{INTERPRETER} -IS -m http.server --bind 127.0.0.1 8080"
START = (
    f"echo start >>{STARTS}; test ! -e {BROKEN} || exit 1; cd /run; "
    f"setsid {WEB} </dev/null >/dev/null 2>&1 & echo $! >/run/web.pid"
)
TRACK = "/etc/keepalived/web.track"
ACTIONS_TOML = f"""
[action.restart-web]
command = ["/bin/sh", "-c", "{START}"]
[give_up.web]
track_file = "{TRACK}"
"""
SERVICE = """
[[service]]
name = "web"
http = "http://127.0.0.1:8080/"
on = "both"
every = "1s"
"""
GUARD = """
[service.guard]
attempts = 1
patience = "0s"
backoff = "2s"
give_up = "give-up-web"
hold = "3s"
"""
PEOPLE = """
[[channel]]
name = "print"
kind = "script"
command = ["/bin/true"]
[[contact]]
name = "anna"
[[contact.way]]
channel = "print"
to = "anna"
[[contact]]
name = "bo"
language = "zh"
[[contact.way]]
channel = "print"
to = "bo"
[[notify]]
cause = "service_down"
by = "sms"
"""


def awaited(look: Callable[[], Any], what: str, pair: Scene) -> Any:
    """Wait until a look finds something; with the whole story if it never does."""

    def carefully() -> Any:
        try:
            return look() or None
        except (LabError, OSError):  # an agent that has just been started
            return None

    try:
        return wait_until(carefully, what=what, timeout=HANG_GUARD)
    except LabError as error:
        raise AssertionError(f"{error}\n{pair.account()}") from None


def tracked(weight: int = 0) -> dict[str, KeepalivedConf]:
    """A pair whose priority falls by the file's number times the weight; without one it goes into FAULT."""
    pair = conf.pair(Topology(), version=3, advert_int=0.3)
    extra = (f'track_file web {{\n  file "{TRACK}"\n  weight {weight}\n  init_file 0\n}}',)
    return {
        name: KeepalivedConf(instances=(replace(each, extra=("track_file {\n  web\n}",)),), extra=extra)
        for name, each in pair.items()
    }


def start_web(pair: Scene, node: str) -> None:
    pair.lab.node(node).path(BROKEN).unlink(missing_ok=True)
    pair.lab.node(node).run(["/bin/sh", "-c", START])


def kill_web(pair: Scene, node: str, *, for_good: bool = False) -> None:
    if for_good:
        pair.lab.node(node).write(BROKEN, "")
    pair.lab.node(node).run(["/bin/sh", "-c", "kill -9 $(cat /run/web.pid)"])


def starts(pair: Scene, node: str) -> int:
    return len(pair.lab.node(node).path(STARTS).read_text().split())


def guard(pair: Scene, node: str) -> dict[str, Any]:
    (found,) = pair.lab.agent(node).status()["guards"]
    return dict(found)


def await_guard(pair: Scene, node: str, state: str) -> dict[str, Any]:
    found: dict[str, Any] = awaited(
        lambda: found if (found := guard(pair, node))["state"] == state else None, f"{state} on {node}", pair
    )
    return found


def await_service(pair: Scene, node: str, state: str) -> None:
    def look() -> bool:
        found = pair.lab.agent(node).status()["services"]
        return [each["state"] for each in found if each["node"] == node] == [state]

    awaited(look, f"web {state} on {node}", pair)


def timeline(pair: Scene, node: str) -> list[str]:
    """What the guards did, by all incidents of a node, the oldest first."""
    found = json.loads(pair.lab.agent(node).command("incidents", "--json"))
    lines = [
        entry
        for each in found
        for entry in json.loads(pair.lab.agent(node).command("incidents", each["id"], "--json"))["timeline"]
    ]
    return [
        each["text"] for each in sorted(lines, key=lambda each: each["time"]) if "guard of" in each["text"]
    ]


def ending(lines: list[str], words: str) -> list[str] | None:
    """The lines, once one of them has these words."""
    return lines if any(words in each for each in lines) else None


def told(pair: Scene, node: str, words: str) -> list[str]:
    """The messages with these words."""
    found = json.loads(pair.lab.agent(node).command("incidents", "--json"))
    names = [each["id"] for each in found]
    lines = [
        entry
        for name in names
        for entry in json.loads(pair.lab.agent(node).command("incidents", name, "--json"))["timeline"]
    ]
    return [each["text"] for each in lines if each["kind"] == "told" and words in each["text"]]


def test_a_broken_service_is_restarted_given_up_once_and_taken_back_though_the_agent_is_killed_in_the_middle() -> (
    None
):
    with scene(
        confs=tracked(), agent_config=SERVICE + GUARD + PEOPLE, start_agents=False, version=3, advert_int=0.3
    ) as pair:
        for node in BOTH:
            pair.lab.node(node).write(ACTIONS, ACTIONS_TOML)
            start_web(pair, node)
        pair.lab.start_agents(*BOTH)
        for node in BOTH:
            await_service(pair, node, "up")
        pair.settle()

        # It dies once: it is restarted, and the VIP stays.
        kill_web(pair, "lb01")
        awaited(lambda: guard(pair, "lb01")["restarts"], "a restart", pair)
        await_guard(pair, "lb01", "watching")
        assert pair.verdicts("lb01") == ["steady"]
        awaited(lambda: guard(pair, "lb01")["attempts"] == 0, "peace", pair)
        before = guard(pair, "lb01")["restarts"]
        assert starts(pair, "lb01") == 1 + before

        # It is broken for good, and the agent is killed in the middle of it.
        kill_web(pair, "lb01", for_good=True)
        awaited(lambda: guard(pair, "lb01")["restarts"] > before, "another restart", pair)
        pair.lab.agent("lb01").kill()
        pair.lab.agent("lb01").start()
        pair.lab.agent("lb01").wait_ready()
        await_guard(pair, "lb01", "given_up")
        pair.lab.truth.wait_owner(conf.VIP, "lb02", timeout=HANG_GUARD)
        given_up_at = time.monotonic()
        pair.must_know("vip_given_up", on="lb01")
        pair.must_know("vip_given_up", on="lb02")
        assert guard(pair, "lb01")["attempts"] == 1
        assert starts(pair, "lb01") == 1 + guard(pair, "lb01")["restarts"], "each restart was run once"
        assert pair.lab.node("lb01").path(TRACK).read_text() == "1\n"
        said = awaited(lambda: told(pair, "lb01", "its VIP was given up"), "the message", pair)
        assert len(said) == 1
        assert len(awaited(lambda: told(pair, "lb01", "已放弃VIP；"), "the message in Chinese", pair)) == 1

        # It is mended: after the hold the VIP comes back, once.
        start_web(pair, "lb01")
        await_guard(pair, "lb01", "holding")
        held_from = time.monotonic()
        pair.lab.truth.wait_owner(conf.VIP, "lb01", timeout=HANG_GUARD)
        assert time.monotonic() - held_from >= 2.0, "the hold is 3 s, and a look takes a moment"
        assert held_from > given_up_at
        await_guard(pair, "lb01", "watching")
        assert pair.lab.node("lb01").path(TRACK).read_text() == "0\n"
        pair.await_verdict("steady")
        lines = awaited(lambda: ending(timeline(pair, "lb01"), "take-back-web: done"), "the timeline", pair)
        assert sum("give-up-web: done" in each for each in lines) == 1
        own = [each for each in lines if "on lb01" in each and "begins (restart-web)" in each]
        assert len(own) == guard(pair, "lb01")["restarts"]
