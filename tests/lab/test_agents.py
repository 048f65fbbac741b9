"""An agent is restarted, killed, or was never there: what the others and the survivors say of a real pair."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.lab import conf
from tests.lab.scene import scene

pytestmark = pytest.mark.lab

FAST: dict[str, Any] = {"version": 3, "advert_int": 0.3}


def test_an_agent_restarted_in_peace_goes_unmentioned() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        for name in ("lb02", "lb01"):
            pair.restart_agent(name)
            pair.await_verdict("steady")
        # the one that was restarted says first that it has just started
        pair.must_have_said("steady indeterminate steady")


def test_an_agent_that_was_killed_leaves_the_pair_degraded() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.lab.agent("lb02").kill()
        pair.await_verdict("degraded", on=["lb01"])
        pair.must_blame("blind@lb02", on=["lb01"])
        pair.lab.agent("lb02").start()
        pair.must_have_said("steady degraded steady", on=["lb01"])
        pair.must_have_said("steady indeterminate steady", on=["lb02"])


@pytest.mark.parametrize("restarted", ["lb01", "lb02"])
def test_an_agent_restarted_during_a_split_finds_it_again(restarted: str) -> None:
    other = "lb02" if restarted == "lb01" else "lb01"
    with scene(**FAST) as pair:
        pair.settle()
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.await_verdict("split_brain")
            pair.must_blame("vrrp_blocked_inbound@lb02")
            pair.restart_agent(restarted)
            pair.await_verdict("split_brain")
            pair.must_warn_of("vrrp_blocked_inbound@lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady split_brain indeterminate split_brain steady", on=[restarted])
        pair.must_have_said("steady split_brain steady", on=[other])


def test_an_agent_on_the_standby_alone_tells_a_failover_and_its_end() -> None:
    with scene(agents=("lb02",), **FAST) as pair:
        pair.settle()
        pair.must_know("peer_unverified", on="lb02")
        with pair.lab.wires.cut("lb01"):
            pair.await_verdict("degraded")
            pair.must_blame("peer_unreachable@10.0.0.11")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        # it retakes a second after its cable is back; the first echo may come before or after
        pair.must_have_said("steady failover degraded steady? failback steady")


def test_an_agent_on_the_standby_alone_proves_a_split() -> None:
    with scene(agents=("lb02",), **FAST) as pair:
        pair.settle()
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
            pair.await_verdict("split_brain")
            pair.must_blame("vrrp_blocked_inbound@lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady split_brain steady")


def test_an_agent_on_the_preferred_node_alone_tells_a_failover_to_itself() -> None:
    with scene(agents=("lb01",), nopreempt=True, start_keepalived=False, **FAST) as pair:
        pair.lab.start_keepalived({"lb02": pair.confs["lb02"]})
        pair.lab.truth.wait_owner(conf.VIP, "lb02")
        pair.lab.start_keepalived({"lb01": pair.confs["lb01"]})
        pair.settle(owner="lb02")
        with pair.lab.wires.cut("lb02"):
            pair.lab.truth.wait_owner(conf.VIP, "lb01")
            pair.await_verdict("degraded")
            pair.must_blame("peer_unreachable@10.0.0.12")
        pair.must_have_said("steady failover degraded steady")


def test_an_agent_on_the_preferred_node_alone_proves_a_split() -> None:
    with scene(agents=("lb01",), **FAST) as pair:
        pair.settle()
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
            pair.await_verdict("split_brain")
            pair.must_blame()  # why the other node does not hear is seen there alone
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady split_brain steady")
