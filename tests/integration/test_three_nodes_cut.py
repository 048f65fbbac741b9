"""Live: three nodes of one virtual router, and every link between two of them cut in turn."""

from __future__ import annotations

import pytest

from deploy.lab import conf
from tests.lab.scene import scene
from tests.lab.test_three_nodes import ALL_LISTED, OTHERS, QUICK, THREE, must_all_prove_the_split

pytestmark = pytest.mark.integration


def test_every_link_between_two_of_three_nodes_cut_in_turn() -> None:
    with scene(THREE, agent_config=ALL_LISTED, **QUICK) as trio:
        for cut in (("lb01", "lb02"), ("lb01", "lb03")):
            trio.settle()
            with trio.lab.firewall.partition(cut[:1], cut[1:]):
                must_all_prove_the_split(trio, *cut)
            trio.lab.truth.wait_owner(conf.VIP, "lb01")
            trio.await_verdict("steady")
        trio.settle()
        with trio.lab.firewall.partition(("lb02",), ("lb03",)):
            for node in OTHERS:
                trio.must_warn_of(f"heartbeat_link_down@{node}", on=(node,))
            trio.look_on(3)
        trio.must_warn_of()
        trio.must_have_said("steady")
