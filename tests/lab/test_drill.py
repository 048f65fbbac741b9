"""Live: a drill of a real pair, led from the standby and answered; and one whose command is killed in the middle."""

from __future__ import annotations

import json
import sys

import pytest

from deploy.lab import conf
from deploy.lab.actions import ACTIONS, LAB_ACTIONS
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until
from hawatch.drill.report import REPORT, Report
from tests.lab.scene import HANG_GUARD, Scene, scene

pytestmark = pytest.mark.lab

BOTH = ("lb01", "lb02")
PHONE = """
[[channel]]
name = "phone"
kind = "phone"
[[contact]]
name = "anna"
drills = true
[[contact.way]]
channel = "phone"
to = "anna"
"""


def ready(pair: Scene) -> None:
    """Agents that know each other, and what root allows on both nodes."""
    for node in BOTH:
        pair.lab.node(node).write(ACTIONS, LAB_ACTIONS)
    pair.lab.start_agents()
    pair.settle()
    await_ready(pair)


def await_ready(pair: Scene) -> None:
    """Wait until nothing speaks against a drill any more."""

    def look() -> bool | None:
        tried = [
            pair.lab.node(node).run(
                [sys.executable, "-m", "hawatch", "drill", "--dry-run"],
                identity=pair.lab.agent(node).identity,
                check=False,
            )
            for node in BOTH
        ]
        return True if all(each.returncode == 0 for each in tried) else None

    wait_until(look, what="a drill to be possible", timeout=HANG_GUARD)


def begin(pair: Scene, node: str, *words: str) -> Process:
    agent = pair.lab.agent(node)
    argv = [sys.executable, "-m", "hawatch", "drill", "--yes", *words]
    return agent.node.popen(argv, name="drill", identity=agent.identity)


def await_away(pair: Scene, node: str, drill: Process) -> None:
    """Wait until a node's keepalived has given its VIP up."""
    drill.wait_output(rf"stop-keepalived on {node}: done", timeout=HANG_GUARD)
    (other,) = (each for each in BOTH if each != node)
    pair.lab.truth.wait_owner(conf.VIP, other)


def last(pair: Scene, node: str) -> Report:
    report: Report = REPORT.decode(json.loads(pair.lab.agent(node).command("drill", "--last", "--json")))
    return report


def nobody_was_bothered(pair: Scene) -> None:
    for node in BOTH:
        assert "no incidents" in pair.lab.agent(node).command("incidents")


def test_a_drill_passes_on_both_nodes_and_in_the_metrics_and_bothers_nobody() -> None:
    with scene(version=3, advert_int=0.3, start_agents=False, agent_config=PHONE) as pair:
        ready(pair)
        drill = begin(pair, "lb02", "VI_1", "--report", "/tmp/drill.md")
        agent = pair.lab.agent("lb02")
        drill.wait_output("waiting for answers", timeout=HANG_GUARD)
        said = agent.node.run(
            [sys.executable, "-m", "hawatch", "phone", "anna"], identity=agent.identity, stdin="OK\n"
        ).stdout
        assert "DRILL, nothing is wrong: lb01 hands over to lb02" in said
        assert drill.wait(HANG_GUARD) == 0, drill.output()
        report = last(pair, "lb02")
        assert report.passed
        moves = {(each.move, each.name) for each in report.verdicts}
        assert moves == {("failover", "VI_1"), ("failback", "VI_1")}
        assert {each.move for each in report.lost} == {"failover", "failback"}
        assert all(each.requests > 0 for each in report.lost)
        (message,) = report.told
        assert (message.state, message.answered is not None) == ("delivered", True)
        assert agent.node.path("/tmp/drill.md").read_text().startswith(f"# Drill {report.id}: passed")
        assert pair.lab.truth.holders(conf.VIP) == {"lb01"}
        for node in BOTH:

            def told(node: str = node) -> str | None:
                metrics = pair.lab.agent(node).get("/metrics")
                return metrics if "hawatch_drill_last_success{" in metrics else None

            metrics = wait_until(told, what=f"the drill's metrics on {node}", timeout=HANG_GUARD)
            assert pair.lab.agent(node).status()["maintenance"] is None
            assert 'hawatch_drill_last_success{pair="lb01-lb02"} 1.0' in metrics
            assert 'client="icmp://10.0.0.100",move="failback"' in metrics
        nobody_was_bothered(pair)
        again = agent.node.run(
            [sys.executable, "-m", "hawatch", "drill", "--yes"], identity=agent.identity, check=False
        )
        assert (again.returncode, again.stdout) == (2, "")
        assert "VI_1: has moved lately" in again.stderr


def test_a_drill_whose_command_is_killed_leaves_the_pair_as_it_was() -> None:
    with scene(version=3, advert_int=0.3, start_agents=False) as pair:
        ready(pair)
        agent = pair.lab.agent("lb02")
        killed = begin(pair, "lb02", "--away", "3s")
        await_away(pair, "lb01", killed)
        killed.kill()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        nobody_was_bothered(pair)
        assert agent.command("drill", "--stop").startswith("the drill is over")

        def over() -> bool | None:
            return True if agent.status()["maintenance"] is None else None

        wait_until(over, what="the end of the drill's maintenance", timeout=HANG_GUARD)
