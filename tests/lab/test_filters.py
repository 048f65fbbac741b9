"""Live: a firewall on a node drops VRRP, one way or the other; real splits, and faults that only wait for one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.lab import Hook, conf
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = {"lb01", "lb02"}


def adverts(pair: Scene, node: str) -> int:
    """How many advertisements the agent on a node has seen, its own node's included."""
    records = map(json.loads, pair.journal(node).read_text().splitlines())
    return sum(record["count"] for record in records if record["type"] == "AdvertisementHeard")


@pytest.mark.parametrize("hook", [Hook.INPUT, Hook.INGRESS], ids=lambda hook: str(hook.name).lower())
def test_a_filter_on_the_backup_is_a_split_proved_on_both_nodes(hook: Hook) -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.drop_vrrp_inbound("lb02", hook=hook):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            pair.must_blame("vrrp_blocked_inbound@lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady")
        pair.must_blame()


def test_filters_on_both_nodes_are_a_split_proved_on_both() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.drop_vrrp_inbound("lb01"), pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            pair.must_blame("vrrp_blocked_inbound@lb01", "vrrp_blocked_inbound@lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady")
        # A loser that hears the owner first yields without a word, and the owner announces nothing.
        pair.must_blame(also="stale_arp@lb01")


def test_a_filter_on_the_master_alone_changes_nothing_while_the_backup_is_silent() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.drop_vrrp_inbound("lb01"):
            pair.look_on(4)
            pair.must_warn_of("vrrp_blocked_inbound@lb01")
        pair.must_warn_of()
        pair.must_have_said("steady")
        assert not pair.lab.truth.overlaps(conf.VIP)


def test_a_filter_on_the_masters_way_out_is_a_split_proved_on_both_nodes() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.drop_vrrp_outbound("lb01"):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            pair.must_blame("vrrp_blocked_outbound@lb01")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady")
        pair.must_blame()


def test_a_filter_on_the_backups_way_out_changes_nothing_while_it_is_silent() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.drop_vrrp_outbound("lb02"):
            pair.look_on(4)
            pair.must_warn_of("vrrp_blocked_outbound@lb02")
        pair.must_warn_of()
        pair.must_have_said("steady")


@pytest.mark.parametrize("watched", ["lb01", "lb02"])
def test_one_agent_alone_proves_the_split_that_a_filter_on_the_backup_makes(watched: str) -> None:
    with scene(agents=(watched,), **QUICK) as pair:
        pair.settle()
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            # What a host does with what reaches its wire is known to the agent on it, and to nobody else.
            pair.must_blame(*(["vrrp_blocked_inbound@lb02"] if watched == "lb02" else []))
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady")
        pair.must_blame()


def test_the_loss_of_every_third_advertisement_moves_nothing_and_is_no_verdict() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        sent, heard = adverts(pair, "lb01"), adverts(pair, "lb02")
        with pair.lab.firewall.lose_every("lb01", "lb02", nth=3, match="meta l4proto 112"):
            pair.look_on(6)
        pair.must_have_said("steady")
        pair.must_blame()
        assert adverts(pair, "lb02") - heard < 0.9 * (adverts(pair, "lb01") - sent)
        assert pair.lab.truth.holders(conf.VIP) == {"lb01"}
