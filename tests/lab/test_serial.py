"""Live: a serial cable of 9600 baud between the nodes, with the LAN beside it or in pieces."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.lab import Topology, conf
from deploy.lab.serial_cable import DEVICE, SerialCable
from deploy.lab.waiting import wait_until
from tests.lab.scene import HANG_GUARD, Scene, scene

pytestmark = pytest.mark.lab

BAUD = 9600
CABLE_AND_LAN = """
[[peer]]
name = "{peer}"
[[peer.link]]
name = "lan"
remote = "10.0.0.{there}"
[[peer.link]]
name = "serial"
device = "{device}"
baud = {baud}
"""
BOTH = {"lb01", "lb02"}
ONE, OTHER = ("lb01",), ("lb02",)
DOWN_AT_BOTH = "heartbeat_link_down@lb01 heartbeat_link_down@lb02"
HEADROOM = 1.0
"""Seconds for which a small machine with other labs on it may hold up what would have come in time."""


SECOND_LAN = """[[peer.link]]
name = "second"
remote = "10.0.1.{there}"
"""


def link_config(peer: str, there: int, *, more: str = "") -> str:
    """hawatch.toml of the node that knows the other one by LAN and cable, and by what `more` adds."""
    text = CABLE_AND_LAN + more
    return text.format(peer=peer, there=there, device=DEVICE, baud=BAUD)


@contextlib.contextmanager
def cabled(
    *, topology: Topology | None = None, more: str = "", **common: Any
) -> Iterator[tuple[Scene, SerialCable]]:
    """A pair with agents that know a LAN and a cable, when both carry."""
    configs = {
        "lb01": link_config("lb02", 12, more=more),
        "lb02": link_config("lb01", 11, more=more),
    }
    with scene(topology, agent_config=configs, start_agents=False, version=3, **common) as pair:
        ends = {name: pair.lab.node(name).path(DEVICE) for name in pair.watched}
        with SerialCable(ends, baud=BAUD, uid=pair.lab.agent("lb01").identity.uid) as cable:
            pair.lab.start_agents(*pair.watched)
            pair.settle()
            for name in pair.watched:
                await_link(pair, name, "serial", "up")
            yield pair, cable


def await_link(pair: Scene, node: str, name: str, state: str) -> dict[str, Any]:
    """Wait until the status of a node shows its link in this state."""

    def look() -> dict[str, Any] | None:
        links = [link for peer in pair.lab.agent(node).status()["peers"] for link in peer["links"]]
        return next((link for link in links if (link["name"], link["state"]) == (name, state)), None)

    return wait_until(look, what=f"{name} {state} on {node}", timeout=HANG_GUARD)


def test_a_partition_with_the_cable_left_is_a_split_proved_on_both_nodes_within_two_intervals() -> None:
    with cabled(advert_int=1) as (pair, _cable):
        with pair.lab.firewall.partition(ONE, OTHER):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            pair.must_warn_of("partition@lb02", also=DOWN_AT_BOTH)
            for node in sorted(BOTH):
                await_link(pair, node, "lan", "down")
                pair.must_know("heartbeat_link_down", on=node)
        (overlap,) = pair.overlaps()
        for node in sorted(BOTH):
            split = next(said for said in pair.said(node) if said.verdict == "split_brain")
            late = split.time - overlap.start
            print(f"{node}: split_brain by {split.rule} {late:.3f} s after the second owner")
            assert split.rule == "SB1-overlap"
            assert 0 < late <= 2 * pair.interval + HEADROOM
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain failback? steady")


def test_a_cable_with_one_wire_cut_or_an_end_unplugged_is_a_finding_and_no_verdict() -> None:
    with cabled(advert_int=0.3) as (pair, cable):
        with cable.cut_from("lb01"):
            told = {node: pair.must_know("heartbeat_link_down", on=node)["summary"] for node in BOTH}
            assert "hears nothing over" in told["lb01"]
            assert "hears nothing over" not in told["lb02"]
        for node in BOTH:
            pair.must_forget("heartbeat_link_down", on=node)
        with cable.unplug("lb02"):
            assert DEVICE in pair.must_know("heartbeat_link_down", on="lb02")["summary"]
        pair.must_forget("heartbeat_link_down", on="lb02")
        assert await_link(pair, "lb02", "serial", "up")["rtt_seconds"] > 0.1
        pair.must_have_said("steady")
