"""Live: those who do not belong to the pair, and whether they concern it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from deploy.lab import InstanceConf, Topology, conf, frames
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.2}
"""A disturber is forgotten after ten Master_Down_Intervals: seven seconds here."""
PAIR = ("lb01", "lb02")
FOUR = Topology(routers=("lb01", "lb02", "lb03", "lb04"))
OTHER_VIP = "10.0.0.200"


def other_pair(**fields: Any) -> dict[str, InstanceConf]:
    """A pair beside ours, on lb03 and lb04, with a VIP of its own."""
    one = InstanceConf(name="VI_X", priority=150, vips=(f"{OTHER_VIP}/24",), **QUICK, **fields)
    return {"lb03": one, "lb04": replace(one, priority=100)}


@contextmanager
def two_pairs(**fields: Any) -> Iterator[Scene]:
    """Our pair, with agents, and another beside it, which `fields` of InstanceConf describe."""
    ours = dict(list(conf.pair(Topology(), **QUICK).items()))
    with scene(FOUR, confs=ours, agents=PAIR, advert_int=QUICK["advert_int"]) as pair:
        pair.settle()
        pair.lab.start_keepalived(other_pair(**fields))
        yield pair


def stranger(**fields: Any) -> bytes:
    """An advertisement of a router on the client's host, by default with our VRID and a VIP of its own."""
    host = {"source": FOUR.ipv4("client"), "source_mac": FOUR.mac("client")}
    return frames.vrrp3(
        **{"vrid": 51, "priority": 120, "vips": (OTHER_VIP,), "interval": 1.0, **host, **fields}
    )


# --- what disturbs --------------------------------------------------------------------------------


def test_a_foreign_router_with_our_vrid_is_a_conflict_until_it_has_been_silent_for_long() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.outsiders.send("client", [stranger()]):
            pair.await_verdict("conflict")
            pair.must_blame(f"foreign_router@{FOUR.ipv4('client')}")
        pair.must_have_said("steady conflict steady")
        pair.must_blame()


def test_a_foreign_router_that_mutes_the_master_is_a_conflict_and_no_split() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.outsiders.send("client", [stranger()], period=0.1):
            pair.await_verdict("conflict")
            pair.look_on(3.0)
            pair.must_blame(f"foreign_router@{FOUR.ipv4('client')}")
        pair.must_have_said("steady conflict steady")
        pair.must_blame()


def test_carp_with_the_number_of_our_vrid_is_a_conflict() -> None:
    frame = frames.carp(vhid=51, source=FOUR.ipv4("client"), source_mac=FOUR.mac("client"))
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.outsiders.send("client", [frame]):
            pair.await_verdict("conflict")
            pair.must_blame(f"foreign_router@carp {FOUR.ipv4('client')}")
        pair.must_have_said("steady conflict steady")
        pair.must_blame()


def test_another_pair_with_our_vrid_in_our_group_is_a_conflict() -> None:
    with two_pairs() as pair:
        pair.await_verdict("conflict")
        pair.look_on(3.0)
        pair.must_blame(f"foreign_router@{FOUR.ipv4('lb03')}")
        for node in ("lb03", "lb04"):
            pair.lab.keepalived(node).stop()
        pair.must_have_said("steady conflict steady")
        pair.must_blame()


def test_a_host_that_takes_the_vip_for_itself_is_a_conflict() -> None:
    announcement = frames.gratuitous_arp(address=conf.VIP, mac=FOUR.mac("client"))
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.outsiders.answer_for("client", [conf.VIP]):
            pair.lab.outsiders.send("client", [announcement], count=1)
            pair.await_verdict("conflict")
            pair.must_blame(f"address_claimed@{FOUR.mac('client')}")
            for node in PAIR:
                assert pair.must_know("address_claimed", on=node)["severity"] == "critical"
        pair.must_have_said("steady conflict steady")
        pair.must_blame()


# --- what does not --------------------------------------------------------------------------------


def test_another_pair_with_our_vrid_in_its_own_group_is_information() -> None:
    with two_pairs(mcast_dst_ip="224.0.0.200") as pair:
        pair.lab.truth.wait_owner(OTHER_VIP, "lb03")
        for node in PAIR:
            finding = pair.must_know("foreign_router", on=node)
            assert finding["severity"] == "info"
            assert finding["node"] in {FOUR.ipv4("lb03"), FOUR.ipv4("lb04")}, "whichever spoke first"
        pair.must_have_said("steady")
        pair.must_blame()
        assert all(pair.lab.agent(node).status()["severity"] == "ok" for node in PAIR)


def test_other_pairs_with_other_vrids_concern_nobody() -> None:
    with two_pairs(vrid=77) as pair:
        pair.lab.truth.wait_owner(OTHER_VIP, "lb03")
        strangers = [stranger(vrid=vrid, priority=255) for vrid in (1, 52, 255)]
        with pair.lab.outsiders.send("client", strangers, period=0.2):
            pair.look_on(2.0)
        pair.lab.keepalived("lb03").stop()
        pair.lab.truth.wait_owner(OTHER_VIP, "lb04")
        pair.must_have_said("steady")
        pair.must_blame()
