"""Live: where VRRP is lost, named on the node that it is lost on, by the agents of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.lab import Fault, Hook, Topology, conf, frames
from tests.lab.scene import Scene, scene
from tests.lab.test_partitions import CONFIGS as CABLES

pytestmark = pytest.mark.lab

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = {"lb01", "lb02"}
WIRED = Topology(wire=True)
LINK_DOWN = "heartbeat_link_down@lb01 heartbeat_link_down@lb02"


def must_split_for(pair: Scene, fault: Fault, *causes: str, also: str = "", left: str = "") -> None:
    """Both nodes hold while the fault lasts, both agents name its cause, and all is well after it.

    `left` is what may be left behind, truly.
    """
    with fault:
        pair.lab.truth.wait_holders(pair.vips[0], BOTH)
        pair.await_verdict("split_brain")
        pair.must_blame(*causes, also=also)
        pair.look_on(2)
        pair.must_blame(*causes, also=also)
    pair.lab.truth.wait_owner(pair.vips[0], "lb01")
    pair.await_verdict("steady")
    pair.must_blame(also=left)


@contextmanager
def settled(topology: Topology | None = None, **fields: Any) -> Iterator[Scene]:
    """A pair at peace, of which nobody thinks ill."""
    with scene(topology, **{**QUICK, **fields}) as pair:
        pair.settle()
        pair.must_blame()
        yield pair


# --- in the host --------------------------------------------------------------------------------------


@pytest.mark.parametrize("interval", [0.1, 1])
def test_a_filter_is_named_whatever_the_interval(interval: float) -> None:
    with settled(advert_int=interval) as pair:
        must_split_for(pair, pair.lab.firewall.drop_vrrp_inbound("lb02"), "vrrp_blocked_inbound@lb02")


def test_a_filter_at_prerouting_is_named() -> None:
    with settled() as pair:
        fault = pair.lab.firewall.drop_vrrp_inbound("lb02", hook=Hook.PREROUTING)
        must_split_for(pair, fault, "vrrp_blocked_inbound@lb02")


def test_a_filter_before_a_virtual_mac_is_named() -> None:
    with settled(use_vmac=True) as pair:
        must_split_for(pair, pair.lab.firewall.drop_vrrp_inbound("lb02"), "vrrp_blocked_inbound@lb02")


def test_a_filter_of_authentication_headers_is_named() -> None:
    with settled(version=2, advert_int=1, auth_type="AH", auth_pass="secret") as pair:
        fault = pair.lab.firewall.drop("lb02", hook=Hook.INPUT, match="ip protocol ah")
        # The owner may throw the yielding node's last words away, by their AH sequence numbers, and announce nothing.
        must_split_for(pair, fault, "vrrp_blocked_inbound@lb02", left="stale_arp@lb01")


def test_a_filter_of_ipv6_is_named() -> None:
    vips = (f"{conf.VIP6}/64",)
    confs = conf.pair(Topology(), vips=vips, **QUICK)
    with scene(confs=confs, vips=(conf.VIP6,), advert_int=QUICK["advert_int"]) as pair:
        pair.settle()
        fault = pair.lab.firewall.drop("lb02", hook=Hook.INPUT, match="ip6 nexthdr 112")
        must_split_for(pair, fault, "vrrp_blocked_inbound@lb02")


def test_a_filter_on_the_way_out_of_a_unicast_master_is_named() -> None:
    with settled(unicast=True) as pair:
        must_split_for(pair, pair.lab.firewall.drop_vrrp_outbound("lb01"), "vrrp_blocked_outbound@lb01")


def test_a_strict_reverse_path_filter_where_the_way_back_is_another_is_named() -> None:
    with scene(WIRED, agent_config=CABLES, **QUICK) as pair:
        pair.settle()
        node, peer = pair.lab.node("lb02"), WIRED.ipv4("lb01")
        node.run(["ip", "route", "add", f"{peer}/32", "dev", "eth2", "src", WIRED.ipv4("lb02")])
        pair.look_on()
        pair.must_blame()
        node.sysctl("net.ipv4.conf.eth0.rp_filter", 1)
        loosen = Fault("strict", lambda: node.sysctl("net.ipv4.conf.eth0.rp_filter", 0))
        # Whatever comes by the LAN from lb01 is dropped on lb02: the link over it is down, too.
        must_split_for(pair, loosen, "rp_filter@lb02", also=LINK_DOWN)


def test_a_keepalived_whose_socket_has_left_the_group_is_named() -> None:
    with settled() as pair:
        must_split_for(pair, pair.lab.keepalived("lb02").leave_group(), "multicast_membership_lost@lb02")


# --- between the nodes --------------------------------------------------------------------------------


def test_a_switch_that_forwards_no_multicast_of_vrrp_is_named_where_it_does_not_arrive() -> None:
    with settled() as pair:
        must_split_for(pair, pair.lab.firewall.lose_vrrp("lb01", "lb02"), "multicast_not_delivered@lb02")


def test_a_switch_that_forwards_no_multicast_of_vrrp_at_all_is_named_on_both() -> None:
    with settled() as pair, pair.lab.firewall.lose_vrrp("lb02", "lb01"):
        fault = pair.lab.firewall.lose_vrrp("lb01", "lb02")
        with fault:
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            # The master can miss the standby's advertisements only once there are any.
            pair.must_warn_of("multicast_not_delivered@lb01", "multicast_not_delivered@lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        # The owner never heard the loser, and so announces nothing when that one yields.
        pair.must_blame(also="stale_arp@lb01")


def test_what_is_lost_on_the_way_to_one_of_two_unicast_peers_is_a_one_way_loss() -> None:
    with settled(unicast=True) as pair:
        must_split_for(pair, pair.lab.firewall.lose_vrrp("lb01", "lb02"), "one_way_loss@lb02")


def test_a_lan_that_loses_one_direction_is_named_by_both_over_another_link() -> None:
    with scene(WIRED, agent_config=CABLES, **QUICK) as pair:
        pair.settle()
        must_split_for(pair, pair.lab.firewall.lose("lb01", "lb02"), "one_way_loss@lb02", also=LINK_DOWN)


def test_a_divided_lan_is_a_partition_for_both_over_another_link() -> None:
    with scene(WIRED, agent_config=CABLES, **QUICK) as pair:
        pair.settle()
        must_split_for(
            pair, pair.lab.firewall.partition(("lb01",), ("lb02",)), "partition@lb02", also=LINK_DOWN
        )


# --- what comes back ----------------------------------------------------------------------------------


def test_advertisements_that_the_network_gives_back_are_a_loop() -> None:
    with settled() as pair:
        with pair.lab.firewall.reflect("lb01"):
            pair.must_warn_of("looped_frames@lb01")
            assert "come back" in pair.must_know("looped_frames", on="lb02")["summary"]
        pair.must_warn_of()
        pair.must_have_said("steady")


def test_another_host_with_the_masters_address_is_told_from_a_loop() -> None:
    plan = Topology()
    with settled() as pair:
        frame = frames.vrrp3(
            vrid=51,
            priority=150,
            vips=(conf.VIP,),
            interval=QUICK["advert_int"],
            source=plan.ipv4("lb01"),
            source_mac=plan.mac("client"),
        )
        with pair.lab.outsiders.send("client", [frame]):
            pair.must_warn_of("looped_frames@lb01")
            assert plan.mac("client") in pair.must_know("looped_frames", on="lb02")["summary"]
        pair.must_warn_of()
        pair.must_have_said("steady")
