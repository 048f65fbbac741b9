"""Live: a split that is ended from a shell, while the phone in the terminal shows what people are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.lab import LabError, conf
from deploy.lab.actions import ACTIONS, LAB_ACTIONS
from deploy.lab.waiting import wait_until
from tests.lab.scene import HANG_GUARD, Scene, scene

pytestmark = pytest.mark.lab

BOTH = ("lb01", "lb02")


def sh(pair: Scene, node: str, *words: str) -> str:
    """What `hawatch` prints on a node."""
    return pair.lab.agent(node).command(*words)


def status(pair: Scene, node: str) -> dict[str, Any]:
    found: dict[str, Any] = pair.lab.agent(node).status()
    return found


def the_incident(pair: Scene, node: str, wanted: str) -> dict[str, Any]:
    """The only incident of a node, once it is in this state and goes by the same name on both."""

    def look() -> dict[str, Any] | None:
        names = set()
        for each in BOTH:
            found = json.loads(sh(pair, each, "incidents", "--json"))
            names |= {incident["id"] for incident in found if incident["verdict"] == "split_brain"}
        if len(names) != 1:
            return None
        incident: dict[str, Any] = json.loads(sh(pair, node, "incidents", *names, "--json"))
        return incident if incident["state"] == wanted else None

    return wait_until(look, what=f"one incident, {wanted} on {node}", timeout=HANG_GUARD)


def on_the_menu(pair: Scene, name: str, action: str, node: str) -> str:
    """The number of an action on lb01's menu, once it is there."""

    def look() -> str | None:
        for each in json.loads(sh(pair, "lb01", "act", name, "--json")):
            if (each["action"], each["node"]) == (action, node):
                return str(each["number"])
        return None

    return wait_until(look, what=f"{action} on {node} on the menu of {name}", timeout=HANG_GUARD)


def test_a_split_is_ended_from_a_shell_and_redundancy_restored() -> None:
    with scene(version=3, advert_int=0.3, start_agents=False) as pair:
        for node in BOTH:
            pair.lab.node(node).write(ACTIONS, LAB_ACTIONS)
        pair.lab.start_agents()
        pair.settle()
        assert sh(pair, "lb01", "test-message", "oncall").split()[-1] == "delivered"
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.await_verdict("split_brain")
            name = the_incident(pair, "lb01", "open")["id"]
            number = on_the_menu(pair, name, "stop-keepalived", "lb02")
            with pytest.raises(LabError, match="say --yes"):
                sh(pair, "lb01", "act", name, number)
            told = sh(pair, "lb01", "act", name, number, "--yes", "--as", "anna").splitlines()
            assert told[0] == "stop-keepalived on lb02: asked for"
            assert told[1].startswith("stop-keepalived on lb02: done")
            pair.lab.truth.wait_owner(conf.VIP, "lb01")
            pair.must_warn_of("keepalived_dead@lb02", also="vrrp_blocked_inbound@lb02")
        back = on_the_menu(pair, name, "start-keepalived", "lb02")
        assert (
            sh(pair, "lb01", "act", name, back, "--yes")
            .splitlines()[-1]
            .startswith("start-keepalived on lb02: done")
        )
        pair.await_verdict("steady")
        over = the_incident(pair, "lb02", "resolved")
        assert over["id"] == name
        done = [each["text"] for each in over["timeline"] if each["kind"] == "acted"]
        assert [text.partition(":")[0] for text in done] == [
            "stop-keepalived on lb02",
            "start-keepalived on lb02",
        ]
        times = [each["time"] for each in over["timeline"]]
        assert times == sorted(times)
        assert "SPLIT BRAIN" in sh(pair, "lb02", "phone", "--once")


def test_maintenance_that_is_said_on_one_node_holds_on_both() -> None:
    with scene(version=3, advert_int=0.3) as pair:
        pair.settle()
        sh(pair, "lb02", "maintenance", "30m", "--reason", "kernel update")

        def seen(node: str) -> bool | None:
            return (
                True if (status(pair, node)["maintenance"] or {}).get("reason") == "kernel update" else None
            )

        for node in BOTH:
            wait_until(lambda node=node: seen(node), what=f"maintenance on {node}", timeout=HANG_GUARD)  # type: ignore[misc]
            assert "hawatch_maintenance{" in pair.lab.agent(node).get("/metrics")
            assert "(maintenance until " in pair.lab.agent(node).get("/api/v1/check")
            assert sh(pair, node, "maintenance").partition(", by ")[2].startswith("hawatch: kernel update")
        sh(pair, "lb01", "maintenance", "end")

        def over() -> bool | None:
            return True if status(pair, "lb02")["maintenance"] is None else None

        wait_until(over, what="the end of the maintenance on lb02", timeout=HANG_GUARD)
