"""What the dashboards ask Prometheus: every query of their JSON, with the variables filled in as Grafana does it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

NAMES = re.compile(r"[a-zA-Z_:][\w:]*(?![\w:]*\s*\()")
NOT_METRICS = re.compile(
    r'"(?:[^"\\]|\\.)*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)'
)
WORDS = frozenset({"and", "or", "unless", "bool", "offset", "nan", "inf"})
VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One query of a panel; `instant` asks about now, else it is asked over the dashboard's time."""

    board: str
    panel: Mapping[str, Any]
    ref: str
    expr: str
    instant: bool
    legend: str

    @property
    def name(self) -> str:
        """Where it stands, for people."""
        return f"{self.board}: {self.panel['title']}: {self.ref}"

    @property
    def metrics(self) -> frozenset[str]:
        """The metrics that it reads, by the names that it uses."""
        bare = NOT_METRICS.sub(" ", self.expr)
        return frozenset(word for word in NAMES.findall(bare) if word.lower() not in WORDS)

    def filled_in(self, times: Times, **variables: str) -> Question:
        """The same with these variables and those of the time; KeyError names one that is not known."""
        known = {**times.variables(), **variables}
        return replace(self, expr=VARIABLE.sub(lambda found: known[found[1]], self.expr))


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The dashboard's time in epoch seconds, and the scrape interval that the data source knows, in seconds."""

    start: float
    end: float
    scrape_interval: float
    points: int = 1000

    @property
    def step(self) -> float:
        """Seconds between two points: as many points as the panel is wide, and no closer than scrapes are."""
        return max((self.end - self.start) / self.points, self.scrape_interval)

    def variables(self) -> dict[str, str]:
        """Grafana's own variables: a rate looks at four scrapes at the least."""
        rate = max(self.step + self.scrape_interval, 4 * self.scrape_interval)
        return {
            "__interval": f"{self.step * 1000:.0f}ms",
            "__rate_interval": f"{rate * 1000:.0f}ms",
            "__range": f"{self.end - self.start:.0f}s",
        }


def questions(text: str) -> Iterator[Question]:
    """Every query of a dashboard's JSON."""
    board = json.loads(text)
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield Question(
                board=board["uid"],
                panel=panel,
                ref=target["refId"],
                expr=target["expr"],
                instant=target.get("instant", False),
                legend=target.get("legendFormat", ""),
            )
