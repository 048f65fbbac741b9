"""Live: the nodes stop hearing each other while every cable keeps its carrier and the gateway answers both."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.lab import Topology, conf
from tests.lab.scene import scene

pytestmark = pytest.mark.lab

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = {"lb01", "lb02"}
ONE, OTHER = ("lb01",), ("lb02",)
SECOND_WIRE = """
[[peer]]
name = "{peer}"
[[peer.link]]
name = "lan"
local = "10.0.0.{here}"
remote = "10.0.0.{there}"
[[peer.link]]
name = "cable"
local = "eth2"
remote = "10.0.2.{there}"
"""
CONFIGS = {
    "lb01": SECOND_WIRE.format(peer="lb02", here=11, there=12),
    "lb02": SECOND_WIRE.format(peer="lb01", here=12, there=11),
}
SUSPECTED = '[[virtual_router]]\ninstance = "VI_1"\nunreachable_peer = "suspected"\n'


def test_on_one_wire_a_partition_is_a_failover_here_and_degraded_there_and_nobody_suspects_a_split() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.partition(ONE, OTHER):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("degraded")
            pair.look_on(3)
            pair.must_have_said("steady failover degraded", on=OTHER)
            pair.must_have_said("steady degraded", on=ONE)
            for node, peer in (("lb01", "lb02"), ("lb02", "lb01")):
                pair.must_blame(f"peer_unreachable@{peer}", on=(node,))
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        # The agents may speak before the first advertisement ends the overlap: then it is proved, at last.
        pair.must_have_said("steady degraded split_brain? steady", on=ONE)
        pair.must_have_said("steady failover degraded split_brain? failback? steady", on=OTHER)
        pair.must_blame()


def test_where_an_unreachable_peer_is_to_be_suspected_both_nodes_suspect_a_split() -> None:
    with scene(agent_config=SUSPECTED, version=3, advert_int=1) as pair:
        pair.settle()
        with pair.lab.firewall.partition(ONE, OTHER):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain_suspected")
            for node, peer in (("lb01", "lb02"), ("lb02", "lb01")):
                pair.must_blame(f"peer_unreachable@{peer}", on=(node,))
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain_suspected split_brain? steady", on=ONE)
        pair.must_have_said("steady split_brain_suspected split_brain? failback? steady", on=OTHER)
        pair.must_blame()


def test_with_a_second_wire_a_partition_is_a_split_proved_on_both_nodes() -> None:
    with scene(Topology(wire=True), agent_config=CONFIGS, **QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.partition(ONE, OTHER):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            # Each node's link over the divided LAN is down as well.
            pair.must_blame("partition@lb02", also="heartbeat_link_down@lb01 heartbeat_link_down@lb02")
            pair.look_on(3)
            for node in BOTH:
                pair.must_know("heartbeat_link_down", on=node)
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady")
        pair.must_blame()


@pytest.mark.parametrize("watched", ["lb01", "lb02"])
def test_a_second_wire_to_a_node_without_an_agent_gives_a_suspicion_and_no_proof(watched: str) -> None:
    with scene(Topology(wire=True), agents=(watched,), agent_config=CONFIGS, **QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.partition(ONE, OTHER):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain_suspected")
            pair.look_on(3)
            # The other node's silence may be a partition or its own cable: without its agent nobody can tell.
            pair.must_warn_of(f"heartbeat_link_down@{watched}")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady failover? split_brain_suspected failback? steady")
        pair.must_blame()


def test_a_second_wire_that_breaks_alone_is_a_finding_and_no_verdict() -> None:
    with scene(Topology(wire=True), agent_config=CONFIGS, **QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.partition(ONE, OTHER, devices=("eth2",)):
            pair.look_on(5)
            for node in BOTH:
                pair.must_warn_of(f"heartbeat_link_down@{node}", on=(node,))
        pair.must_have_said("steady")
        pair.must_warn_of()
