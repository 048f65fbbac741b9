"""Repeated measurements of one thing: median and spread, as a row for people and as JSON for programs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-round(share * 1e6) * len(ordered) // 1_000_000) - 1)]


def plain(values: Sequence[float]) -> dict[str, float]:
    """As JSON has it."""
    return {
        "count": len(values),
        "median": statistics.median(values),
        "least": min(values),
        "p99": percentile(values, 0.99),
        "most": max(values),
    }


def table(columns: Mapping[str, Sequence[float]], aims: Mapping[str, str], unit: str = "s") -> list[str]:
    """One row for each thing; `aims` in words."""
    width = max(len(name) for name in columns)
    lines = [f"{'':<{width}}  count   median    least      p99     most  aim"]
    for name, values in columns.items():
        if values:
            found = plain(values)
            numbers = " ".join(f"{found[each]:8.3f}" for each in ("median", "least", "p99", "most"))
            lines.append(f"{name:<{width}}  {len(values):5} {numbers}  {aims.get(name, '-')}  ({unit})")
        else:
            lines.append(f"{name:<{width}}      0  never")
    return lines


def write(path: Path | None, heading: Sequence[str], figures: Mapping[str, Any]) -> None:
    """The figures as JSON, where they are wanted."""
    if path is not None:
        document = {"heading": list(heading), **figures}
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
