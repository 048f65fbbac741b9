"""Live: a third host that owns nothing decides what two nodes cannot, where it sees both of them."""

from __future__ import annotations

import pytest

from deploy.lab import conf
from tests.lab.witness_host import BOTH, ONE, OTHER, witnessed

pytestmark = pytest.mark.lab


def test_a_full_partition_that_the_witness_sees_from_both_sides_is_a_split_proved_on_both_nodes() -> None:
    with witnessed() as (pair, host):
        pair.must_warn_of()
        with pair.lab.firewall.partition(ONE, OTHER):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            split = pair.lab.truth.overlaps(conf.VIP)[-1].start
            for node in sorted(BOTH):
                said = pair.said(node)[-1]
                print(f"{node}: {said.rule} {said.time - split:.3f} s after the second owner")
            pair.look_on(3)
            assert {each["count"] for vip in host.pair()["vips"] for each in vip["answers"]} == {1}
            assert {each["node"] for vip in host.pair()["vips"] for each in vip["answers"]} == BOTH
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady", on=ONE)
        pair.must_have_said("steady failover? split_brain steady", on=OTHER)
        pair.must_warn_of()
