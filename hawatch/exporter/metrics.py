"""`/metrics`: one frozen Snapshot in Prometheus's formats; headers and histograms are prometheus_client's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

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
from hawatch.exporter.sample_lines import SampleLines
from hawatch.exporter.samples import Sample, samples
from hawatch.snapshot import Snapshot
from hawatch.tally import Tally

Found = dict[Metric, dict[tuple[str, ...], Sample]]
_LINES = frozenset({Kind.GAUGE, Kind.COUNTER})
"""The kinds whose samples hawatch/exporter/sample_lines.py writes."""


class Registry:
    """hawatch's metrics, made out of one Snapshot per scrape, so that all samples agree; and those of its process."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        """`snapshot` gives the newest picture."""
        self.snapshot = snapshot
        self.process = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.process)
        PlatformCollector(registry=self.process)


def new_registry(snapshot: Callable[[], Snapshot]) -> Registry:
    """A registry with hawatch's metrics and those of its own process."""
    return Registry(snapshot)


def encoded(registry: Collector, accept: str = "") -> tuple[bytes, str]:
    """What a collector has, in the format that the `Accept` header asks for, and its content type."""
    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):  # a version that is none
        encode, content_type = choose_encoder("")
    return encode(registry), content_type


def exposition(registry: Registry, accept: str = "", snapshot: Snapshot | None = None) -> tuple[bytes, str]:
    """The metrics of this picture (the newest) in the format that the `Accept` header asks for; its content type."""
    found = _find_all(registry.snapshot() if snapshot is None else snapshot)
    frame, content_type = encoded(_Frame(found, registry.process), accept)
    lines, whole = SampleLines(), []
    for line in frame.decode().splitlines(keepends=True):
        whole.append(line)
        metric = _BY_HEADING.get(line)
        if metric is not None:
            whole.append(lines.of(metric, found[metric].values()))
    return "".join(whole).encode(), content_type


class _Frame(Collector):
    """All families, those without samples whose lines are written by ourselves."""

    def __init__(self, found: Found, process: CollectorRegistry) -> None:
        self._found = found
        self._process = process

    def collect(self) -> Iterator[MetricFamily]:
        """One that has no samples here still has its help and type."""
        for metric in METRICS:
            yield _family(metric, self._found[metric].values())
        yield from self._process.collect()


def _find_all(snapshot: Snapshot) -> Found:
    """All samples of a picture, by metric and labels."""
    found: Found = {metric: {} for metric in METRICS}
    for sample in samples(snapshot):
        # One series twice would cost the whole scrape; what was told last counts.
        found[sample.metric][sample.labels] = sample
    return found


def _headings() -> dict[str, Metric]:
    """The header line behind which a metric's samples stand, in either format."""
    headings = {}
    for metric in METRICS:
        if metric.kind in _LINES:
            kind = metric.kind.value
            headings[f"# TYPE {metric.name} {kind}\n"] = metric
            headings[f"# TYPE {metric.name.removesuffix('_total')} {kind}\n"] = metric
    return headings


_BY_HEADING = _headings()


def _family(metric: Metric, found: Iterable[Sample]) -> MetricFamily:
    match metric.kind:
        case Kind.INFO:
            return _info(metric, found)
        case Kind.HISTOGRAM:
            return _histogram(metric, found)
        case Kind.COUNTER:
            return CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        case Kind.GAUGE:
            return GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)


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
