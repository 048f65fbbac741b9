"""A dashboard out of rows of panels: the grid, the panels' numbers, and the variables on top."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders.dashboard import (
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
    Row,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from grafana.panels import DATASOURCE, Panel

TAG = "hawatch"
FLEET_UID = "hawatch-fleet"
PAIR_UID = "hawatch-pair"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A row with its title; the first, which needs no explanation, has none."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard: `uid` is its address, `since` how far back it looks at first, `pair` the variable on top."""

    uid: str
    title: str
    about: str
    since: str
    pair: QueryVariable
    other: str
    parts: Sequence[Part]

    def build(self) -> model.Dashboard:
        """The dashboard as Grafana's own schema has it."""
        builder = (
            Dashboard(self.title)
            .uid(self.uid)
            .description(self.about)
            .tags([TAG])
            .editable()
            .tooltip(model.DashboardCursorSync.CROSSHAIR)
            .time(f"now-{self.since}", "now")
            .refresh("30s")
            .with_variable(DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
            .with_variable(self.pair)
            .link(self._link())
        )
        for part in self.parts:
            if part.title:
                builder = builder.with_row(Row(part.title))
            for panel in part.panels:
                builder = builder.with_panel(panel)
        built = builder.build()
        for number, placed in enumerate(built.panels or [], start=1):
            placed.id_val = number
        return built

    def _link(self) -> DashboardLink:
        """To the dashboards of the other kind, with the time looked at."""
        kind = model.DashboardLinkType.LINK
        url = f"/d/{self.other}?var-datasource=${{datasource}}"
        title = "hawatch fleet" if self.other == FLEET_UID else "hawatch pair"
        return DashboardLink(title).type(kind).url(url).keep_time(keep_time=True).icon("dashboard")

    def text(self) -> str:
        """The JSON that Grafana reads."""
        return json.dumps(self.build(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def pair_variable(*, several: bool) -> QueryVariable:
    """The variable `pair`, from what the agents say: one, or any number and at first all."""
    variable = (
        QueryVariable("pair")
        .label("Pairs" if several else "Pair")
        .datasource(DATASOURCE)
        .query(
            {
                "query": "label_values(hawatch_build_info, pair)",
                "refId": "PrometheusVariableQueryEditor-VariableQuery",
                "qryType": 1,
            }
        )
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.NATURAL_ASC)
        .multi(several)
        .include_all(several)
    )
    if several:
        everything = model.VariableOption(selected=True, text=["All"], value=["$__all"])
        variable = variable.all_value(".+").current(everything)
    return variable
