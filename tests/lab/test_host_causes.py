"""Live: what a host does to its keepalived and to its VIPs, done to a real pair, and the cause on both agents."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.lab import Topology, conf
from deploy.lab.node import Node
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

FAST: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = {"lb01", "lb02"}


# --- a host that stands still, or has no time -----------------------------------------------------


@contextmanager
def standing_still(pair: Scene, node: str) -> Iterator[None]:
    """All of a node's processes stop and go on, as in the snapshot of a virtual machine."""
    agent, helper, keepalived = pair.lab.agent(node), pair.lab.helper(node), pair.lab.keepalived(node)
    agent.freeze()
    helper.freeze()
    keepalived.freeze()
    try:
        yield
    finally:
        keepalived.thaw()
        helper.thaw()
        agent.thaw()


@pytest.mark.parametrize("kernel_stops", [False, True], ids=["processes", "virtual machine"])
def test_a_host_that_stood_still_is_named_when_it_goes_on(kernel_stops: bool) -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.must_blame()
        # a paused machine answers neither ARP nor echo, while the kernel of stopped processes does
        silenced = ["lb02", "gateway", "client"] if kernel_stops else []
        with standing_still(pair, "lb01"), pair.lab.firewall.partition(["lb01"], silenced):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("degraded" if kernel_stops else "split_brain", on=["lb02"])
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_warn_of(
            "host_paused@lb01", on=["lb01"]
        )  # which slept through it all, and has said nothing new
        pair.must_blame("host_paused@lb01", on=["lb02"])
        finding = pair.must_know("host_paused", on="lb02")
        assert finding["severity"] == "warning"
        assert "stood still for" in finding["summary"]


