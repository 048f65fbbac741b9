"""The agents' own processes."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from grafana import expressions as ask
from grafana.board import Part
from grafana.glance import SILENT
from grafana.pair.names import AGENT, P
from grafana.panels import Column, Frame, Query, lines, rows

AGENTS = Part(
    title="The agents themselves",
    panels=(
        rows(
            Frame(
                title="Agents",
                about="What runs where, for how long, and how old the picture is that it shows.",
                queries=[
                    Query(f"max by (instance, node, version) (hawatch_build_info{{{P}}})"),
                    Query(f"max by (instance) ({ask.of_agents('time() - process_start_time_seconds', P)})"),
                    Query(f"time() - max by (instance) (hawatch_snapshot_timestamp_seconds{{{P}}})"),
                ],
                size=(9, 7),
                empty=SILENT,
            ),
            Column(name="node", title="Node"),
            AGENT,
            Column(name="version", title="Version"),
            Column(name="Value #B", title="Runs for", unit=units.Seconds),
            Column(name="Value #C", title="Picture's age", unit=units.Seconds),
            sort="Node",
        ),
        lines(
            Frame(
                title="Processor",
                about="Share of one processor that each agent takes.",
                queries=[
                    Query(
                        "max by (instance)"
                        f" ({ask.of_agents('rate(process_cpu_seconds_total[$__rate_interval])', P)})",
                        "{{instance}}",
                    )
                ],
                size=(5, 7),
                empty=SILENT,
                unit=units.PercentUnit,
            )
        ),
        lines(
            Frame(
                title="Memory",
                about="Resident memory of each agent.",
                queries=[
                    Query(
                        f"max by (instance) ({ask.of_agents('process_resident_memory_bytes', P)})",
                        "{{instance}}",
                    )
                ],
                size=(5, 7),
                empty=SILENT,
                unit=units.BytesIEC,
            )
        ),
        lines(
            Frame(
                title="Open files",
                about="File descriptors that each agent has open, as a share of what it may.",
                queries=[
                    Query(
                        f"max by (instance) ({ask.of_agents('process_open_fds / process_max_fds', P)})",
                        "{{instance}}",
                    )
                ],
                size=(5, 7),
                empty=SILENT,
                unit=units.PercentUnit,
            )
        ),
    ),
)
