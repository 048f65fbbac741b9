"""Live: every difference between two real keepalived, named by both agents; on the standby, where ranks decide.

Each is made by an edit of keepalived.conf and a reload on one node, or by what an administrator does to a host.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploy.lab import Addressing, Topology, conf
from deploy.lab.fault import Fault
from tests.lab.another_conf import another_conf
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
WITH_PASSWORD: dict[str, Any] = {"version": 2, "advert_int": 1, "auth_pass": "secret"}
BOTH = {"lb01", "lb02"}
ENDS = {"lb01": "10.0.0.11", "lb02": "10.0.0.12"}
UNICAST: dict[str, Any] = {"unicast": True, **QUICK}


def split_and_blame(pair: Scene, cause: str, *, node: str = "lb02", left: str = "", **fields: Any) -> None:
    """This node's configuration differs: a split, its cause on both agents, and peace when it is taken back.

    `left` is what may be left behind, truly.
    """
    pair.settle()
    pair.must_blame()
    with another_conf(pair, node, **fields):
        pair.lab.truth.wait_holders(conf.VIP, BOTH)
        pair.await_verdict("split_brain")
        pair.must_blame(cause)
        pair.look_on()
        pair.must_blame(cause)
    pair.lab.truth.wait_owner(conf.VIP, "lb01")
    pair.await_verdict("steady")
    pair.must_blame(also=left)


def peace_and_blame(pair: Scene, cause: str, *, node: str = "lb02", **fields: Any) -> None:
    """This node's configuration differs: nothing splits, and yet the cause stands on both agents until it is mended."""
    pair.settle()
    pair.must_blame()
    with another_conf(pair, node, **fields):
        pair.must_warn_of(cause)
        pair.look_on(2 * pair.interval + 1)
        pair.must_warn_of(cause)
    pair.must_warn_of()
    pair.must_have_said("steady")


# --- what splits ----------------------------------------------------------------------------------


SPLITTING: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "password": ("auth_mismatch", WITH_PASSWORD, {"auth_pass": "other"}),
    "no-password": ("auth_mismatch", WITH_PASSWORD, {"auth_pass": None}),
    "auth-type": ("auth_mismatch", WITH_PASSWORD, {"auth_type": "AH"}),
    "ah-key": ("auth_mismatch", {**WITH_PASSWORD, "auth_type": "AH"}, {"auth_pass": "other"}),
    "interval": ("advert_interval_mismatch", WITH_PASSWORD, {"advert_int": 2}),
    "version": ("version_mismatch", {"version": 2, "advert_int": 1}, {"version": 3}),
    "one-vip-more": ("vip_list_mismatch", QUICK, {"vips": (f"{conf.VIP}/24", "10.0.0.101/24")}),
    "vrid": ("vrid_mismatch", QUICK, {"vrid": 52}),
    "group": ("destination_mismatch", QUICK, {"mcast_dst_ip": "224.0.0.81"}),
    "unicast": (
        "destination_mismatch",
        QUICK,
        {"unicast_src_ip": ENDS["lb02"], "unicast_peers": (ENDS["lb01"],)},
    ),
}


@pytest.mark.parametrize("case", SPLITTING)
def test_a_difference_that_splits_is_named_on_both_nodes_and_gone_when_it_is_mended(case: str) -> None:
    cause, common, fields = SPLITTING[case]
    with scene(**common) as pair:
        # An owner that never hears the yielding node (another group or VRID, a count of AH sequence numbers that has
        # run away) announces nothing when it yields: the neighbours may have heard of the loser last.
        unheard = case in {"ah-key", "group", "unicast", "vrid"}
        split_and_blame(pair, f"{cause}@lb02", left="stale_arp@lb01" if unheard else "", **fields)


