"""Live: further forgeries of one host on the LAN, and what the agents of a real pair say of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.lab import InstanceConf, conf, frames
from tests.lab.scene import scene
from tests.lab.test_forgeries import HIS_MAC, LAN, QUICK, forged, must_be_well_again, must_never_have_blamed

pytestmark = pytest.mark.integration


def test_a_recording_of_the_standby_is_a_conflict_by_the_forgers_mac_and_no_split() -> None:
    with scene(LAN, **QUICK) as pair:
        pair.settle()
        recording = forged(source=LAN.ipv4("lb02"), priority=100)
        with pair.lab.outsiders.send("client", [recording], period=0.1):
            pair.await_verdict("conflict", on=["lb01"])
            assert "lb02" in pair.must_know("foreign_router", on="lb01", saying=HIS_MAC)["summary"]
            pair.must_know("looped_frames", on="lb02")
            pair.look_on(2.0)
        must_be_well_again(pair)
        pair.must_have_said("steady conflict steady", on=["lb01"])
        pair.must_have_said("steady", on=["lb02"])


def test_a_forged_higher_priority_in_the_standbys_name_is_blamed_on_the_forgers_mac_and_on_no_hand() -> None:
    """The owner gives way to it, the standby takes over in truth, and the owner comes back once it is over."""
    with scene(LAN, **QUICK) as pair:
        pair.settle()
        loud = forged(source=LAN.ipv4("lb02"), priority=255)
        with pair.lab.outsiders.send("client", [loud], period=0.1):
            pair.await_verdict("conflict", on=["lb01"])
            pair.must_know("foreign_router", on="lb01", saying=HIS_MAC)
            pair.lab.truth.wait_owner(conf.VIP, "lb02")
            pair.must_know("looped_frames", on="lb02")
            pair.look_on(2.0)
        must_be_well_again(pair)
        pair.must_have_said("steady conflict steady", on=["lb01"])
        pair.must_have_said("steady failover steady? failback steady", on=["lb02"])
        must_never_have_blamed(pair, "vip_removed")


def pair_of(owner: int, standby: int) -> dict[str, InstanceConf]:
    """Both nodes' configurations with these priorities: the higher the standby's, the sooner it obeys a priority 0."""
    of = conf.pair(LAN, **QUICK)
    return {"lb01": replace(of["lb01"], priority=owner), "lb02": replace(of["lb02"], priority=standby)}


def resigning_for_lb01() -> bytes:
    """A priority 0 in the owner's name, from the client's card."""
    return forged(source=LAN.ipv4("lb01"), priority=0)


def test_a_forged_priority_0_that_the_owner_contradicts_in_time_is_a_doubled_address_and_no_move() -> None:
    with scene(LAN, confs=pair_of(owner=150, standby=1), **QUICK) as pair:
        pair.settle()
        with pair.lab.outsiders.send("client", [resigning_for_lb01()], period=1.0):
            pair.must_know("looped_frames", on="lb01")
            pair.look_on(3.0)
        must_be_well_again(pair)
        assert pair.lab.truth.history(conf.VIP)[-1].nodes == {"lb01"}
        for node in pair.watched:
            assert {"split_brain", "failover", "switchover", "no_owner"}.isdisjoint(pair.verdicts(node))


def test_a_forged_priority_0_that_the_standby_obeys_is_told_as_moves_at_most_and_blamed_on_his_card() -> None:
    """The standby waits for a 40th of an interval, takes the VIP, and gives it back a moment later."""
    with scene(LAN, confs=pair_of(owner=254, standby=250), **QUICK) as pair:
        pair.settle()
        with pair.lab.outsiders.send("client", [resigning_for_lb01()], period=1.0):
            for node in pair.watched:
                pair.must_know("looped_frames", on=node, saying=HIS_MAC)
            pair.look_on(3.0)
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        assert any("lb02" in span.nodes for span in pair.lab.truth.history(conf.VIP))
        pair.look_on()
        for node in pair.watched:
            assert {"steady", "switchover", "failback", "flapping"}.issuperset(pair.verdicts(node))


def test_gratuitous_arp_for_the_vip_alone_is_neither_a_split_nor_an_outage_nor_a_move() -> None:
    with scene(LAN, **QUICK) as pair:
        pair.settle()
        announcement = frames.gratuitous_arp(address=conf.VIP, mac=HIS_MAC)
        with pair.lab.outsiders.send("client", [announcement], period=0.1):
            pair.look_on(3.0)
        must_be_well_again(pair)
        pair.must_have_said("steady")
