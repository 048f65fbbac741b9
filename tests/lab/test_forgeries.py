"""Live: what one host on the LAN, without the peer key, can make the agents of a real pair say by forging.

Heavier ones of the kind: tests/integration/test_forgeries.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from deploy.lab import Topology, conf, frames
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

LAN = Topology()
PAIR = LAN.routers
QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.2}
"""A disturber is forgotten after ten Master_Down_Intervals: seven seconds here."""
MALLORY, HIS_MAC = LAN.ipv4("client"), LAN.mac("client")


def forged(**fields: Any) -> bytes:
    """An advertisement for our VIP that the client's host makes up, by default in its own name."""
    usual = {"vrid": 51, "priority": 100, "vips": (conf.VIP,), "interval": QUICK["advert_int"]}
    return frames.vrrp3(**{**usual, "source": MALLORY, "source_mac": HIS_MAC, **fields})


def must_be_well_again(pair: Scene) -> None:
    """The forger is silent: lb01 holds the VIP alone, every agent says that all is well, and blames nobody."""
    pair.lab.truth.wait_owner(conf.VIP, "lb01")
    pair.await_verdict("steady")
    pair.must_warn_of()


def must_never_have_blamed(pair: Scene, cause: str) -> None:
    """No agent said this of anybody."""
    for node in pair.watched:
        told = {each for blamed in pair.blamed(node) for each in blamed.causes}
        assert not any(each.startswith(cause) for each in told), pair.account()


def test_a_forged_higher_priority_that_both_obey_is_a_conflict_by_address_and_mac_and_no_move() -> None:
    with scene(LAN, **QUICK) as pair:
        pair.settle()
        with pair.lab.outsiders.send("client", [forged(priority=255)], period=0.1):
            pair.await_verdict("conflict")
            for node in PAIR:
                told = pair.must_know("foreign_router", on=node, saying="nobody answers for it")
                assert told["node"] == MALLORY
                assert HIS_MAC in told["summary"]
            pair.look_on(2.0)
        must_be_well_again(pair)
        pair.must_have_said("steady conflict steady")
        must_never_have_blamed(pair, "vip_removed")