def test_an_owner_with_the_old_unicast_checksum_is_named_once_both_have_spoken() -> None:
    """keepalived 2.2.7 takes both forms, others do not; the option is not what agents tell each other."""
    topology = Topology()
    confs = conf.pair(topology, **UNICAST)
    confs["lb01"] = replace(confs["lb01"], extra=("old_unicast_checksum",))
    with scene(topology, confs=confs, start_keepalived=False, advert_int=0.3) as pair:
        pair.lab.start_keepalived({"lb02": confs["lb02"]})
        pair.lab.truth.wait_owner(conf.VIP, "lb02")
        pair.look_on()
        pair.lab.start_keepalived({"lb01": confs["lb01"]})
        pair.settle()
        pair.must_warn_of("checksum_form_mismatch@lb02")
        pair.lab.keepalived("lb01").write_conf(replace(confs["lb01"], extra=()))
        pair.lab.keepalived("lb01").reload()
        pair.must_warn_of()


def test_a_difference_on_the_preferred_node_is_said_to_lie_on_the_other_by_both() -> None:
    with scene(**WITH_PASSWORD) as pair:
        pair.settle()
        with another_conf(pair, "lb01", auth_pass="other"):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            pair.must_blame("auth_mismatch@lb02")


@pytest.mark.parametrize("watched", ["lb01", "lb02"])
def test_one_agent_alone_names_the_password_in_a_split_that_mutes(watched: str) -> None:
    other = "lb02" if watched == "lb01" else "lb01"
    with scene(agents=(watched,), **WITH_PASSWORD) as pair:
        pair.settle()
        with another_conf(pair, "lb02", auth_pass="other"):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            lies_on = "lb02" if watched == "lb02" else ENDS[other]
            pair.must_blame(f"auth_mismatch@{lies_on}")
            pair.look_on(4)
            pair.must_blame(f"auth_mismatch@{lies_on}")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_blame()


def test_a_password_rolled_out_node_by_node_leaves_nothing_behind() -> None:
    with scene(**WITH_PASSWORD) as pair:
        pair.settle()
        for node in ("lb02", "lb01"):
            pair.lab.keepalived(node).write_conf(replace(pair.confs[node], auth_pass="newer"))  # type: ignore[type-var]
            pair.lab.keepalived(node).reload()
        pair.look_on(4)
        pair.must_warn_of()
        pair.must_have_said("steady")


# --- what does not split --------------------------------------------------------------------------


def test_a_version_3_interval_is_information() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with another_conf(pair, "lb02", advert_int=0.5):
            for node in BOTH:
                found = pair.must_know("advert_interval_mismatch", on=node)
                assert (found["node"], found["severity"]) == ("lb02", "info")
            pair.must_blame()
        for node in BOTH:
            pair.must_forget("advert_interval_mismatch", on=node)
        pair.must_have_said("steady")


def test_equal_priorities_are_named_in_peace() -> None:
    with scene(**QUICK) as pair:
        peace_and_blame(pair, "equal_priority@lb02", priority=150)


def test_an_option_for_the_checksum_in_one_file_alone_is_named_before_it_ever_speaks() -> None:
    """keepalived 2.2.7 does not know it, and no advertisement of the standby could show that: the finding says so."""
    with scene(**QUICK) as pair:
        peace_and_blame(pair, "checksum_form_mismatch@lb02", extra=("v3_checksum_as_v2",))


def test_an_excluded_vip_on_one_side_alone_is_named_in_peace() -> None:
    with scene(**QUICK) as pair:
        peace_and_blame(pair, "vip_list_mismatch@lb02", excluded_vips=("10.0.0.101/24",))


def test_two_owners_of_the_addresses() -> None:
    with scene(priorities=(255, 100), **QUICK) as pair:
        pair.settle()
        pair.must_blame()
        with another_conf(pair, "lb02", priority=255):
            pair.look_on(4)
            pair.must_warn_of("duplicate_address_owner@lb02")


# --- TTL ------------------------------------------------------------------------------------------


