"""Live: drills that take two legs, that somebody breaks off, and that run into real trouble."""

from __future__ import annotations

import signal

import pytest

from deploy.lab import conf
from deploy.lab.waiting import wait_until
from tests.lab.scene import HANG_GUARD, scene
from tests.lab.test_drill import await_away, await_ready, begin, last, nobody_was_bothered, ready

pytestmark = pytest.mark.integration


def test_without_preemption_both_step_aside_and_the_vip_ends_where_it_was() -> None:
    with scene(version=3, advert_int=0.3, start_agents=False, nopreempt=True) as pair:
        ready(pair)
        drill = begin(pair, "lb01")
        assert drill.wait(HANG_GUARD) == 0, drill.output()
        assert "lb01 does not preempt: lb02 steps aside for it" in drill.output()
        report = last(pair, "lb01")
        assert [(each.move, each.node, each.expects) for each in report.moves] == [
            ("failover", "lb01", "switchover"),
            ("return", "lb01", None),
            ("failback", "lb02", "switchover"),
            ("return", "lb02", None),
        ]
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        nobody_was_bothered(pair)


def test_an_observer_grades_what_the_lab_does_and_ctrl_c_ends_a_drill_with_its_node_back() -> None:
    with scene(version=3, advert_int=0.3, start_agents=False) as pair:
        ready(pair)
        agent = pair.lab.agent("lb01")
        expects = [word for verdict in ("split_brain", "steady") for word in ("--expect", verdict)]
        drill = begin(pair, "lb01", "--observe", "10m", *expects, "--report", "/tmp/observed.md")
        drill.wait_output("observing VI_1", timeout=HANG_GUARD)
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.await_verdict("split_brain")
        pair.await_verdict("steady")
        drill.signal(signal.SIGINT)
        assert drill.wait(HANG_GUARD) == 0, drill.output()
        assert "| VI_1: split_brain | passed |" in agent.node.path("/tmp/observed.md").read_text()
        await_ready(pair)
        drill = begin(pair, "lb01", "--away", "10m")
        await_away(pair, "lb01", drill)
        drill.signal(signal.SIGINT)
        assert drill.wait(HANG_GUARD) == 1, drill.output()
        assert "BROKEN OFF: interrupted (SIGINT)" in drill.output()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        assert last(pair, "lb01").broken_off == "interrupted (SIGINT)"


def test_real_trouble_brings_the_node_back_and_is_an_incident() -> None:
    with scene(version=3, advert_int=0.3, start_agents=False) as pair:
        ready(pair)
        drill = begin(pair, "lb01", "--away", "10m")
        await_away(pair, "lb01", drill)
        pair.lab.keepalived("lb02").kill_both()
        pair.lab.node("lb02").remove_address(f"{conf.VIP}/24")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        assert drill.wait(HANG_GUARD) == 1, drill.output()
        assert not last(pair, "lb01").passed

        def incident() -> str | None:
            told = pair.lab.agent("lb01").command("incidents")
            return told if "no incidents" not in told else None

        wait_until(incident, what="an incident", timeout=HANG_GUARD)


def test_an_agent_that_is_killed_while_its_node_is_away_is_stood_in_for_by_the_helper() -> None:
    with scene(version=3, advert_int=0.3, start_agents=False) as pair:
        ready(pair)
        drill = begin(pair, "lb02", "--away", "2s")
        drill.wait_output("stop-keepalived on lb01: begun", timeout=HANG_GUARD)
        pair.lab.truth.wait_owner(conf.VIP, "lb02")
        pair.lab.agent("lb01").kill()
        drill.kill()
        pair.lab.truth.wait_owner(conf.VIP, "lb01", timeout=HANG_GUARD)
