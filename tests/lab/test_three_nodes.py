"""Live: three nodes of one virtual router, and a member that nobody listed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploy.lab import Topology, conf
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
THREE = Topology(routers=("lb01", "lb02", "lb03"))
OTHERS = ("lb02", "lb03")


def listing(*listed: str) -> dict[str, str]:
    """hawatch.toml for each of these nodes, in which the others of them are its peers."""
    return {
        node: "".join(
            f'[[peer]]\nname = "{other}"\n[[peer.link]]\nname = "lan"\nremote = "{THREE.ipv4(other)}"\n'
            for other in listed
            if other != node
        )
        for node in listed
    }


ALL_LISTED = listing(*THREE.routers)


def test_a_dead_standby_of_three_is_a_finding_beside_steady() -> None:
    with scene(THREE, agent_config=ALL_LISTED, **QUICK) as trio:
        trio.settle()
        trio.must_blame()
        trio.lab.keepalived("lb03").stop()
        trio.must_warn_of("keepalived_dead@lb03")
        trio.lab.keepalived("lb03").start()
        trio.must_warn_of()
        trio.must_have_said("steady")


def test_a_standby_of_three_whose_tracked_interface_fails_is_a_finding_beside_steady() -> None:
    plan = replace(THREE, second_lan=True)
    with scene(plan, agent_config=ALL_LISTED, track_interfaces=("eth1",), **QUICK) as trio:
        trio.settle()
        with trio.lab.wires.cut("lb03", device="eth1"):
            trio.must_warn_of("standby_fault@lb03", "link_down@lb03")
        trio.must_warn_of()
        trio.must_have_said("steady")


def test_the_owner_of_three_cut_off_leaves_an_owner_with_a_standby() -> None:
    with scene(THREE, agent_config=ALL_LISTED, **QUICK) as trio:
        trio.settle()
        with trio.lab.wires.cut("lb01"):
            trio.lab.truth.wait_owner(conf.VIP, "lb02")
            trio.await_verdict("isolated", on=["lb01"])
            trio.must_have_said("steady failover steady", on=OTHERS)
            trio.must_warn_of("peer_unreachable@lb01", on=OTHERS)
            trio.must_warn_of("link_down@lb01", on=["lb01"])
        trio.lab.truth.wait_owner(conf.VIP, "lb01")
        trio.await_verdict("steady")
        # its first echo may come before its first report
        trio.must_have_said("steady failover steady degraded? steady? failback steady", on=OTHERS)
        trio.must_have_said("steady isolated steady failback steady", on=["lb01"])
        trio.must_blame()


def test_the_owner_of_three_stopped_hands_over_to_the_next_in_rank() -> None:
    with scene(THREE, agent_config=ALL_LISTED, **QUICK) as trio:
        trio.settle()
        trio.lab.keepalived("lb01").stop()
        trio.lab.truth.wait_owner(conf.VIP, "lb02")
        trio.must_have_said("steady switchover steady")
        trio.must_warn_of("keepalived_dead@lb01")
        trio.lab.keepalived("lb01").start()
        trio.lab.truth.wait_owner(conf.VIP, "lb01")
        trio.must_have_said("steady switchover steady failback steady")
        trio.must_blame()


def test_a_split_of_two_is_seen_by_the_third_as_well() -> None:
    with scene(THREE, agent_config=ALL_LISTED, **QUICK) as trio:
        trio.settle()
        with trio.lab.firewall.drop_vrrp_inbound("lb02"):
            trio.lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
            trio.await_verdict("split_brain")
            trio.must_blame("vrrp_blocked_inbound@lb02")
        trio.lab.truth.wait_owner(conf.VIP, "lb01")
        trio.must_have_said("steady split_brain steady")
        trio.must_blame()


def test_a_third_member_that_nobody_listed_is_information() -> None:
    confs = conf.pair(THREE, priorities=(150, 100, 200), **QUICK)
    third = {"lb03": confs.pop("lb03")}
    known = ("lb01", "lb02")
    with scene(THREE, confs=confs, agents=known, agent_config=listing(*known), advert_int=0.3) as pair:
        pair.settle()
        pair.lab.start_keepalived(third)
        pair.lab.truth.wait_owner(conf.VIP, "lb03")
        for node in known:
            finding = pair.must_know("peer_unverified", on=node)
            assert (finding["node"], finding["severity"]) == (THREE.ipv4("lb03"), "info")
            assert "not listed" in finding["summary"]
        pair.must_have_said("steady failback steady")
        assert all(pair.lab.agent(node).status()["severity"] == "ok" for node in known)
        pair.lab.keepalived("lb03").stop()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady failback steady switchover steady")
        pair.must_blame()


def test_a_cut_between_owner_and_standby_is_a_split_proved_on_all_three_by_the_word_of_the_third() -> None:
    with scene(THREE, agent_config=ALL_LISTED, **QUICK) as trio:
        trio.settle()
        with trio.lab.firewall.partition(("lb01",), ("lb02",)):
            must_all_prove_the_split(trio, "lb01", "lb02")
        trio.lab.truth.wait_owner(conf.VIP, "lb01")
        trio.await_verdict("steady")
        trio.must_warn_of()


def must_all_prove_the_split(trio: Scene, *cut: str) -> None:
    """Two nodes that do not reach each other both own; the third hears both, and passes on what they say."""
    trio.lab.truth.wait_holders(conf.VIP, set(cut))
    trio.await_verdict("split_brain")
    split = trio.lab.truth.overlaps(conf.VIP)[-1].start
    for node in THREE.routers:
        said = trio.said(node)[-1]
        print(f"{'-'.join(cut)} {node}: {said.rule} {said.time - split:.3f} s after the second owner")
    # The cause comes later than the proof: a report of each other has to be missed first.
    trio.must_warn_of(f"partition@{cut[1]}", also=" ".join(f"heartbeat_link_down@{each}" for each in cut))
