"""The lines that hawatch writes itself, held against those of prometheus_client."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric as MetricFamily
from prometheus_client.registry import Collector

from hawatch.exporter.metric_table import Kind, Metric
from hawatch.exporter.sample_lines import SampleLines
from hawatch.exporter.samples import Sample

LABEL_VALUES = st.text(alphabet=st.sampled_from('ab\\"\n{}=, é鍵%'), max_size=8)
SOME = Metric(name="some", kind=Kind.GAUGE, labels=("zone", "pair", "address"), series="", help="words")
ALONE = Metric(name="alone", kind=Kind.GAUGE, labels=("pair",), series="", help="words")


class Only(Collector):
    """One family."""

    def __init__(self, family: GaugeMetricFamily) -> None:
        self._family = family

    def collect(self) -> Iterable[MetricFamily]:
        return [self._family]


def by_prometheus_client(metric: Metric, found: dict[tuple[str, ...], float]) -> str:
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in found.items():
        family.add_metric(labels, value)
    registry = CollectorRegistry()
    registry.register(Only(family))
    return generate_latest(registry).decode().split(" gauge\n", 1)[1]


def by_us(metric: Metric, found: dict[tuple[str, ...], float]) -> str:
    return SampleLines().of(metric, [Sample(metric, labels, value) for labels, value in found.items()])


NUMBERS = st.floats().map(lambda number: number or 0.0) | st.integers(-9, 10**18)
"""A zero below zero is written as any zero."""


@given(st.dictionaries(st.tuples(*[LABEL_VALUES] * 3), NUMBERS, max_size=5))
def test_a_line_has_its_labels_in_order_and_its_values_escaped(found: dict[tuple[str, ...], float]) -> None:
    assert by_us(SOME, found) == by_prometheus_client(SOME, found)


@given(st.dictionaries(st.tuples(LABEL_VALUES), st.booleans().map(float), max_size=3))
def test_a_metric_with_a_single_label_is_written_alike(found: dict[tuple[str, ...], float]) -> None:
    assert by_us(ALONE, found) == by_prometheus_client(ALONE, found)
