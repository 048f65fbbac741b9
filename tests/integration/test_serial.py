"""Live: three wires, two of them LANs and one a noisy serial cable, that fail one by one and together."""

from __future__ import annotations

import pytest

from deploy.lab import Topology, conf
from deploy.lab.serial_cable import DEVICE
from tests.lab.test_serial import BOTH, ONE, OTHER, SECOND_LAN, await_link, cabled

pytestmark = pytest.mark.integration

LAN = {"lb01": "10.0.0.11", "lb02": "10.0.0.12"}
NOISE = {"flip": 0.001, "rate": 4.0}


def test_three_wires_fail_one_by_one_and_only_with_the_last_the_truth_is_out_of_reach() -> None:
    with cabled(topology=Topology(second_lan=True), more=SECOND_LAN, advert_int=0.3) as (pair, cable):
        for node in BOTH:
            await_link(pair, node, "second", "up")
        with pair.lab.firewall.partition(ONE, OTHER, devices=("eth1",)), cable.noise(**NOISE):
            for node in BOTH:
                await_link(pair, node, "second", "down")
                pair.must_know("heartbeat_link_down", on=node)
            pair.look_on(5)
            pair.must_have_said("steady")
            with pair.lab.firewall.partition(ONE, OTHER, devices=("eth0",)):
                pair.lab.truth.wait_holders(conf.VIP, BOTH)
                pair.await_verdict("split_brain")
            pair.lab.truth.wait_owner(conf.VIP, "lb01")
            pair.await_verdict("steady")
        pair.must_have_said("steady failover? split_brain_suspected? split_brain failback? steady")
        for node in BOTH:
            await_link(pair, node, "second", "up")
            pair.must_forget("heartbeat_link_down", on=node)
        pair.forget()
        with cable.pull():
            for node in BOTH:
                assert "serial" in pair.must_know("heartbeat_link_down", on=node)["summary"]
            pair.must_have_said("steady")
            with pair.lab.firewall.partition(ONE, OTHER, devices=("eth0", "eth1")):
                pair.lab.truth.wait_holders(conf.VIP, BOTH)
                pair.await_verdict("degraded")
                pair.must_have_said("steady failover degraded", on=OTHER)
                pair.must_have_said("steady degraded", on=ONE)


def test_a_cable_full_of_noise_or_pulled_is_a_finding_and_no_verdict() -> None:
    with cabled(advert_int=0.3) as (pair, cable):
        with cable.noise(flip=0.05, rate=400.0):
            for node in BOTH:
                pair.must_know("heartbeat_link_down", on=node, saying=DEVICE)
            pair.look_on(5)
        for node in BOTH:
            pair.must_forget("heartbeat_link_down", on=node)
        with cable.pull():
            for node in BOTH:
                pair.must_know("heartbeat_link_down", on=node, saying="serial")
        for node in BOTH:
            pair.must_forget("heartbeat_link_down", on=node)
            await_link(pair, node, "serial", "up")
        pair.must_have_said("steady")


def test_another_key_on_the_other_node_is_refused_on_the_cable_as_on_the_lan() -> None:
    with cabled(advert_int=0.3) as (pair, _cable):
        pair.lab.agent("lb02").stop()
        pair.lab.agent("lb02").write_key("another key of the same length")
        pair.lab.agent("lb02").start()
        pair.lab.agent("lb02").wait_ready()
        for node in BOTH:
            there = "lb02" if node == "lb01" else "lb01"
            pair.must_know("blind", on=node, saying=f"reports from {LAN[there]} are refused: wrong key")
            cable = pair.must_know("blind", on=node, saying=f"reports from {DEVICE} are refused: wrong key")
            assert f"on {there}: where the sums differ" in cable["remedy"]
        pair.look_on(3)
        for node in BOTH:
            assert "split_brain" not in pair.verdicts(node)
