"""What holds now, and what each agent says of it."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from grafana import expressions as ask
from grafana import glance, style
from grafana.board import Part
from grafana.glance import SILENT
from grafana.pair.names import AGENT, ROUTER, P
from grafana.panels import Column, Frame, Query, rows, states, value_now

NOW = Part(
    title="",
    panels=(
        value_now(
            Frame(
                title="Is everything right?",
                about="The verdict on each virtual router, of two agents the worse one.",
                queries=[Query(ask.verdict("vrrp_instance", P), "{{vrrp_instance}}")],
                size=(5, 4),
                empty=SILENT,
                mappings=[style.VERDICT_WORDS],
            )
        ),
        value_now(
            Frame(
                title="Owner",
                about="The node that holds the VIPs, by what both agents know; red if there are two, or nobody.",
                queries=[Query(ask.owners_by_name(P, "vrrp_instance"), "{{vrrp_instance}}: {{node}}")],
                size=(4, 4),
                empty="unknown",
                mappings=style.OWNER_WORDS,
            ),
            by_name=True,
        ),
        glance.unchanged(P),
        value_now(
            Frame(
                title="Do the agents agree?",
                about="Virtual routers on which the agents give different verdicts now. A moment of it after a change"
                " is normal.",
                queries=[
                    Query(
                        ask.or_none(
                            "count(count by (vrrp_instance) "
                            f"(count by (vrrp_instance, verdict) (hawatch_verdict{{{P}}} == 1)) > 1)",
                            P,
                        )
                    )
                ],
                size=(3, 4),
                empty=SILENT,
                mappings=style.AGREE_WORDS,
            ),
            above=style.WARN,
        ),
        glance.open_findings(P),
        glance.open_incidents(P),
        glance.silent_agents(P),
    ),
)

SAID = Part(
    title="What each agent says",
    panels=(
        states(
            Frame(
                title="Verdict, by agent",
                about="What each agent says of each virtual router; of each step the worst. Where the agents disagree,"
                " two bars of one router differ.",
                queries=[
                    Query(
                        ask.verdict_over_time("vrrp_instance, instance", P),
                        "{{vrrp_instance}} by {{instance}}",
                    )
                ],
                size=(24, 7),
                empty=SILENT,
                mappings=[style.VERDICT_WORDS],
            )
        ),
        states(
            Frame(
                title="VIP held, by node",
                about="Whether a node holds the VIP, as the agents know it. Two bars that say so at once are a split;"
                " a hole is a time of which nothing is known.",
                queries=[Query(f"max by (vip, node) (hawatch_vip_held{{{P}}})", "{{vip}} on {{node}}")],
                size=(24, 7),
                empty="it is not known who holds the VIPs",
                mappings=[style.HELD_WORDS],
            )
        ),
        glance.findings(P, ROUTER, size=(10, 8)),
        rows(
            Frame(
                title="Moves",
                about="The last move of each virtual router that each agent saw, how often the owner and the verdict"
                " changed within the time that the dashboard shows.",
                queries=[
                    Query(
                        f"max by (vrrp_instance, instance) (increase(hawatch_owner_changes_total{{{P}}}[$__range]))"
                    ),
                    Query(
                        f"max by (vrrp_instance, instance) (increase(hawatch_verdict_changes_total{{{P}}}[$__range]))"
                    ),
                    Query(
                        ask.or_nan(
                            "time() - max by (vrrp_instance, instance, kind)"
                            f" (hawatch_last_move_timestamp_seconds{{{P}}})",
                            "vrrp_instance, instance",
                            P,
                        )
                    ),
                ],
                size=(9, 8),
                empty=SILENT,
            ),
            ROUTER,
            AGENT,
            Column(name="kind", title="Last move"),
            Column(name="Value #C", title="Ago", unit=units.Seconds, mappings=[style.NONE_YET]),
            Column(name="Value #A", title="Moves", unit=units.Short, decimals=0),
            Column(name="Value #B", title="Changes of verdict", unit=units.Short, decimals=0),
            sort="Virtual router",
        ),
        states(
            Frame(
                title="Severity, by agent",
                about="The worst that each agent says, of verdicts and of findings; of each step the worst.",
                queries=[Query(ask.severity_over_time("instance", P), "{{instance}}")],
                size=(5, 8),
                empty=SILENT,
                mappings=[style.SEVERITY_WORDS],
            )
        ),
    ),
)
