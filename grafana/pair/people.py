"""How fast the agents saw what happened, and who was told."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from grafana import expressions as ask
from grafana import style
from grafana.board import Part
from grafana.glance import SILENT
from grafana.pair.names import AGENT, P
from grafana.panels import Column, Frame, Query, lines, rows, states, value_now

RESULTS = ("sent", "left", "delivered", "retrying", "failed")


def _passive(result: str) -> str:
    of_result = f'hawatch_passive_results_total{{{P},result="{result}"}}'
    return f"sum by (target, instance) (increase({of_result}[$__range]))"


def _came_to(result: str) -> Query:
    of_result = f'hawatch_notifications_total{{{P},result="{result}"}}'
    return Query(f"sum by (channel) (increase({of_result}[$__range]))")


PEOPLE = Part(
    title="How fast it was seen, and who was told",
    panels=(
        value_now(
            Frame(
                title="Detection",
                about="From the first sign of trouble to the verdict, over the time that the dashboard shows: half"
                " (p50) and nearly all (p99) took at most this long. None: nothing had to be detected.",
                queries=[
                    Query(ask.quantile(0.5, "hawatch_detection_seconds", "", P), "p50"),
                    Query(ask.quantile(0.99, "hawatch_detection_seconds", "", P), "p99"),
                ],
                size=(5, 7),
                empty="none",
                unit=units.Seconds,
                mappings=[style.NONE_YET],
            ),
            above=style.NEUTRAL,
        ),
        rows(
            Frame(
                title="Messages to people",
                about="By channel, within the time that the dashboard shows: how long after it was due a message was in"
                " the gateway's hands, and what came of the messages. One counts under each result that it came to.",
                queries=[
                    Query(ask.quantile(0.5, "hawatch_notification_seconds", "channel", P)),
                    Query(ask.quantile(0.99, "hawatch_notification_seconds", "channel", P)),
                    *(_came_to(result) for result in RESULTS),
                ],
                size=(13, 7),
                empty="no channel to people is configured",
            ),
            Column(name="channel", title="Channel"),
            Column(name="Value #A", title="p50", unit=units.Seconds, mappings=[style.NONE_YET]),
            Column(name="Value #B", title="p99", unit=units.Seconds, mappings=[style.NONE_YET]),
            *(
                Column(name=f"Value #{letter}", title=result, unit=units.Short, decimals=0)
                for letter, result in zip("CDEFG", RESULTS, strict=True)
            ),
        ),
        lines(
            Frame(
                title="Messages waiting",
                about="Messages to people that each node has still to hand over. What stays above 0 does not get"
                " through.",
                queries=[Query(f"max by (instance) (hawatch_outbox_waiting{{{P}}})", "{{instance}}")],
                size=(6, 7),
                empty=SILENT,
            )
        ),
        lines(
            Frame(
                title="Incidents over time",
                about="Incidents that were not resolved, by agent.",
                queries=[Query(f"max by (instance) (hawatch_incidents_open{{{P}}})", "{{instance}}")],
                size=(8, 6),
                empty=SILENT,
            )
        ),
        states(
            Frame(
                title="Maintenance",
                about="When the pair was in maintenance, as each agent has it.",
                queries=[Query(f"max by (instance) (hawatch_maintenance{{{P}}})", "{{instance}}")],
                size=(8, 6),
                empty=SILENT,
                mappings=[style.MAINTENANCE_WORDS],
            )
        ),
        rows(
            Frame(
                title="Passive results",
                about="Results pushed to monitoring systems within the time that the dashboard shows, and how long ago"
                " the last was taken.",
                queries=[
                    Query(_passive("accepted")),
                    Query(_passive("failed")),
                    Query(
                        "time() - max by (target, instance)"
                        f" (hawatch_passive_last_accepted_timestamp_seconds{{{P}}})"
                    ),
                ],
                size=(8, 6),
                empty="no monitoring system is pushed to",
            ),
            Column(name="target", title="Target"),
            AGENT,
            Column(name="Value #A", title="Accepted", unit=units.Short, decimals=0),
            Column(name="Value #B", title="Failed", unit=units.Short, decimals=0),
            Column(name="Value #C", title="Last, ago", unit=units.Seconds),
        ),
    ),
)
