"""What a Prometheus gets of a real pair: whom to scrape, and how long a split and a failover took to be told."""

from __future__ import annotations

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.lab import conf
from tests.lab.scene import HANG_GUARD, SCHEDULING, Scene, scene

pytestmark = pytest.mark.lab

EVERYWHERE = '[node]\npair = "web"\n[listen]\nhttp = "0.0.0.0:10112"\n'


def detections(pair: Scene, node: str) -> tuple[int, float]:
    """How many verdicts the agent on a node has timed so far, and their seconds."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(pair.lab.agent(node).get("/metrics")):
        if family.name == "hawatch_detection_seconds":
            found |= {each.name.rpartition("_")[2]: each.value for each in family.samples}
    return int(found["count"]), found["sum"]


def test_a_split_and_a_failover_are_timed_once_each_and_either_agent_names_both() -> None:
    with scene(version=3, advert_int=0.3, agent_config=EVERYWHERE) as pair:
        pair.settle()
        before = {node: detections(pair, node) for node in pair.watched}
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
            pair.await_verdict("split_brain")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        (overlap,) = pair.overlaps()
        for node in pair.watched:
            count, seconds = detections(pair, node)
            assert count == before[node][0] + 1, pair.verdicts(node)
            took = seconds - before[node][1]
            (told,) = [each.time for each in pair.said(node) if each.verdict == "split_brain"]
            assert 0.0 < took < HANG_GUARD
            assert took <= told - overlap.start + SCHEDULING, "no sign is older than the overlap"
        for node in pair.watched:
            named = {
                group["labels"]["__meta_hawatch_node"]: group["targets"]
                for group in json.loads(pair.lab.agent(node).get("/api/v1/targets"))
            }
            assert named == {"lb01": ["10.0.0.11:10112"], "lb02": ["10.0.0.12:10112"]}
        count, seconds = detections(pair, "lb02")
        with pair.lab.wires.cut("lb01"):
            pair.await_verdict("degraded", on=["lb02"])
            timed, total = detections(pair, "lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        assert "failover" in pair.verdicts("lb02")
        assert timed > count
        assert total - seconds > 3 * pair.interval - SCHEDULING, "from the former owner's last advertisement"
