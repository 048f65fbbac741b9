"""Live: pairs of other kinds than two nodes with one IPv4 VIP on VRRP's own device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.lab import Addressing, InstanceConf, KeepalivedConf, Lab, LabError, Topology, conf
from tests.lab.scene import HANG_GUARD, Scene, scene

pytestmark = pytest.mark.lab

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = {"lb01", "lb02"}
SECOND_VIP = "10.0.0.101"
VIP_ON_SECOND_LAN = "10.0.1.100"

MOVED = "steady switchover steady? degraded steady? failback steady"
"""A returning standby is ready for a Master_Down_Interval before it takes the VIP back."""
MOVED_AND_SPLIT = f"{MOVED} split_brain steady"


@contextmanager
def quick_scene(vips: tuple[str, ...], topology: Topology | None = None, **fields: Any) -> Iterator[Scene]:
    """A settled pair with these VIPs, each as keepalived takes it; `fields` are further ones of InstanceConf."""
    topology = topology or Topology()
    confs = conf.pair(topology, vips=vips, **QUICK, **fields)
    watched = (*vips, *fields.get("excluded_vips", ()))
    bare = tuple(vip.split()[0].partition("/")[0] for vip in watched)
    with scene(topology, confs=confs, vips=bare, advert_int=QUICK["advert_int"]) as pair:
        pair.settle()
        yield pair


def move_there_and_back(pair: Scene) -> None:
    """Stop keepalived on the owner in order, and start it again."""
    pair.lab.keepalived("lb01").stop()
    pair.lab.truth.wait_owner(pair.vips[0], "lb02")
    pair.await_verdict("degraded")
    pair.must_blame("keepalived_dead@lb01")
    pair.lab.keepalived("lb01").start()
    pair.lab.truth.wait_owner(pair.vips[0], "lb01")
    pair.await_verdict("steady")
    pair.must_blame()


def split_and_heal(pair: Scene) -> None:
    """Drop VRRP inbound on the backup, and let it through again."""
    with pair.lab.firewall.drop_vrrp_inbound("lb02"):
        pair.lab.truth.wait_holders(pair.vips[0], BOTH)
        pair.await_verdict("split_brain")
        pair.must_blame("vrrp_blocked_inbound@lb02")
    pair.lab.truth.wait_owner(pair.vips[0], "lb01")
    pair.await_verdict("steady")
    pair.must_blame()


# --- VMAC -----------------------------------------------------------------------------------------


def test_a_vmac_pair_moves_and_splits_like_any_other() -> None:
    with quick_scene((f"{conf.VIP}/24",), use_vmac=True) as pair:
        move_there_and_back(pair)
        split_and_heal(pair)
        pair.must_have_said(MOVED_AND_SPLIT)


def test_a_vmac_split_shows_in_the_number_of_answers_although_they_bear_one_mac() -> None:
    with scene(use_vmac=True, agents=("lb02",), **QUICK) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").kill_both()
        pair.lab.truth.wait_holders(conf.VIP, BOTH)
        pair.await_verdict("split_brain")
        assert pair.said("lb02")[-1].rule == "SB2-answers"
        pair.must_blame()  # what became of keepalived on lb01 is seen there alone
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady? failback? steady")


# --- IPv6 -----------------------------------------------------------------------------------------


def test_ipv6_vips_on_a_dual_stack_pair() -> None:
    with quick_scene((f"{conf.VIP6}/64",)) as pair:
        move_there_and_back(pair)
        split_and_heal(pair)
        pair.must_have_said(MOVED_AND_SPLIT)


def test_a_pair_with_nothing_but_ipv6_and_link_local_sources() -> None:
    topology = Topology(addressing=Addressing.LINK_LOCAL)
    with quick_scene(("fe80::100/64", f"{conf.VIP6}/64"), topology) as pair:
        move_there_and_back(pair)
        split_and_heal(pair)
        pair.must_have_said(MOVED_AND_SPLIT)


def test_an_ipv4_and_an_ipv6_instance_with_one_vrid_are_two_virtual_routers() -> None:
    topology = Topology()
    four = conf.pair(topology, name="VI_4", **QUICK)
    six = conf.pair(topology, name="VI_6", vips=(f"{conf.VIP6}/64",), **QUICK)
    confs = {node: KeepalivedConf(instances=(four[node], six[node])) for node in topology.routers}
    vips = (conf.VIP, conf.VIP6)
    with scene(topology, confs=confs, vips=vips, instance="VI_4", advert_int=QUICK["advert_int"]) as pair:
        pair.settle()
        pair.await_verdict("steady", instance="VI_6")
        pair.lab.keepalived("lb01").stop()
        for instance in ("VI_4", "VI_6"):
            pair.await_verdict("degraded", instance=instance)
            pair.must_blame("keepalived_dead@lb01", instance=instance)
        pair.lab.keepalived("lb01").start()
        for vip, instance in zip(vips, ("VI_4", "VI_6"), strict=True):
            pair.lab.truth.wait_owner(vip, "lb01")
            pair.await_verdict("steady", instance=instance)
            pair.must_have_said(MOVED, instance=instance)


# --- where the VIPs are ---------------------------------------------------------------------------


def test_a_vip_on_another_device_than_vrrps() -> None:
    with quick_scene((f"{VIP_ON_SECOND_LAN}/24 dev eth1",), Topology(second_lan=True)) as pair:
        move_there_and_back(pair)
        split_and_heal(pair)
        pair.must_have_said(MOVED_AND_SPLIT)


def test_a_stale_vip_on_another_device_is_proved_by_probes_on_that_device() -> None:
    topology = Topology(second_lan=True)
    confs = conf.pair(topology, vips=(f"{VIP_ON_SECOND_LAN}/24 dev eth1",), **QUICK)
    vips = (VIP_ON_SECOND_LAN,)
    with scene(topology, confs=confs, vips=vips, agents=("lb02",), advert_int=QUICK["advert_int"]) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").kill_both()
        pair.lab.truth.wait_holders(VIP_ON_SECOND_LAN, BOTH)
        pair.await_verdict("split_brain")
        pair.must_blame()  # what became of keepalived on lb01 is seen there alone
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(VIP_ON_SECOND_LAN, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady? failback? steady")


def test_excluded_vips_are_watched_though_no_advertisement_names_them() -> None:
    excluded = (f"{SECOND_VIP}/24", f"{conf.VIP6}/64")
    with quick_scene((f"{conf.VIP}/24",), excluded_vips=excluded) as pair:
        move_there_and_back(pair)
        split_and_heal(pair)
        pair.must_have_said(MOVED_AND_SPLIT)
        pair.forget()
        with_hand = pair.lab.node("lb02")
        with_hand.add_address(f"{SECOND_VIP}/24")
        pair.await_verdict("split_brain")
        pair.must_blame("stale_vip@lb02")
        with_hand.remove_address(f"{SECOND_VIP}/24")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady")


def test_an_instance_without_vips_is_owned_by_its_advertiser() -> None:
    topology = Topology()
    confs = {
        node: without_vips(instance) for node, instance in conf.pair(topology, vips=(), advert_int=1).items()
    }
    with scene(
        topology, confs=confs
    ) as pair:  # the address that the scripts move is known to the truth alone
        pair.settle()
        move_there_and_back(pair)
        split_and_heal(pair)
        pair.must_have_said(MOVED_AND_SPLIT)


def without_vips(instance: InstanceConf) -> KeepalivedConf:
    """keepalived moves no address itself; its scripts do, as those do that call a cloud's interface."""
    take = f'"/sbin/ip address replace {conf.VIP}/24 dev eth0"'
    give = f'"/sbin/ip address flush to {conf.VIP} dev eth0"'
    lines = (f"notify_master {take}", f"notify_backup {give}", f"notify_stop {give}")
    moved = InstanceConf(name=instance.name, priority=instance.priority, vips=(), extra=lines)
    return KeepalivedConf(instances=(moved,))


