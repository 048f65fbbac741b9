"""`/metrics`: a prometheus_client collector over one frozen Snapshot, in a registry of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as MetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from hawatch.exporter.metric_table import METRICS, Kind, Metric
from hawatch.exporter.samples import Sample, samples
from hawatch.snapshot import Snapshot
from hawatch.tally import Tally


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
    match metric.kind:
        case Kind.INFO:
            return _info(metric, found)
        case Kind.HISTOGRAM:
            return _histogram(metric, found)
        case Kind.COUNTER:
            return _numbers(CounterMetricFamily(metric.name, metric.help, labels=metric.labels), found)
        case Kind.GAUGE:
            return _numbers(GaugeMetricFamily(metric.name, metric.help, labels=metric.labels), found)


def _info(metric: Metric, found: Iterable[Sample]) -> MetricFamily:
    info = InfoMetricFamily(metric.name.removesuffix("_info"), metric.help, labels=())
    for sample in found:
        info.add_metric((), dict(zip(metric.labels, sample.labels, strict=True)))
    return info


def _histogram(metric: Metric, found: Iterable[Sample]) -> MetricFamily:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for sample in found:
        if isinstance(sample.value, Tally):
            bounds = (*map(floatToGoString, sample.value.bounds), "+Inf")
            buckets = list(zip(bounds, sample.value.cumulative, strict=True))
            family.add_metric(sample.labels, buckets, sum_value=sample.value.seconds)
    return family


def _numbers(family: CounterMetricFamily | GaugeMetricFamily, found: Iterable[Sample]) -> MetricFamily:
    for sample in found:
        if not isinstance(sample.value, Tally):
            family.add_metric(sample.labels, sample.value)
    return family
