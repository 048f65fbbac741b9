"""Live: what becomes of a real split on both agents, while people answer and an agent is killed in the middle."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.lab import LabError, conf
from deploy.lab.waiting import wait_until
from tests.lab.scene import HANG_GUARD, OF_THE_MACHINE, Scene, fits, scene

pytestmark = pytest.mark.lab

FAST: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = ("lb01", "lb02")


def incidents(pair: Scene, node: str) -> list[dict[str, Any]]:
    """Those of a node that a machine with many labs on it has not made."""
    found: list[dict[str, Any]] = json.loads(pair.lab.agent(node).command("incidents", "--json"))
    return [each for each in found if each["verdict"] != "steady" or set(each["causes"]) - OF_THE_MACHINE]


def await_incident(pair: Scene, node: str, state: str) -> dict[str, Any]:
    """The one incident of a node, in this state."""

    def look() -> dict[str, Any] | None:
        try:
            found = incidents(pair, node)
        except LabError:  # it has just been started
            return None
        assert len(found) <= 1, found
        return found[0] if found and found[0]["state"] == state else None

    return wait_until(look, what=f"an incident on {node}, {state}", timeout=HANG_GUARD)


def await_in_status(pair: Scene, node: str, name: str) -> None:
    """Wait until the picture names the incident, which is drawn after it is stored."""

    def look() -> bool | None:
        routers = pair.lab.agent(node).status()["virtual_routers"]
        return True if [router["incident"] for router in routers] == [name] else None

    wait_until(look, what=f"{name} in the status of {node}", timeout=HANG_GUARD)


def open_count(pair: Scene, node: str) -> int:
    (line,) = [
        each
        for each in pair.lab.agent(node).get("/metrics").splitlines()
        if each.startswith("hawatch_incidents_open{")
    ]
    return int(float(line.rpartition(" ")[2]))


def await_open_count(pair: Scene, node: str) -> None:
    """Wait until the metric counts what the shell lists as not resolved, a busy machine's own incidents too."""

    def look() -> bool | None:
        listed: list[dict[str, Any]] = json.loads(pair.lab.agent(node).command("incidents", "--json"))
        standing = sum(each["state"] != "resolved" for each in listed)
        return True if open_count(pair, node) == standing else None

    wait_until(look, what=f"the count of open incidents on {node}", timeout=HANG_GUARD)


def test_a_split_is_one_incident_on_each_agent_through_an_answer_and_a_kill_to_its_end() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        assert [incidents(pair, node) for node in BOTH] == [[], []]
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.await_verdict("split_brain")
            opened = {node: await_incident(pair, node, "open") for node in BOTH}
            must_share_a_name(pair)
            name = incidents(pair, "lb01")[0]["id"]
            for node in BOTH:
                assert (opened[node]["verdict"], opened[node]["severity"]) == ("split_brain", "critical")
                await_in_status(pair, node, name)
                assert open_count(pair, node) >= 1
                await_open_count(pair, node)
            pair.must_blame("vrrp_blocked_inbound@lb02")
            answered = pair.lab.agent("lb01").command("ack", name, "--as", "anna")
            assert answered.startswith(f"{name}: acknowledged by anna")
            kill_and_start_again(pair, "lb01")
            found = await_incident(pair, "lb01", "acknowledged")
            assert found["id"] == name
            await_incident(pair, "lb02", "acknowledged")
            pair.await_verdict("split_brain")
            pair.must_warn_of("vrrp_blocked_inbound@lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        over = {node: await_incident(pair, node, "resolved") for node in BOTH}
        assert {over[node]["id"] for node in BOTH} == {name}
        for node in BOTH:
            # The other agent may have noticed that this one was gone for a moment.
            allowed = OF_THE_MACHINE | {"blind@lb01"}
            assert set(over[node]["causes"]) - allowed == {"vrrp_blocked_inbound@lb02"}
        story = "steady? split_brain acknowledged indeterminate split_brain steady resolved"
        must_tell_in_order(over["lb01"], story)
        must_tell_in_order(over["lb02"], "steady? split_brain acknowledged steady resolved")
        told = pair.lab.agent("lb01").command("incidents", name)
        assert "acknowledged  anna" in told
        await_open_count(pair, "lb01")
        with pytest.raises(LabError, match="is resolved already"):
            pair.lab.agent("lb01").command("ack", name)
        assert pair.lab.agent("lb01").state.joinpath("incidents.db").stat().st_mode & 0o777 == 0o640


def test_an_agent_restarted_in_peace_opens_no_incident() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.restart_agent("lb02")
        pair.await_verdict("steady")
        pair.look_on()
        assert [incidents(pair, node) for node in BOTH] == [[], []]


def must_share_a_name(pair: Scene) -> None:
    """Both agents call it the same, once they have told each other."""
    wait_until(
        lambda: True if len({incidents(pair, node)[0]["id"] for node in BOTH}) == 1 else None,
        what="one name on both nodes",
        timeout=HANG_GUARD,
    )


def kill_and_start_again(pair: Scene, node: str) -> None:
    before = len(pair.all_said(node))
    pair.lab.agent(node).kill()
    pair.lab.agent(node).start()
    pair.lab.agent(node).wait_ready()
    wait_until(
        lambda: len(pair.all_said(node)) > before or None, what=f"a word of {node}", timeout=HANG_GUARD
    )


def must_tell_in_order(incident: dict[str, Any], story: str) -> None:
    """The timeline tells these verdicts and deeds in this order, causes left out; times never fall."""
    told = [
        each["text"].split()[1].rstrip(":") if each["kind"] in {"opened", "verdict"} else each["kind"]
        for each in incident["timeline"]
        if each["kind"] not in {"found", "gone", "told"}
    ]
    assert fits(told, story.split()), incident["timeline"]
    times = [each["time"] for each in incident["timeline"]]
    assert times == sorted(times)