@contextmanager
def starved(pids: list[int], *, share: float) -> Iterator[None]:
    """These processes, and a hog beside them, get this share of one processor together, in slices a second apart."""
    group = Path("/sys/fs/cgroup/cpu/hawatch-lab")
    if not group.parent.is_dir():
        pytest.skip("the cpu controller of cgroup v1 is not mounted: nobody can be starved here")
    group.mkdir()
    try:
        (group / "cpu.cfs_period_us").write_text("1000000")
        (group / "cpu.cfs_quota_us").write_text(str(int(share * 1_000_000)))
        for pid in pids:
            (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        for left in (group / "cgroup.procs").read_text().split():
            (group.parent / "cgroup.procs").write_text(left)
        group.rmdir()


def test_a_keepalived_without_processor_time_is_named_on_both_agents() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.must_blame()
        hog = pair.lab.node("lb01").popen(["sh", "-c", "while :; do :; done"], name="hog")
        keepalived = pair.lab.keepalived("lb01")
        pids = [keepalived.parent, keepalived.child, pair.lab.agent("lb01").pid, hog.pid]
        with starved([pid for pid in pids if pid], share=0.003):
            time.sleep(5)
        hog.kill()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_warn_of("keepalived_starved@lb01", also="host_paused@lb01")  # its agent starved, too


# --- a network that begins after the host ---------------------------------------------------------


def port_state(pair: Scene, node: str, state: str) -> None:
    """What a switch with a spanning tree does with a port; `forwarding` in the end."""
    port = pair.lab.topology.port(node)
    pair.lab.switch.run(["bridge", "link", "set", "dev", port, "state", state])


def test_a_master_made_by_a_port_that_does_not_forward_yet_is_a_boot_race() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb02").stop()
        pair.await_verdict("degraded")
        port_state(pair, "lb02", "learning")
        pair.lab.keepalived("lb02").start()
        pair.lab.truth.wait_holders(conf.VIP, BOTH)
        time.sleep(1)
        port_state(pair, "lb02", "forwarding")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_blame("boot_race@lb02")


def test_a_master_made_by_a_link_that_carries_nothing_yet_is_a_boot_race() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        with pair.lab.wires.cut("lb02"):
            pair.await_verdict("isolated", on=["lb02"])
            # the kernel's bridge forwards on every port that gets its link, so a filter stands for the spanning tree
            not_yet = pair.lab.firewall.partition(["lb02"], ["lb01", "gateway", "client"])
        pair.lab.truth.wait_holders(conf.VIP, BOTH)
        time.sleep(1)
        not_yet.heal()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_blame("boot_race@lb02")


# --- VIPs that come and go without keepalived -----------------------------------------------------


def test_a_vip_that_is_taken_from_a_master_that_would_not_preempt_moves_with_its_cause() -> None:
    with scene(nopreempt=True, **FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").stop()
        pair.await_verdict("degraded")
        pair.lab.keepalived("lb01").start()
        pair.settle(owner="lb02")
        pair.lab.node("lb02").remove_address(f"{conf.VIP}/24")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_blame("vip_removed@lb02")


def test_no_stop_no_reload_and_no_failback_is_taken_for_a_vip_that_somebody_removed() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").reload()
        pair.lab.keepalived("lb02").reload()
        pair.look_on(2.5)
        pair.must_blame()
        pair.lab.keepalived("lb01").stop()
        pair.lab.truth.wait_owner(conf.VIP, "lb02")
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.look_on(2.5)
        pair.must_blame()


# --- clients that believe the loser ---------------------------------------------------------------


def cached_mac(pair: Scene) -> str:
    """To whom the client would send what is for the VIP."""
    words = pair.lab.node("client").run(["ip", "neigh", "show", conf.VIP]).stdout.split()
    return words[words.index("lladdr") + 1]


def test_a_winner_that_never_heard_of_the_split_leaves_clients_with_the_loser() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.lab.node("client").run(["ping", "-c", "1", conf.VIP])
        latent = pair.lab.firewall.drop_vrrp_inbound("lb01")
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            time.sleep(6.5)  # the loser announces again 5 s after it took over
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        latent.heal()
        pair.await_verdict("steady")
        pair.must_blame("stale_arp@lb01")
        assert cached_mac(pair) == pair.lab.node("lb02").mac()
        assert pair.must_know("stale_arp", on="lb02")["severity"] == "critical"
        pair.lab.node("lb01").run(["arping", "-U", "-c", "1", "-I", "eth0", "-s", conf.VIP, conf.VIP])
        pair.must_forget("stale_arp", on="lb01")
        pair.must_blame()


@contextmanager
def no_announcements(node: Node) -> Iterator[None]:
    """Broadcast ARP leaves this node no more, whoever sends it."""
    rules = (
        "add table netdev mute\n"
        'add chain netdev mute out { type filter hook egress device "eth0" priority 0; }\n'
        "add rule netdev mute out ether type arp ether daddr ff:ff:ff:ff:ff:ff drop\n"
    )
    node.run(["nft", "-f", "-"], stdin=rules)
    yield
    node.run(["nft", "delete", "table", "netdev", "mute"])


def test_a_new_owner_whose_announcements_are_dropped_leaves_clients_with_the_old_one() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.lab.node("client").run(["ping", "-c", "1", conf.VIP])
        with no_announcements(pair.lab.node("lb02")):
            pair.lab.keepalived("lb01").stop()
            pair.await_verdict("degraded")
            pair.must_blame("stale_arp@lb02", "keepalived_dead@lb01")
            assert cached_mac(pair) == pair.lab.node("lb01").mac()


# --- a host that goes down ------------------------------------------------------------------------


def test_a_host_that_said_that_it_goes_down_is_not_called_unreachable() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        systemd_says(pair.lab.node("lb01"), "stopping")
        pair.lab.agent("lb01").stop()
        pair.lab.keepalived("lb01").stop()
        pair.lab.wires.cut("lb01")
        pair.await_verdict("degraded", on=["lb02"])
        pair.must_warn_of("node_down@lb01", on=["lb02"])


def systemd_says(node: Node, state: str) -> None:
    """A stand-in for systemctl that answers that the host is in this state; a lab has no systemd to bring down."""
    node.write("/run/systemctl", f"#!/bin/sh\necho {state}\n")
    node.path("/run/systemctl").chmod(0o755)
    node.run(["mount", "--bind", "/run/systemctl", "/usr/bin/systemctl"])


# --- what the pair serves and asks ----------------------------------------------------------------


SERVICE = """
[[service]]
name = "web"
tcp = "10.0.0.100:8080"
on = "owner"
"""


def test_a_service_that_is_down_where_the_vip_is_is_named_on_that_node() -> None:
    with scene(agent_config=SERVICE, **FAST) as pair:
        pair.settle()
        pair.must_warn_of("service_down@lb01")


def test_a_reference_that_goes_away_is_information_while_the_peer_answers() -> None:
    with scene(Topology(), **FAST) as pair:
        pair.settle()
        with pair.lab.wires.cut("gateway"):
            for node in BOTH:
                assert pair.must_know("reference_down", on=node)["severity"] == "info"
            pair.must_blame()
        for node in BOTH:
            pair.must_forget("reference_down", on=node)
        pair.must_have_said("steady")


def test_another_host_that_answers_for_the_vip_is_named_by_its_mac() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        with pair.lab.outsiders.answer_for("client", [conf.VIP]):
            pair.lab.keepalived("lb02").reload()
            pair.await_verdict("conflict")
            pair.must_blame(f"address_claimed@{pair.lab.node('client').mac()}")
