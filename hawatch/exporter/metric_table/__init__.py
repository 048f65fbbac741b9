"""Every metric of hawatch as data, a file for each group: what the collector exports and docs/metrics.md describes."""

from __future__ import annotations

from hawatch.exporter.metric_table import agent, desk, parts, routers
from hawatch.exporter.metric_table.metric import ROUTER, Kind, Metric

METRICS: tuple[Metric, ...] = (*routers.METRICS, *parts.METRICS, *desk.METRICS, *agent.METRICS)

__all__ = ["METRICS", "ROUTER", "Kind", "Metric"]
