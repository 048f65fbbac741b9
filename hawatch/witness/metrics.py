"""The witness's `/metrics`: a few series for each pair, from the same picture as the status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

Json = Mapping[str, Any]


class PictureCollector(Collector):
    """Makes every metric out of one status per scrape."""

    def __init__(self, picture: Callable[[], Json]) -> None:
        self._picture = picture

    def describe(self) -> Iterable[Metric]:
        """The families without samples."""
        return _families({"pairs": [], "strangers": 0})

    def collect(self) -> Iterable[Metric]:
        """All families."""
        return _families(self._picture())


def new_registry(picture: Callable[[], Json]) -> CollectorRegistry:
    """A registry with the witness's metrics and those of its own process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(PictureCollector(picture))
    ProcessCollector(registry=registry)
    return registry


def _families(picture: Json) -> list[Metric]:
    reached = GaugeMetricFamily(
        "hawatch_witness_member_up", "1 if the witness reaches the node.", labels=("pair", "node")
    )
    answers = GaugeMetricFamily(
        "hawatch_witness_answers",
        "Answers to the witness's last question for the VIP.",
        labels=("pair", "vip"),
    )
    served = GaugeMetricFamily(
        "hawatch_witness_served", "1 if clients are served through the VIP.", labels=("pair", "service")
    )
    last = GaugeMetricFamily(
        "hawatch_outage_seconds", "How long the last outage was that clients had.", labels=("pair", "service")
    )
    outages = CounterMetricFamily("hawatch_outages", "Outages that clients had.", labels=("pair", "service"))
    lost = CounterMetricFamily(
        "hawatch_outage_lost_seconds",
        "Seconds that clients were without service.",
        labels=("pair", "service"),
    )
    refused = CounterMetricFamily(
        "hawatch_witness_refused", "Datagrams that were not taken.", labels=("pair",)
    )
    strangers = CounterMetricFamily("hawatch_witness_strangers", "Datagrams from addresses of no member.")
    strangers.add_metric((), picture["strangers"])
    for pair in picture["pairs"]:
        name = pair["name"]
        refused.add_metric((name,), pair["refused"])
        for member in pair["members"]:
            if member["reachable"] is not None:
                reached.add_metric((name, member["name"]), float(member["reachable"]))
        for vip in pair["vips"]:
            if vip["answers"] is not None:
                answers.add_metric((name, vip["address"]), sum(each["count"] for each in vip["answers"]))
        for service in pair["services"]:
            labels = (name, service["name"])
            if service["up"] is not None:
                served.add_metric(labels, float(service["up"]))
            outages.add_metric(labels, service["outages"])
            lost.add_metric(labels, service["seconds_lost"])
            if service["last_outage"] is not None and service["last_outage"]["seconds"] is not None:
                last.add_metric(labels, service["last_outage"]["seconds"])
    return [reached, answers, served, last, outages, lost, refused, strangers]
