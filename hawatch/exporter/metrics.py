"""`/metrics`: a prometheus_client collector over one frozen Snapshot, in a registry of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as MetricFamily
from prometheus_client.registry import Collector

from hawatch.exporter.metric_table import METRICS, Kind, Metric
from hawatch.exporter.samples import Sample, samples
from hawatch.snapshot import Snapshot


class SnapshotCollector(Collector):
    """Makes every metric of the table out of one Snapshot per scrape, so that all samples agree."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def describe(self) -> Iterable[MetricFamily]:
        """The families without samples, so that registering reads no Snapshot."""
        return [_family(metric, []) for metric in METRICS]

    def collect(self) -> Iterable[MetricFamily]:
        """All families; one whose samples are all unknown still has its help and type."""
        found: dict[Metric, dict[tuple[str, ...], Sample]] = {metric: {} for metric in METRICS}
        for sample in samples(self._snapshot()):
            # One series twice would cost the whole scrape; what was told last counts.
            found[sample.metric][sample.labels] = sample
        return [_family(metric, found[metric].values()) for metric in METRICS]


def new_registry(snapshot: Callable[[], Snapshot]) -> CollectorRegistry:
    """A registry with hawatch's metrics and those of its own process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SnapshotCollector(snapshot))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


def exposition(registry: CollectorRegistry, accept: str = "") -> tuple[bytes, str]:
    """The metrics in the format that the `Accept` header asks for, and their content type."""
    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):  # a version that is none
        encode, content_type = choose_encoder("")
    return encode(registry), content_type


def _family(metric: Metric, found: Iterable[Sample]) -> MetricFamily:
    if metric.kind is Kind.INFO:
        info = InfoMetricFamily(metric.name.removesuffix("_info"), metric.help, labels=())
        for sample in found:
            info.add_metric((), dict(zip(metric.labels, sample.labels, strict=True)))
        return info
    family: CounterMetricFamily | GaugeMetricFamily
    if metric.kind is Kind.COUNTER:
        family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    else:
        family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for sample in found:
        family.add_metric(sample.labels, sample.value)
    return family
