"""The sample lines of gauges and counters, which are the same in both of Prometheus's text formats.

With hundreds of virtual routers nearly all of a scrape are such lines, and a general encoder takes six times as long
over them. Everything else - what is asked for, headers, histograms, the process's own metrics - is prometheus_client's.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

from prometheus_client.utils import floatToGoString

from hawatch.exporter.metric_table import Metric
from hawatch.exporter.samples import Sample
from hawatch.tally import Tally


class _Escaped(dict[str, str]):
    """Label values as they stand between quotes; each is escaped once in a scrape."""

    def __missing__(self, value: str) -> str:
        escaped = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
        self[value] = escaped
        return escaped


class _Told(dict[float, str]):
    """Numbers as Go writes them, a zero without its sign; most are 0 or 1."""

    def __missing__(self, value: float) -> str:
        return str(floatToGoString(value))  # type: ignore[no-untyped-call]


class SampleLines:
    """Writes the lines of one scrape."""

    def __init__(self) -> None:
        self._escaped = _Escaped()
        self._told = _Told({0.0: "0.0", 1.0: "1.0"})

    def of(self, metric: Metric, found: Iterable[Sample]) -> str:
        """The lines of one gauge or counter, without its header; the labels are in the order of their names."""
        escaped, told = self._escaped, self._told
        if not metric.labels:
            return "".join(
                f"{metric.name} {told[each.value]}\n" for each in found if not isinstance(each.value, Tally)
            )
        order = sorted(range(len(metric.labels)), key=metric.labels.__getitem__)
        pairs = ",".join(f'{metric.labels[place]}="%s"' for place in order)
        line = f"{metric.name}{{{pairs}}} %s\n"
        in_order = itemgetter(*order) if len(order) > 1 else tuple
        return "".join(
            [
                line % (*[escaped[label] for label in in_order(each.labels)], told[each.value])
                for each in found
                if not isinstance(each.value, Tally)
            ]
        )
