"""Live: what one host on the LAN, without the peer key, can make the agents of a real pair say by forging."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.lab import Topology, conf, frames
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

LAN = Topology()
QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.2}
"""A disturber is forgotten after ten Master_Down_Intervals: seven seconds here."""
HIS_MAC = LAN.mac("client")


def forged(**fields: Any) -> bytes:
    """An advertisement for our VIP that the client's host makes up, by default in its own name."""
    usual = {"vrid": 51, "priority": 100, "vips": (conf.VIP,), "interval": QUICK["advert_int"]}
    return frames.vrrp3(**{**usual, "source": LAN.ipv4("client"), "source_mac": HIS_MAC, **fields})


def must_be_well_again(pair: Scene, owner: str = "lb01") -> None:
    """The forger is silent: the owner holds the VIP alone, and every agent says that all is well."""
    pair.lab.truth.wait_owner(conf.VIP, owner)
    pair.await_verdict("steady")


def said_split(pair: Scene, node: str) -> bool:
    return "split_brain" in pair.verdicts(node)


def test_a_replayed_recording_of_the_standby_is_told_by_the_forgers_mac_and_never_as_a_split() -> None:
    with scene(LAN, **QUICK) as pair:
        pair.settle()
        recording = forged(source=LAN.ipv4("lb02"), priority=100)
        with pair.lab.outsiders.send("client", [recording], period=0.1):
            pair.await_verdict("conflict", on=["lb01"])
            assert "lb02" in pair.must_know("foreign_router", on="lb01", saying=HIS_MAC)["summary"]
            pair.must_know("looped_frames", on="lb02")
            pair.look_on(3.0)
        must_be_well_again(pair)
        assert pair.verdicts("lb01") == ["steady", "conflict", "steady"], pair.account()
        assert not said_split(pair, "lb02")


def test_a_forged_priority_0_in_the_owners_name_moves_nothing_that_is_told_as_a_move() -> None:
    with scene(LAN, **QUICK) as pair:
        pair.settle()
        resignation = forged(source=LAN.ipv4("lb01"), priority=0)
        with pair.lab.outsiders.send("client", [resignation], period=1.0):
            pair.must_know("looped_frames", on="lb01")
            pair.look_on(3.0)
        must_be_well_again(pair)
        print(pair.account())


def test_a_forged_higher_priority_is_told_with_its_senders_address_and_passes() -> None:
    with scene(LAN, **QUICK) as pair:
        pair.settle()
        with pair.lab.outsiders.send("client", [forged(priority=255)], period=0.1):
            pair.look_on(4.0)
        must_be_well_again(pair)
        print(pair.account())


def test_a_forged_higher_priority_in_the_standbys_name_passes() -> None:
    with scene(LAN, **QUICK) as pair:
        pair.settle()
        loud = forged(source=LAN.ipv4("lb02"), priority=255)
        with pair.lab.outsiders.send("client", [loud], period=0.1):
            pair.look_on(4.0)
        must_be_well_again(pair)
        print(pair.account())


def test_arp_spoofing_of_the_vip_is_a_conflict_that_names_the_mac_and_no_split() -> None:
    with scene(LAN, **QUICK) as pair:
        pair.settle()
        announcement = frames.gratuitous_arp(address=conf.VIP, mac=HIS_MAC)
        with pair.lab.outsiders.send("client", [announcement], period=0.1):
            pair.look_on(3.0)
        must_be_well_again(pair)
        print(pair.account())
