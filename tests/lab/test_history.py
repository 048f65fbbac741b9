"""Live: the last hour of a real pair over HTTP, an answer with a token, and what is left after a kill."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from deploy.lab import network
from deploy.lab.agents import HTTP_PORT, HTTP_TIMEOUT
from deploy.lab.waiting import wait_until
from tests.lab.scene import HANG_GUARD, Scene, scene

pytestmark = pytest.mark.lab

TOKEN_FILE = "/etc/hawatch/http.token"
TOKEN = "anna-5f1e3c77a90b"
CONFIG = f'[listen]\ntoken_file = "{TOKEN_FILE}"\n'
HOUR = 3600.0


def history(pair: Scene, node: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pair.lab.agent(node).get("/api/v1/history"))
    return found


def lane(pair: Scene, on: str, kind: str, **about: str) -> list[list[Any]]:
    (spans,) = [
        each["spans"]
        for each in history(pair, on)["lanes"]
        if each["kind"] == kind and about.items() <= each.items()
    ]
    found: list[list[Any]] = spans
    return found


def values(pair: Scene, on: str, kind: str, **about: str) -> list[Any]:
    return [value for _, _, value in lane(pair, on, kind, **about)]


def await_that(so: Callable[[], bool], what: str) -> None:
    wait_until(lambda: so() or None, what=what, timeout=HANG_GUARD)


def give_token(pair: Scene, node: str) -> None:
    agent = pair.lab.agent(node)
    path = agent.node.path(TOKEN_FILE)
    path.write_text(f"anna:{TOKEN}\n")
    os.chown(path, 0, agent.identity.gid)
    path.chmod(0o640)


def post(pair: Scene, node: str, target: str, token: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", HTTP_PORT, timeout=HTTP_TIMEOUT)
    connection.sock = network.connect(
        pair.lab.agent(node).node.pid, "127.0.0.1", HTTP_PORT, timeout=HTTP_TIMEOUT
    )
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    try:
        connection.request("POST", target, "{}", headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def open_incident(pair: Scene, node: str) -> str:
    def look() -> str | None:
        routers = pair.lab.agent(node).status()["virtual_routers"]
        return routers[0]["incident"] if routers else None

    return wait_until(look, what=f"an incident on {node}", timeout=HANG_GUARD)


def test_a_split_is_seen_in_every_lane_is_answered_with_a_token_and_outlives_a_kill() -> None:
    with scene(version=3, advert_int=0.3, agent_config=CONFIG) as pair:
        for node in ("lb01", "lb02"):
            give_token(pair, node)
        pair.settle()
        await_that(
            lambda: values(pair, "lb01", "advertiser", node="lb01")[-1] is True, "lb01 heard by itself"
        )
        assert values(pair, "lb01", "advertiser", node="lb02")[-1] is False
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.await_verdict("split_brain")
            name = open_incident(pair, "lb01")
            # On lb02's side nothing of lb01 is heard by keepalived; on the wire both are.
            await_that(
                lambda: values(pair, "lb01", "advertiser", node="lb02")[-1] is True, "lb02 heard by lb01"
            )
            assert values(pair, "lb01", "vip", node="lb02")[-2:] == [False, True]
            assert values(pair, "lb01", "verdict")[-1] == "split_brain"
            assert post(pair, "lb01", f"/api/v1/incidents/{name}/ack", "b" * 20)[0] == 401
            code, body = post(pair, "lb01", f"/api/v1/incidents/{name}/ack", TOKEN)
            assert (code, json.loads(body)["acknowledged_by"]) == (200, "anna")
            kept = pair.lab.agent("lb01").state / "history.json"
            await_that(lambda: kept.exists() and "split_brain" in kept.read_text(), "the split in the file")
            pair.lab.agent("lb01").kill()
            pair.lab.agent("lb01").start()
            pair.lab.agent("lb01").wait_ready()
            await_that(
                lambda: values(pair, "lb01", "verdict")[-1] == "split_brain", "the split found again by lb01"
            )
        pair.await_verdict("steady")
        told_on = values(pair, "lb01", "verdict")
        assert told_on.count("split_brain") == 2
        first = told_on.index("split_brain")
        assert told_on[first + 1] is None
        assert told_on[-1] == "steady"
        assert values(pair, "lb02", "agent", peer="lb01")[-1] == "up"
        whole = history(pair, "lb01")
        assert whole["to"] - whole["from"] == pytest.approx(HOUR)
        for each in whole["lanes"]:
            spans = each["spans"]
            assert (spans[0][0], spans[-1][1]) == (whole["from"], whole["to"])
            assert all(one[1] == two[0] and one[2] != two[2] for one, two in pairwise(spans))
        for node in ("lb01", "lb02"):
            assert TOKEN not in pair.lab.agent(node).log()
            assert TOKEN not in pair.journal(node).read_text()
