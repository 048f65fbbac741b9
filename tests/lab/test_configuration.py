"""Live: keepalived.conf changes under a running pair, before and after keepalived has been told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploy.lab import InstanceConf, KeepalivedConf, Topology, conf
from tests.lab.scene import HANG_GUARD, Scene, scene

pytestmark = pytest.mark.lab

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = ("lb01", "lb02")
NEW_VIP = "10.0.0.101"


def plain_pair() -> dict[str, InstanceConf]:
    """One quick instance on each node."""
    return conf.pair(Topology(), **QUICK)


def edit(pair: Scene, confs: dict[str, InstanceConf] | dict[str, KeepalivedConf]) -> None:
    """Write new files, and wait until both agents say of each node that keepalived runs the old one."""
    for node, edited in confs.items():
        pair.lab.keepalived(node).write_conf(edited)
    pair.must_warn_of(*(f"config_not_loaded@{node}" for node in confs))


def reload(pair: Scene) -> None:
    """Tell keepalived on both nodes, and wait until each agent says no more that it runs the old file."""
    for node in BOTH:
        pair.lab.keepalived(node).reload()
    for node in BOTH:
        pair.must_forget("config_not_loaded", on=node)


def instances(pair: Scene, node: str) -> list[str]:
    """The virtual routers in a node's status."""
    return [router["instance"] for router in pair.lab.agent(node).status()["virtual_routers"]]


def test_an_edited_file_is_a_finding_until_keepalived_loads_it_and_changes_no_verdict() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        edit(pair, {"lb01": replace(plain_pair()["lb01"], priority=140, vips=(f"{NEW_VIP}/24",))})
        pair.look_on()
        pair.must_warn_of("config_not_loaded@lb01")
        pair.lab.keepalived("lb01").write_conf(replace(plain_pair()["lb01"], priority=140))
        pair.lab.keepalived("lb01").reload()
        pair.must_forget("config_not_loaded", on="lb01")
        pair.must_have_said("steady")


def test_an_edit_that_is_taken_back_leaves_nothing_to_load() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        edit(pair, {"lb02": replace(plain_pair()["lb02"], priority=200)})
        pair.lab.keepalived("lb02").write_conf(plain_pair()["lb02"])
        pair.must_forget("config_not_loaded", on="lb02")
        pair.must_have_said("steady")


def test_a_reload_that_changes_the_vip_list_is_followed() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        vips = (f"{conf.VIP}/24", f"{NEW_VIP}/24")
        edit(pair, {node: replace(one, vips=vips) for node, one in plain_pair().items()})
        reload(pair)
        pair.lab.truth.wait_owner(NEW_VIP, "lb01", timeout=HANG_GUARD)
        pair.must_have_said("steady")
        pair.vips = (conf.VIP, NEW_VIP)
        pair.lab.node("lb02").add_address(f"{NEW_VIP}/24")
        pair.await_verdict("split_brain")
        pair.must_blame("stale_vip@lb02")
        pair.lab.node("lb02").remove_address(f"{NEW_VIP}/24")
        pair.must_have_said("steady split_brain steady")


def test_a_reload_that_adds_an_instance_and_one_that_takes_it_away_are_followed() -> None:
    first = plain_pair()
    second = conf.pair(Topology(), name="VI_2", vrid=52, vips=(f"{NEW_VIP}/24",), **QUICK)
    with scene(**QUICK) as pair:
        pair.settle()
        edit(pair, {node: KeepalivedConf(instances=(first[node], second[node])) for node in BOTH})
        reload(pair)
        pair.lab.truth.wait_owner(NEW_VIP, "lb01", timeout=HANG_GUARD)
        pair.must_have_said("indeterminate steady", instance="VI_2")
        edit(pair, first)
        reload(pair)
        pair.lab.truth.wait_nobody(NEW_VIP)
        pair.must_have_said("steady")
        assert [instances(pair, node) for node in BOTH] == [["VI_1"], ["VI_1"]]


def test_a_restart_loads_the_file_as_well() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        edit(pair, {"lb02": replace(plain_pair()["lb02"], priority=110)})
        pair.lab.keepalived("lb02").stop()
        pair.await_verdict("degraded")
        pair.lab.keepalived("lb02").start()
        pair.must_forget("config_not_loaded", on="lb02")
        pair.must_have_said("steady degraded steady")
