"""Live: what lies between the nodes loses one direction, delivers twice, answers for everything, or is restarted."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from deploy.lab import conf
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = {"lb01", "lb02"}


def crash_keepalived(pair: Scene, node: str) -> None:
    """Kill keepalived at once and take away the VIP that it leaves behind: the other node takes over after T."""
    pair.lab.keepalived(node).kill_both()
    pair.lab.node(node).remove_address(f"{conf.VIP}/24")


# --- one direction alone ------------------------------------------------------------------------------


def test_advertisements_lost_on_their_way_to_the_backup_are_a_split_proved_on_both_nodes() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.lose_vrrp("lb01", "lb02"):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            pair.must_blame("multicast_not_delivered@lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady")
        pair.must_blame()


def test_a_way_for_advertisements_that_the_silent_backup_does_not_need_may_be_broken() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.lose_vrrp("lb02", "lb01"):
            pair.look_on(4)
            pair.must_blame()
        pair.must_have_said("steady")


def test_when_all_is_lost_on_the_way_to_the_backup_the_master_alone_can_prove_the_split() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.lose("lb01", "lb02"):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain", on=("lb01",))
            pair.await_verdict("degraded", on=("lb02",))
            pair.must_blame("one_way_loss@lb02", on=("lb01",))
            pair.look_on(3)
            pair.must_have_said("steady split_brain", on=("lb01",))
            pair.must_have_said("steady failover degraded", on=("lb02",))
            pair.must_blame("one_way_loss@lb02", on=("lb01",))
            # The deaf node cannot know that it is heard: nothing tells it so.
            pair.must_blame("peer_unreachable@lb01", on=("lb02",))
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady", on=("lb01",))
        pair.must_have_said("steady failover degraded split_brain? failback? steady", on=("lb02",))
        pair.must_blame()


def test_when_all_is_lost_on_the_way_to_the_master_it_knows_of_no_standby() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.lose("lb02", "lb01"):
            pair.await_verdict("degraded", on=("lb01",))
            pair.must_blame("peer_unreachable@lb02", on=("lb01",))
            pair.must_warn_of("one_way_loss@lb01", on=("lb02",))
        pair.await_verdict("steady")
        pair.must_have_said("steady degraded steady", on=("lb01",))
        # The master's agent falls silent when its host has forgotten the standby's MAC, which nobody tells it again.
        pair.must_have_said("steady degraded? steady?", on=("lb02",))
        pair.must_blame()


# --- paths that say too much --------------------------------------------------------------------------


def test_a_bridge_that_delivers_everything_twice_proves_nothing_and_hides_no_failover() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        duplicate = pair.lab.firewall.duplicate
        with duplicate("lb01", "lb02"), duplicate("lb02", "lb01"):
            pair.look_on(5)
            pair.must_have_said("steady")
            for node in BOTH:
                assert '"reason":"replayed"' in pair.journal(node).read_text()
            pair.must_blame()
            crash_keepalived(pair, "lb01")
            pair.lab.truth.wait_owner(conf.VIP, "lb02")
            pair.await_verdict("degraded")
            pair.must_blame("keepalived_dead@lb01")
            pair.lab.keepalived("lb01").start()
            pair.lab.truth.wait_owner(conf.VIP, "lb01")
            pair.await_verdict("steady")
        pair.must_have_said("steady failover degraded steady? failback steady")
        pair.must_blame()


def know_each_other(pair: Scene) -> None:
    """Pin the nodes' own MACs, so that the other host diverts no traffic between them: only answers are at stake."""
    plan = pair.lab.topology
    for node, other in (("lb01", "lb02"), ("lb02", "lb01")):
        entry = [plan.ipv4(other), "lladdr", plan.mac(other), "dev", "eth0", "nud", "permanent"]
        pair.lab.node(node).run(["ip", "neighbour", "replace", *entry])


def test_a_host_that_answers_for_every_address_proves_nothing_and_hides_no_failover() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        know_each_other(pair)
        with pair.lab.outsiders.answer_for_everything("client"):
            pair.look_on(5)
            pair.must_have_said("steady")
            pair.must_blame()
            crash_keepalived(pair, "lb01")
            pair.lab.truth.wait_owner(conf.VIP, "lb02")
            pair.await_verdict("degraded")
            pair.must_blame("keepalived_dead@lb01")
            pair.lab.keepalived("lb01").start()
            pair.lab.truth.wait_owner(conf.VIP, "lb01")
            pair.await_verdict("steady")
        pair.must_have_said("steady failover degraded steady? failback steady")