def set_ttl(pair: Scene, node: str, ttl: int) -> Fault:
    """A mangle rule on the sender, as some set for privacy or tethering."""
    lines = [
        "add table ip mangled",
        "add chain ip mangled out { type route hook output priority mangle; }",
        f"add rule ip mangled out ip protocol 112 ip ttl set {ttl}",
    ]
    host = pair.lab.node(node)
    host.run(["nft", "-f", "-"], stdin="\n".join(lines) + "\n")

    def heal() -> None:
        host.run(["nft", "delete", "table", "ip", "mangled"])

    return Fault(f"{node} sends with TTL {ttl}", heal)


def rewrite_on_the_way(pair: Scene, source: str, ttl: int) -> Fault:
    """The switch lowers the TTL of what one node sends, as a router or a proxy for multicast would."""
    switch, port = pair.lab.switch, pair.lab.topology.port(source, "eth0")
    lines = [
        "add table netdev mangled",
        f'add chain netdev mangled drops {{ type filter hook ingress device "{port}" priority 0; }}',
        f"add rule netdev mangled drops ip protocol 112 ip ttl set {ttl}",
    ]
    switch.run(["nft", "-f", "-"], stdin="\n".join(lines) + "\n")

    def heal() -> None:
        switch.run(["nft", "delete", "table", "netdev", "mangled"])

    return Fault(f"TTL {ttl} from {source}", heal)


def test_a_ttl_rewritten_on_the_way() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with rewrite_on_the_way(pair, "lb01", 254):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            pair.must_blame("ttl_invalid@lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_blame()


def test_a_ttl_rewritten_on_the_sender() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with set_ttl(pair, "lb01", 64):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            pair.must_blame("ttl_invalid@lb01")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_blame()


# --- source addresses -----------------------------------------------------------------------------


def test_a_unicast_peer_that_nobody_has() -> None:
    with scene(**UNICAST) as pair:
        pair.settle()
        pair.must_blame()
        with another_conf(pair, "lb01", unicast_peers=("10.0.0.77",)):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            pair.must_blame("source_address_wrong@lb01")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_blame()


def test_a_unicast_peer_of_the_standbys_that_nobody_has_is_named_in_peace() -> None:
    with scene(**UNICAST) as pair:
        peace_and_blame(pair, "source_address_wrong@lb02", unicast_peers=("10.0.0.77",))


def test_a_unicast_source_that_the_other_does_not_list() -> None:
    """keepalived listens on its unicast_src_ip alone."""
    with scene(**UNICAST) as pair:
        pair.lab.node("lb02").add_address("10.0.0.62/24")
        split_and_blame(pair, "source_address_wrong@lb02", unicast_src_ip="10.0.0.62")


@pytest.mark.parametrize("addressing", [Addressing.DUAL, Addressing.LINK_LOCAL])
def test_unicast_over_ipv6_blames_nobody(addressing: Addressing) -> None:
    topology = Topology(addressing=addressing)
    confs = conf.pair(topology, vips=("fe80::100/64", f"{conf.VIP6}/64"), **UNICAST)
    with scene(topology, confs=confs, vips=("fe80::100", conf.VIP6), advert_int=0.3) as pair:
        pair.settle()
        pair.look_on(2)
        pair.must_warn_of()


def test_a_source_address_taken_away_under_keepalived() -> None:
    topology = Topology()
    confs = conf.pair(topology, **QUICK)
    confs["lb01"] = replace(confs["lb01"], mcast_src_ip="10.0.0.61")
    with scene(topology, confs=confs, start_keepalived=False, start_agents=False, advert_int=0.3) as pair:
        pair.lab.node("lb01").add_address("10.0.0.61/24")
        pair.lab.start_keepalived(confs)
        pair.lab.start_agents()
        pair.settle()
        pair.must_blame()
        pair.lab.node("lb01").remove_address("10.0.0.61/24")
        pair.must_warn_of("source_address_wrong@lb01")
        pair.lab.node("lb01").add_address("10.0.0.61/24")
        pair.must_warn_of()
