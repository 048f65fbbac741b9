"""What a metric of the table says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ROUTER = ("pair", "vrrp_instance", "interface", "vrid", "family")


class Kind(StrEnum):
    """Prometheus's metric types, as far as they are used here."""

    GAUGE = "gauge"
    COUNTER = "counter"
    INFO = "info"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric family: `name` is what a query types (a counter's with `_total`, an info's with `_info`).

    `series` says how many of them one agent can have.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    series: str
    help: str
    absent: str = ""
