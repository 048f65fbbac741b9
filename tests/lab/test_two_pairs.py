"""Live: two pairs on one LAN whose administrators chose one VRID, before and after each pair has a group of its own.

The second state is that of deploy/keepalived/mcast-group.conf and docs/guide-nginx-pair.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from deploy.lab import InstanceConf, KeepalivedConf, Topology
from tests.lab.scene import HANG_GUARD, Scene, scene

pytestmark = pytest.mark.lab

FOUR = Topology(routers=("lb01", "lb02", "lb03", "lb04"))
WEB, SHOP = ("lb01", "lb02"), ("lb03", "lb04")
WEB_VIP, SHOP_VIP = "10.0.0.100", "10.0.0.150"
QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.2}
"""A disturber is forgotten after ten Master_Down_Intervals: seven seconds here."""


def a_pair(nodes: tuple[str, str], vip: str, group: str | None) -> dict[str, KeepalivedConf]:
    """Two nodes with VRID 51 and a VIP, in a group of their own or in that of everybody."""
    first = InstanceConf(priority=150, vips=(f"{vip}/24",), **QUICK)
    instances = (first, replace(first, priority=100))
    return {
        node: KeepalivedConf(instances=(instance,), mcast_group4=group)
        for node, instance in zip(nodes, instances, strict=True)
    }


def change(pair: Scene, confs: Mapping[str, KeepalivedConf]) -> None:
    """Write these configurations and have them read, on all nodes within one advertisement interval."""
    for node, conf in confs.items():
        pair.lab.keepalived(node).write_conf(conf)
    for node in confs:
        pair.lab.keepalived(node).reload()


def test_two_pairs_with_one_vrid_disturb_each_other_until_each_has_a_group_of_its_own() -> None:
    with scene(FOUR, confs=a_pair(WEB, WEB_VIP, None), agents=WEB, advert_int=QUICK["advert_int"]) as pair:
        pair.settle()
        pair.lab.start_keepalived(a_pair(SHOP, SHOP_VIP, None))
        pair.await_verdict("conflict")
        pair.must_blame(f"foreign_router@{FOUR.ipv4('lb03')}")
        for node in WEB:
            remedy = pair.must_know("foreign_router", on=node)["remedy"]
            assert "vrrp_mcast_group4" in remedy
            assert "virtual_router_id" in remedy

        change(pair, a_pair(WEB, WEB_VIP, "224.0.0.151") | a_pair(SHOP, SHOP_VIP, "224.0.0.152"))
        for vip, owner in ((WEB_VIP, "lb01"), (SHOP_VIP, "lb03")):
            pair.lab.truth.wait_owner(vip, owner, timeout=HANG_GUARD)
        pair.await_verdict("steady")
        pair.forget()
        pair.look_on(3.0)
        pair.must_have_said("steady")
        pair.must_blame()
        for node in WEB:
            status = pair.lab.agent(node).status()
            assert status["severity"] == "ok"
            assert status["virtual_routers"][0]["findings"] == []
