"""Live: an agent that stands still while its keepalived goes on tells that of itself, and nothing of its peer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy.lab import conf
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

FAST: dict[str, Any] = {"version": 3, "advert_int": 0.3}
NET_RAW = 1 << 13
STILL = 4.0
"""Seconds: four times as long as it takes until a peer's silence would be one."""


def capabilities(pair: Scene, node: str) -> dict[str, int]:
    lines = Path(f"/proc/{pair.lab.agent(node).pid}/status").read_text(encoding="ascii").splitlines()
    return {line[:6]: int(line.split()[1], 16) for line in lines if line.startswith("Cap")}


def test_an_agent_with_the_one_capability_that_stands_still_judges_nobody_s_silence() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        for node in ("lb01", "lb02"):
            status = Path(f"/proc/{pair.lab.agent(node).pid}/status").read_text(encoding="ascii")
            assert "\nNoNewPrivs:\t1\n" in status
            assert "\nUid:\t0\t" not in status
            assert set(capabilities(pair, node).values()) == {NET_RAW}
        for node in ("lb02", "lb01"):
            other = "lb01" if node == "lb02" else "lb02"
            agent = pair.lab.agent(node)
            agent.freeze()
            pair.look_on(STILL)
            agent.thaw()
            pair.await_verdict("steady")
            finding = pair.must_know("blind", on=node, saying=f"the agent of {node} got no processor time")
            assert (finding["severity"], finding["node"]) == ("info", node)
            told = pair.verdicts(node)
            assert set(told) <= {"steady", "indeterminate"}, told
            causes = {cause for said in pair.said(node) for cause in said.causes}
            assert not causes & {"peer_unreachable", "keepalived_dead", "keepalived_hung", "host_down"}, (
                causes
            )
            assert set(pair.verdicts(other)) <= {"steady", "degraded"}
            pair.forget()
        assert set(pair.lab.truth.holders(conf.VIP)) == {"lb01"}