# --- what is rebooted ---------------------------------------------------------------------------------


def test_a_reference_that_reboots_is_information_and_no_verdict() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.wires.cut("gateway"):
            pair.look_on(5)
            for node in BOTH:
                assert pair.must_know("reference_down", on=node)["severity"] == "info"
            pair.must_blame()
        pair.must_have_said("steady")


def test_a_switch_that_reboots_isolates_both_nodes_until_it_is_back() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with ExitStack() as cables:
            for node in ("gateway", "lb02", "lb01"):
                cables.enter_context(pair.lab.wires.cut(node))
            pair.lab.truth.wait_nobody(conf.VIP)
            pair.await_verdict("isolated")
            pair.look_on(3)
            for node, peer in (("lb01", "lb02"), ("lb02", "lb01")):
                # The gateway and the peer are out of reach, too, and each says so of its own sight.
                also = f"peer_unreachable@{peer} reference_down@{node}"
                pair.must_blame(f"link_down@{node}", on=(node,), also=also)
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady isolated steady")
        pair.must_blame()


def test_a_switch_that_forwards_nothing_isolates_both_nodes_which_claim_nothing_of_each_other() -> None:
    with scene(version=3, advert_int=1) as pair:
        pair.settle()
        pair.lab.switch.run(["ip", "link", "set", "dev", "br0", "down"])
        pair.lab.truth.wait_holders(conf.VIP, BOTH)
        pair.await_verdict("isolated")
        pair.look_on(3)
        for node, peer in (("lb01", "lb02"), ("lb02", "lb01")):
            # One that is cut off itself says nothing of its peer, or else no more than that it is out of reach.
            pair.must_blame(f"reference_down@{node}", on=(node,), also=f"peer_unreachable@{peer}")
        pair.lab.switch.run(["ip", "link", "set", "dev", "br0", "up"])
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        # The agents may speak before the first advertisement ends the overlap: then it is proved, at last.
        pair.must_have_said("steady isolated split_brain? steady")
        pair.must_blame()


# --- a unicast pair -----------------------------------------------------------------------------------


def unicast() -> dict[str, Any]:
    return {"unicast": True, **QUICK}


def test_a_unicast_pair_moves_there_and_back_in_order() -> None:
    with scene(**unicast()) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").stop()
        pair.lab.truth.wait_owner(conf.VIP, "lb02")
        pair.await_verdict("degraded")
        pair.must_blame("keepalived_dead@lb01")
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady switchover degraded steady? failback steady")
        pair.must_blame()


def test_a_unicast_master_that_is_killed_and_leaves_nothing_behind_is_a_failover() -> None:
    with scene(**unicast()) as pair:
        pair.settle()
        crash_keepalived(pair, "lb01")
        pair.lab.truth.wait_owner(conf.VIP, "lb02")
        pair.await_verdict("degraded")
        pair.must_blame("keepalived_dead@lb01")
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady failover degraded steady? failback steady")
        pair.must_blame()


def test_a_unicast_master_that_is_killed_and_leaves_its_vip_behind_is_a_split() -> None:
    with scene(**unicast()) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").kill_both()
        pair.lab.truth.wait_holders(conf.VIP, BOTH)
        pair.await_verdict("split_brain")
        pair.must_blame("keepalived_dead@lb01", "stale_vip@lb01")
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain degraded? steady? failback steady")
        pair.must_blame()


def test_a_filter_between_unicast_peers_is_a_split_proved_on_both_nodes() -> None:
    with scene(**unicast()) as pair:
        pair.settle()
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            pair.must_blame("vrrp_blocked_inbound@lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady")
        pair.must_blame()


def test_a_unicast_peer_without_an_agent_tells_by_icmp_that_its_keepalived_is_gone() -> None:
    with scene(agents=("lb01",), **unicast()) as pair:
        pair.settle()
        pair.lab.keepalived("lb02").stop()
        pair.await_verdict("degraded")
        pair.lab.keepalived("lb02").start()
        pair.await_verdict("steady")
        pair.must_have_said("steady degraded steady")