@pytest.mark.parametrize("kind", ["vlan", "bond"])
def test_vrrp_and_its_vips_on_a_device_made_of_another(kind: str) -> None:
    topology = Topology()
    confs = conf.pair(topology, interface="eth0.7" if kind == "vlan" else "bond0", **QUICK)
    quick = QUICK["advert_int"]
    with scene(topology, confs=confs, advert_int=quick, start_keepalived=False, start_agents=False) as pair:
        for number, node in enumerate(topology.routers, start=11):
            try:
                stack_device(pair.lab, node, kind, number)
            except LabError as error:
                if "Unknown device type" in str(error):
                    pytest.skip(f"this kernel has no {kind} devices")
                raise
        pair.lab.start_keepalived(confs)
        pair.lab.start_agents()
        pair.settle()
        move_there_and_back(pair)
        split_and_heal(pair)
        pair.must_have_said(MOVED_AND_SPLIT)


def stack_device(lab: Lab, node: str, kind: str, number: int) -> None:
    """Put VLAN 7 on a node's cable, or make the cable the one leg of a bond."""
    words = {
        "vlan": [
            "link add link eth0 name eth0.7 type vlan id 7",
            "link set eth0.7 up",
            f"address add 10.0.7.{number}/24 dev eth0.7",
        ],
        "bond": [
            "link add bond0 type bond mode active-backup miimon 100",
            "link set eth0 down",
            "link set eth0 master bond0",
            "link set bond0 up",
            f"address add 10.0.0.{number}/24 dev bond0",
            f"route add default via {lab.topology.ipv4('gateway')} dev bond0",
        ],
    }[kind]
    for line in words:
        lab.node(node).run(["ip", *line.split()])


