"""A real Prometheus scrapes both agents with the shipped files, and a real Alertmanager takes its alerts."""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile

import pytest

from deploy.lab import conf
from tests.integration.alertmanager_server import Alertmanager
from tests.integration.conftest import Tell
from tests.integration.monitored import monitor, monitored_pair, since_healed, since_split, split
from tests.integration.prometheus_server import Prometheus, Series
from tests.lab.scene import Scene

SPLIT = 'hawatch_verdict{verdict="split_brain"}'
FIRING = 'ALERTS{alertname="HawatchSplitBrain", alertstate="firing"}'
INTERVAL = 5.0
"""Seconds; of scrapes and of evaluations, in the shipped prometheus.yml."""


@pytest.mark.parametrize(
    ("variant", "told_by_it", "not_told"),
    [("hawatch-pages.yml", "chat", "pager"), ("alertmanager-pages.yml", "pager", "chat")],
)
def test_a_split_fires_within_one_evaluation_and_is_one_alert_for_one_receiver(
    variant: str, told_by_it: str, not_told: str, told: Tell
) -> None:
    with monitored_pair() as pair:
        alertmanager = Alertmanager(monitor(pair), variant)
        prometheus = Prometheus(monitor(pair))
        prometheus.await_up(2)
        pair.settle()
        with split(pair):
            alert = prometheus.await_alert("HawatchSplitBrain")
            told(f"prometheus (as shipped, {variant}): firing after the second owner", since_split(pair))
            held = alertmanager.await_critical("HawatchSplitBrain")
            told(f"alertmanager ({variant}): has it after the second owner", since_split(pair))
            assert alert["annotations"]["summary"] == "web: VI_1 is split: lb01 and lb02 hold its VIPs"
            assert held["pair"] == "web"
            must_have_fired_within_one_evaluation(prometheus, pair)
            message = alertmanager.await_told(told_by_it, "HawatchSplitBrain")
            told(f"alertmanager ({variant}): {told_by_it} told after the second owner", since_split(pair))
            assert message.alerts.count("HawatchSplitBrain") == 1
            assert alertmanager.await_critical("HawatchSplitBrain") == held
        prometheus.await_no_alert("HawatchSplitBrain")
        told(f"prometheus ({variant}): resolved after one of them let go", since_healed(pair))
        alertmanager.await_none_of("HawatchSplitBrain")
        told(f"alertmanager ({variant}): resolved after one of them let go", since_healed(pair))
        others = [name for each in alertmanager.told() if each.receiver == not_told for name in each.alerts]
        assert "HawatchSplitBrain" not in others


def must_have_fired_within_one_evaluation(prometheus: Prometheus, pair: Scene) -> None:
    """The first scrape after the verdict shows it, and the first evaluation after that scrape fires.

    A scrape or an evaluation that was under way already cannot know; it is not counted.
    """
    verdict = min(since(pair, node) for node in pair.watched)
    shown = min(prometheus.raw(f"{SPLIT}[2m]"), key=first_time)
    before = [time for time, _ in takewhile(lambda point: point[1] == 0, shown.points) if time > verdict]
    assert len(before) <= 1, f"{before} were scraped after the verdict at {verdict}"
    [fired] = prometheus.raw(f"{FIRING}[2m]")
    scraped = first_time(shown) + prometheus.longest_scrape()
    missed = prometheus.missed_evaluations()
    earlier = fired.points[0][0] - (1 + missed) * INTERVAL
    assert earlier <= scraped, f"an evaluation at {earlier} had the sample of {scraped}, and did not fire"


def since(pair: Scene, node: str) -> float:
    """When the present verdict of an agent began, in epoch seconds."""
    [router] = pair.lab.agent(node).status()["virtual_routers"]
    assert router["verdict"] == "split_brain"
    return datetime.fromisoformat(router["since"]).timestamp()


def first_time(series: Series) -> float:
    """When it was first 1."""
    return next((time for time, value in series.points if value == 1), float("inf"))


def test_a_steady_pair_has_no_alert_that_waits_or_fires_and_every_rule_can_be_evaluated() -> None:
    with monitored_pair() as pair:
        prometheus = Prometheus(monitor(pair), every="1s")
        prometheus.await_up(2)
        pair.settle()
        prometheus.await_quiet()
        prometheus.await_evaluated()
        assert [rule for rule in prometheus.rules() if rule["health"] != "ok"] == []
        [worst] = prometheus.await_samples("pair:hawatch_verdict:worst == 1")
        assert worst.labels["pair"] == "web"
        [owners] = prometheus.query("vip:hawatch_vip_held:sum")
        assert owners.value == 1


def test_moves_that_no_scrape_may_have_seen_are_told_apart(told: Tell) -> None:
    with monitored_pair() as pair:
        prometheus = Prometheus(monitor(pair), every="1s")
        prometheus.await_up(2)
        pair.settle()
        keepalived = pair.lab.keepalived("lb01")
        keepalived.stop()
        pair.lab.truth.wait_owner(conf.VIP, "lb02")
        prometheus.await_alert("HawatchSwitchover")
        assert not prometheus.alerts("HawatchFailover")
        prometheus.await_words("HawatchDegraded", "keepalived_dead on lb01")
        assert not [each for each in prometheus.alerts("HawatchDegraded") if each["state"] == "firing"]
        keepalived.start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        prometheus.await_no_alert("HawatchDegraded")
        before = pair.lab.now()
        with pair.lab.wires.cut("lb01"):
            prometheus.await_alert("HawatchFailover")
            told(
                "prometheus (1 s): HawatchFailover fires after the owner's cable was cut",
                pair.lab.now() - before,
            )
            prometheus.await_alert("HawatchAgentAbsent", state="pending")
        prometheus.await_no_alert("HawatchAgentAbsent")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")


def test_files_and_the_agents_themselves_name_both_targets() -> None:
    with monitored_pair() as pair:
        for node, config in (("monitor", "prometheus-http-sd.yml"), ("client", "prometheus-file-sd.yml")):
            prometheus = Prometheus(pair.lab.node(node), config=config, every="1s")
            prometheus.await_up(2)
            found = {
                (target["labels"]["instance"], target["labels"]["pair"]) for target in prometheus.targets()
            }
            assert len(prometheus.targets()) == len(found) == 2, config
            assert {pair_name for _, pair_name in found} == {"web"}, config
            told_by = prometheus.await_samples("hawatch_build_info", 2)
            assert {each.labels["node"] for each in told_by} == {"lb01", "lb02"}, config
