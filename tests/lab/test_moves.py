"""A VIP moves, on purpose or not: what both agents say of a real pair while it happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.lab import KeepalivedConf, ScriptConf, Topology, conf
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

FAST: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = ("lb01", "lb02")
OTHER_VIP = "10.0.0.101"


def tracking(script: ScriptConf) -> dict[str, KeepalivedConf]:
    """A pair whose instances track this script, each its own."""
    instances = conf.pair(Topology(), track_scripts=(script.name,), **FAST)
    return {
        name: KeepalivedConf(instances=(instance,), scripts=(script,)) for name, instance in instances.items()
    }


def test_a_graceful_stop_is_a_switchover_and_the_return_a_failback() -> None:
    with scene(auth_pass="secret") as pair:
        pair.settle()
        pair.lab.keepalived("lb01").stop()
        pair.await_verdict("degraded")
        pair.must_blame("keepalived_dead@lb01")
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady switchover degraded steady failback steady")
        pair.must_blame()


def test_a_graceful_stop_and_the_return_are_the_same_at_a_tenth_of_a_second() -> None:
    with scene(version=3, advert_int=0.1) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").stop()
        pair.await_verdict("degraded")
        pair.must_blame("keepalived_dead@lb01")
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        # it may retake (after 0.34 s) before anybody has looked for its new process (every 0.5 s)
        pair.must_have_said("steady switchover degraded steady? failback steady")
        pair.must_blame()


def test_a_cut_cable_isolates_the_master_and_is_a_failover_for_the_other() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        with pair.lab.wires.cut("lb01"):
            pair.await_verdict("isolated", on=["lb01"])
            pair.await_verdict("degraded", on=["lb02"])
            pair.must_blame("peer_unreachable@lb01", on=["lb02"])
            pair.must_blame("link_down@lb01", on=["lb01"])
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady isolated steady failback steady", on=["lb01"])
        # it retakes a second after its cable is back; the first echo and report may come before or after
        pair.must_have_said("steady failover degraded steady? failback steady", on=["lb02"])
        pair.must_blame()


def test_a_cut_cable_isolates_the_standby_and_leaves_the_master_degraded() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        with pair.lab.wires.cut("lb02"):
            pair.await_verdict("isolated", on=["lb02"])
            pair.await_verdict("degraded", on=["lb01"])
            pair.must_blame("peer_unreachable@lb02", on=["lb01"])
            pair.must_blame("link_down@lb02", on=["lb02"])
        pair.must_have_said("steady degraded steady", on=["lb01"])
        pair.must_have_said("steady isolated steady", on=["lb02"])
        pair.must_blame()


def test_a_standby_that_stops_leaves_the_pair_degraded() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb02").stop()
        pair.await_verdict("degraded")
        pair.must_blame("keepalived_dead@lb02")
        pair.lab.keepalived("lb02").start()
        pair.must_have_said("steady degraded steady")
        pair.must_blame()


def test_a_vip_that_moves_to_and_fro_is_flapping_until_it_is_quiet() -> None:
    with scene(nopreempt=True, **FAST) as pair:
        pair.settle()
        for moves, node in enumerate(("lb01", "lb02"), start=1):
            pair.lab.keepalived(node).stop()
            pair.await_story("steady" + moves * " switchover degraded")
            pair.lab.keepalived(node).start()
            pair.await_story("steady" + moves * " switchover degraded steady")
        pair.lab.keepalived("lb01").stop()
        pair.await_verdict("flapping")
        pair.lab.keepalived("lb01").start()
        assert pair.lab.truth.wait_owner(conf.VIP, "lb02")
        pair.must_have_said("steady switchover degraded steady switchover degraded steady flapping steady")
        pair.must_blame()


def test_a_node_that_does_not_preempt_comes_back_as_a_standby() -> None:
    with scene(nopreempt=True, **FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").stop()
        pair.await_verdict("degraded")
        pair.must_blame("keepalived_dead@lb01")
        pair.lab.keepalived("lb01").start()
        pair.await_verdict("steady")
        pair.look_on(3.0)
        pair.must_blame()
        assert pair.lab.truth.holders(conf.VIP) == {"lb02"}
        pair.must_have_said("steady switchover degraded steady")


def test_a_delayed_preemption_is_a_failback_when_it_comes() -> None:
    with scene(preempt_delay=3, **FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").stop()
        pair.await_verdict("degraded")
        returned = pair.lab.now()
        pair.lab.keepalived("lb01").start()
        assert pair.lab.truth.wait_owner(conf.VIP, "lb01") - returned > 3
        pair.must_have_said("steady switchover degraded steady failback steady")
        pair.must_blame()


def test_a_fault_of_a_tracked_interface_is_a_switchover_with_its_cause() -> None:
    with scene(Topology(second_lan=True), track_interfaces=("eth1",), **FAST) as pair:
        pair.settle()
        with pair.lab.wires.cut("lb01", device="eth1"):
            pair.await_verdict("degraded")
            pair.must_blame("link_down@lb01", "tracked_fault@lb01")
            assert "interface eth1" in pair.must_know("tracked_fault", on="lb02")["summary"]
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady switchover degraded failback steady")
        pair.must_blame()


def test_a_fault_of_a_tracked_interface_on_the_standby_is_told_though_keepalived_says_nothing() -> None:
    with scene(Topology(second_lan=True), track_interfaces=("eth1",), **FAST) as pair:
        pair.settle()
        with pair.lab.wires.cut("lb02", device="eth1"):
            pair.await_verdict("degraded")
            pair.must_blame("link_down@lb02", "standby_fault@lb02")
        pair.must_have_said("steady degraded steady")
        pair.must_blame()


def test_a_weighted_script_that_fails_is_a_switchover_and_leaves_a_standby() -> None:
    with scene(confs=tracking(ScriptConf(weight=-60)), **FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").mark_unhealthy()
        pair.await_story("steady switchover steady")
        pair.must_blame("tracked_fault@lb01")
        finding = pair.must_know("tracked_fault", on="lb02")
        assert "priority 90, down from 150: the tracked script check (weight -60)" in finding["summary"]
        pair.lab.keepalived("lb01").mark_healthy()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady switchover steady failback steady")
        pair.must_blame()


def test_a_script_that_fails_without_a_weight_is_a_switchover_to_the_last_ready_node() -> None:
    with scene(confs=tracking(ScriptConf()), **FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").mark_unhealthy()
        pair.await_verdict("degraded")
        pair.must_blame("tracked_fault@lb01")
        assert "the tracked script check has failed" in pair.must_know("tracked_fault", on="lb02")["summary"]
        pair.lab.keepalived("lb01").mark_healthy()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady switchover degraded failback steady")
        pair.must_blame()


@contextmanager
def sync_group() -> Iterator[Scene]:
    """VI_1 and VI_2 stand and fall together; VI_2 tracks eth1."""
    plan = Topology(second_lan=True)
    first = conf.pair(plan, name="VI_1", vrid=51, **FAST)
    other = conf.pair(
        plan, name="VI_2", vrid=52, vips=(f"{OTHER_VIP}/24",), track_interfaces=("eth1",), **FAST
    )
    confs = {
        name: KeepalivedConf(instances=(first[name], other[name]), sync_groups={"G": ("VI_1", "VI_2")})
        for name in plan.routers
    }
    with scene(plan, confs=confs, vips=(conf.VIP, OTHER_VIP), **FAST) as pair:
        pair.settle()
        yield pair


def test_a_vip_that_somebody_takes_from_a_sync_group_is_told_where_he_took_it() -> None:
    with sync_group() as pair:
        pair.lab.node("lb01").remove_address(f"{OTHER_VIP}/24")
        pair.must_warn_of("vip_removed@lb01", instance="VI_2")
        for vip in pair.vips:
            pair.lab.truth.wait_owner(vip, "lb01")
        assert not [told for told in pair.blamed("lb01", "VI_1") if "vip_removed@lb01" in told.causes]


def test_a_sync_group_moves_as_one_when_one_member_faults() -> None:
    with sync_group() as pair:
        with pair.lab.wires.cut("lb01", device="eth1"):
            for instance in ("VI_1", "VI_2"):
                pair.await_verdict("degraded", instance=instance)
            pair.must_blame("link_down@lb01", "tracked_fault@lb01", instance="VI_2")
            pair.must_blame("tracked_fault@lb01", instance="VI_1")
            assert "follows VI_2" in pair.must_know("tracked_fault", on="lb02")["summary"]
        for vip in pair.vips:
            pair.lab.truth.wait_owner(vip, "lb01")
        for instance in ("VI_1", "VI_2"):
            pair.must_have_said("steady switchover degraded failback steady", instance=instance)
            pair.must_blame(instance=instance)


def test_a_vip_deleted_by_hand_comes_back_and_only_its_cause_is_told() -> None:
    with scene(auth_pass="secret") as pair:
        pair.settle()
        pair.lab.node("lb01").remove_address(f"{conf.VIP}/24")
        pair.lab.truth.wait_nobody(conf.VIP)
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_warn_of("vip_removed@lb01")
        pair.must_have_said("steady")


def test_a_vip_added_by_hand_on_the_standby_is_a_split_until_it_is_taken_away() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.lab.node("lb02").add_address(f"{conf.VIP}/24")
        pair.await_verdict("split_brain")
        pair.must_blame("stale_vip@lb02")
        pair.lab.node("lb02").remove_address(f"{conf.VIP}/24")
        assert pair.overlaps()
        pair.must_have_said("steady split_brain steady")
        pair.must_blame()


def test_a_vip_added_by_hand_where_no_keepalived_runs_is_degraded() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb02").stop()
        pair.await_verdict("degraded")
        pair.lab.keepalived("lb01").stop()
        pair.await_verdict("no_owner")
        pair.lab.node("lb02").add_address(f"{conf.VIP}/24")
        pair.await_verdict("degraded")
        pair.must_blame("keepalived_dead@lb01", "keepalived_dead@lb02", "vip_without_master@lb02")
        pair.lab.keepalived("lb02").start()  # it removes what it finds, and takes over in its own time
        pair.lab.keepalived("lb02").wait_state("VI_1", "MASTER")
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady degraded no_owner switchover degraded steady failback steady")
        pair.must_blame()


def test_both_daemons_stopped_leaves_no_owner() -> None:
    with scene(auth_pass="secret") as pair:
        pair.settle()
        pair.lab.keepalived("lb02").stop()
        pair.await_verdict("degraded")
        pair.lab.keepalived("lb01").stop()
        pair.await_verdict("no_owner")
        pair.must_blame("keepalived_dead@lb01", "keepalived_dead@lb02")
        pair.lab.start_keepalived(pair.confs)
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady degraded no_owner steady")
        pair.must_blame()


def test_two_hosts_started_at_once_find_one_owner() -> None:
    with scene(start_keepalived=False, start_agents=False, state="MASTER", **FAST) as pair:
        for name in BOTH:
            pair.lab.helper(name).start()
            pair.lab.agent(name).start()
        pair.lab.start_keepalived(pair.confs)
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("indeterminate steady")
        pair.must_blame()