# --- several instances ----------------------------------------------------------------------------


def dual_master(topology: Topology) -> dict[str, KeepalivedConf]:
    """VI_1 belongs on lb01, VI_2 on lb02: each node is the other's standby."""
    first = conf.pair(topology, name="VI_1", vrid=51, **QUICK)
    second = conf.pair(
        topology, name="VI_2", vrid=52, vips=(f"{SECOND_VIP}/24",), priorities=(100, 150), **QUICK
    )
    return {node: KeepalivedConf(instances=(first[node], second[node])) for node in topology.routers}


@contextmanager
def dual_master_scene() -> Iterator[Scene]:
    """Each node owns its own before anybody looks."""
    topology = Topology()
    confs = dual_master(topology)
    with scene(topology, confs=confs, start_agents=False, advert_int=QUICK["advert_int"]) as pair:
        pair.lab.truth.wait_owner(SECOND_VIP, "lb02", timeout=HANG_GUARD)
        pair.lab.start_agents()
        pair.await_verdict("steady", instance="VI_2")
        pair.settle()
        yield pair


def test_of_two_instances_only_those_of_the_stopped_node_move() -> None:
    with dual_master_scene() as pair:
        pair.lab.keepalived("lb02").stop()
        pair.lab.truth.wait_owner(SECOND_VIP, "lb01")
        pair.await_verdict("degraded")
        pair.await_verdict("degraded", instance="VI_2")
        for instance in ("VI_1", "VI_2"):
            pair.must_blame("keepalived_dead@lb02", instance=instance)
        pair.lab.keepalived("lb02").start()
        pair.lab.truth.wait_owner(SECOND_VIP, "lb02")
        pair.await_verdict("steady")
        pair.await_verdict("steady", instance="VI_2")
        pair.must_have_said("steady degraded steady", instance="VI_1")
        pair.must_have_said(MOVED, instance="VI_2")


def test_of_two_instances_only_the_one_whose_backup_is_deaf_splits() -> None:
    with dual_master_scene() as pair:
        split_and_heal(pair)
        pair.must_have_said("steady split_brain steady", instance="VI_1")
        pair.must_have_said("steady", instance="VI_2")
        pair.must_blame(instance="VI_2")
