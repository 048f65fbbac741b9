"""docs/metrics.md, made from the metric table: `python -m hawatch.exporter.metrics_doc > docs/metrics.md`."""

from __future__ import annotations

import sys

from hawatch.exporter.bounded import FOREIGN, MOST_LINKS, MOST_PEERS
from hawatch.exporter.metric_table import METRICS, Metric
from hawatch.exporter.metrics_size import picture, series

INTRODUCTION = """\
# Metrics

<!-- Made by `python -m hawatch.exporter.metrics_doc`; change hawatch/exporter/metric_table/ instead. -->

Each agent gives these at `/metrics`, in Prometheus's text format or as OpenMetrics. Scrape both agents of a pair:
each tells what *it* sees, and the `instance` label of the scrape says which one that was.

`/api/v1/targets` of either agent names both for Prometheus's HTTP service discovery (`http_sd_configs`), with labels
`__meta_hawatch_pair` and `__meta_hawatch_node`. An agent names itself by `listen.http`, which must be set for that: on
the loopback, as it is by default, nobody else can scrape it, and it names itself alone. Of an address that means all
(`0.0.0.0`, `::`), it names the one from which it speaks to its first peer. A peer is named by the far end of the first
link to it, with the port of this agent: let both listen on the same port, and let the link that Prometheus can reach be
the first. Whom only advertisements on the wire tell of is not named.

A state is one 0/1 series per possible state, so that `hawatch_verdict{verdict="split_brain"} == 1` is an alert rule.
What is unknown has no series: neither 0 nor 1 would be true. Counters start at 0 with the agent.

"""

SIZES = """
## How many time series

Under each metric stands how many series one agent can have of it. All `hawatch_*` together, counted on pictures of a
pair with two links, a reference, a virtual service, a guarded service, a channel, a target of passive results and a
monitoring tool for acknowledgements, after a drill:

| virtual routers | VIPs of each | all is well | three findings on each |
|---:|---:|---:|---:|
"""

BOUNDS = f"""
Nobody on the LAN can make them many more, whatever he sends. Names come from the configurations and from agents that
hold the key. Of the peers, those first of which more is known than advertisements tell, {MOST_PEERS} at most have names
of their own, with {MOST_LINKS} links each; all others, and every host outside the pair, are together
`node="{FOREIGN}"`. Who they are is in `/api/v1/status` and in what people are told.
"""

CLOSING = """
`process_*` and `python_info` tell about the agent's own process, as in any Prometheus client.
"""


def render() -> str:
    """The whole document."""
    return INTRODUCTION + "\n".join(_section(metric) for metric in METRICS) + _sizes() + BOUNDS + CLOSING


def _sizes() -> str:
    rows = []
    for routers, vips in ((1, 1), (2, 3), (10, 4), (255, 3)):
        well = series(picture(routers=routers, vips=vips))
        badly = series(picture(routers=routers, vips=vips, findings=3))
        rows.append(f"| {routers} | {vips} | {well} | {badly} |\n")
    return SIZES + "".join(rows)


def _section(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    absent = f"Absent {metric.absent}.\n" if metric.absent else ""
    kind = f"{metric.kind.value}; labels {labels}"
    return f"## {metric.name}\n\n{kind}\n\n{metric.help}\n{absent}\nSeries: {metric.series}.\n"


if __name__ == "__main__":
    sys.stdout.write(render())
