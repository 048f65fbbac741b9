"""The panels that the top rows of both dashboards share, and the table of findings; `pair` is a label matcher."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, table
from grafana_foundation_sdk.models import units

from grafana import expressions as ask
from grafana import style
from grafana.panels import Column, Frame, Query, rows, value_now

SILENT = "no agent answers"
SIZE = (3, 4)


def count(title: str, about: str, expr: str, *, above: str) -> stat.Panel:
    """A number that is 0, shown as `none`, while all is well."""
    return value_now(
        Frame(
            title=title,
            about=about,
            queries=[Query(expr)],
            size=SIZE,
            empty=SILENT,
            mappings=[style.NONE_WORDS],
        ),
        above=above,
    )


def unchanged(pair: str) -> stat.Panel:
    """How long every verdict has stood."""
    return value_now(
        Frame(
            title="Unchanged for",
            about="Time since a verdict changed last.",
            queries=[Query(f"time() - max(hawatch_verdict_since_timestamp_seconds{{{pair}}})")],
            size=SIZE,
            empty=SILENT,
            unit=units.Seconds,
        ),
        above=style.NEUTRAL,
    )


def open_incidents(pair: str) -> stat.Panel:
    """How many incidents people have to look after."""
    return count(
        "Open incidents",
        "Incidents that are not resolved; the agents of a pair keep the same ones, which count once.",
        f"sum(max by (pair) (hawatch_incidents_open{{{pair}}}))",
        above=style.WARN,
    )


def open_findings(pair: str) -> stat.Panel:
    """How many causes were found."""
    return count(
        "Open findings",
        "Causes found, critical or warning; the table below names them.",
        ask.or_none(ask.count_of_findings(pair), pair),
        above=style.WARN,
    )


def silent_agents(pair: str) -> stat.Panel:
    """How many agents say nothing."""
    return count(
        "Silent agents",
        "Agents that Prometheus cannot scrape: those of the job hawatch, and all that it heard within a day.",
        ask.or_none(f"count({ask.answering(pair)} == 0)", pair),
        above=style.BAD,
    )


def findings(pair: str, *columns: Column, size: tuple[int, int]) -> table.Panel:
    """What was found, the worst first; `columns` follow severity, cause and node."""
    return rows(
        Frame(
            title="Findings",
            about="What the agents found to be so, and the node it lies on. `hawatch status` there says it in a"
            " sentence, with what to do.",
            queries=[Query(ask.findings(pair))],
            size=size,
            empty=SILENT,
        ),
        Column(name="Value", title="Severity", mappings=[style.FINDING_WORDS], width=100),
        Column(name="cause", title="Cause"),
        Column(name="node", title="Node"),
        *columns,
        sort="Severity",
        descending=True,
    )
