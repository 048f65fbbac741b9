"""Live: the two halves of a pair are configured differently, as happens when a change is rolled out node by node.

keepalived 2.2.7 throws away what does not match, so each of these is a real split brain. Whoever owns and hears the
other's rejected advertisements falls silent himself: mostly only one node is heard, and both hold the VIP.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploy.lab import Topology, conf
from tests.lab.another_conf import another_conf
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
WITH_PASSWORD: dict[str, Any] = {"version": 2, "advert_int": 1, "auth_pass": "secret"}
BOTH = {"lb01", "lb02"}


RESIGNING = "split_brain degraded? steady"
"""A reload that changes what the instance is makes it resign first, as if keepalived were about to end."""


def splits_and_heals(pair: Scene, cause: str, *, left: str = "", **fields: Any) -> None:
    """The backup's configuration becomes another one, and the usual one again.

    `left` is what may be left behind, truly: an owner that never hears the loser announces nothing when it yields.
    """
    pair.settle()
    with another_conf(pair, "lb02", **fields):
        pair.lab.truth.wait_holders(conf.VIP, BOTH)
        pair.await_verdict("split_brain")
        pair.must_blame(cause)
    pair.lab.truth.wait_owner(conf.VIP, "lb01")
    pair.await_verdict("steady")
    pair.must_blame(also=left)


def test_another_password_is_a_split_proved_on_both_nodes() -> None:
    with scene(**WITH_PASSWORD) as pair:
        splits_and_heals(pair, "auth_mismatch@lb02", auth_pass="other")
        pair.must_have_said("steady split_brain steady")


def test_another_advertisement_interval_is_a_split_in_version_2() -> None:
    with scene(**WITH_PASSWORD) as pair:
        splits_and_heals(pair, "advert_interval_mismatch@lb02", advert_int=2)
        pair.must_have_said("steady split_brain steady")


def test_another_advertisement_interval_is_none_in_version_3() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with another_conf(pair, "lb02", advert_int=0.5):
            pair.look_on(4)
            pair.must_blame()
        pair.must_have_said("steady")


def test_another_version_is_a_split_proved_on_both_nodes() -> None:
    with scene(version=2, advert_int=1) as pair:
        splits_and_heals(pair, "version_mismatch@lb02", version=3)
        pair.must_have_said("steady split_brain steady")


def test_another_vip_list_is_a_split_proved_on_both_nodes() -> None:
    with scene(**QUICK) as pair:
        splits_and_heals(pair, "vip_list_mismatch@lb02", vips=(f"{conf.VIP}/24", "10.0.0.101/24"))
        pair.must_have_said("steady split_brain steady")


def test_another_vrid_is_a_split_proved_on_both_nodes() -> None:
    with scene(**QUICK) as pair:
        splits_and_heals(pair, "vrid_mismatch@lb02", left="stale_arp@lb01", vrid=52)
        pair.must_have_said(f"steady {RESIGNING}")


def test_unicast_against_multicast_is_a_split_proved_on_both_nodes() -> None:
    with scene(**QUICK) as pair:
        ends = [pair.lab.topology.ipv4(node) for node in ("lb01", "lb02")]
        splits_and_heals(
            pair,
            "destination_mismatch@lb02",
            left="stale_arp@lb01",
            unicast_src_ip=ends[1],
            unicast_peers=(ends[0],),
        )
        pair.must_have_said(f"steady {RESIGNING}")


@pytest.mark.parametrize("watched", ["lb01", "lb02"])
def test_one_agent_alone_proves_a_split_whose_owners_mute_each_other(watched: str) -> None:
    lies_on = (
        "lb02" if watched == "lb02" else Topology().ipv4("lb02")
    )  # by its address, where no agent tells a name
    with scene(agents=(watched,), **WITH_PASSWORD) as pair:
        splits_and_heals(pair, f"auth_mismatch@{lies_on}", auth_pass="other")
        pair.must_have_said("steady split_brain steady")


def test_two_nodes_that_never_agreed_on_a_password_are_split_from_the_start() -> None:
    usual = conf.pair(Topology(), **WITH_PASSWORD)
    differing = {**usual, "lb02": replace(usual["lb02"], auth_pass="other")}
    with scene(confs=differing, **WITH_PASSWORD) as pair:
        pair.lab.truth.wait_holders(conf.VIP, BOTH)
        pair.await_verdict("split_brain")
        pair.must_blame("auth_mismatch@lb02")
        pair.lab.keepalived("lb02").write_conf(usual["lb02"])
        pair.lab.keepalived("lb02").reload()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        # Until its agent has spoken, what lb02 announces is a stranger's.
        pair.must_have_said("indeterminate? steady? conflict? steady? split_brain steady")
