"""The metrics of the agent that answers, and of the picture that it shows."""

from __future__ import annotations

from hawatch.exporter.metric_table.metric import Kind, Metric

SNAPSHOT_TIME = Metric(
    name="hawatch_snapshot_timestamp_seconds",
    kind=Kind.GAUGE,
    labels=("pair",),
    series="1",
    help="When the picture that these metrics show was taken, in seconds since the epoch.",
)
BUILD = Metric(
    name="hawatch_build_info",
    kind=Kind.INFO,
    labels=("pair", "node", "version"),
    series="1; another one after an upgrade",
    help="The agent that answers; the value is always 1.",
)

METRICS = (
    SNAPSHOT_TIME,
    BUILD,
)
