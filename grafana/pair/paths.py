"""What goes over the wire, and whether the nodes reach each other."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from grafana import expressions as ask
from grafana import style
from grafana.board import Part
from grafana.glance import SILENT
from grafana.pair.names import P
from grafana.panels import Frame, Query, lines, states

WIRE = Part(
    title="On the wire",
    panels=(
        lines(
            Frame(
                title="Advertisements",
                about="VRRP advertisements that each agent saw, sent or received, by where they came from. In a healthy"
                " pair one node sends and the other receives as many.",
                queries=[
                    Query(
                        "sum by (instance, direction, source)"
                        f' (rate(hawatch_adverts_total{{{P},valid="true"}}[$__rate_interval]))',
                        "{{instance}} {{direction}} {{source}}",
                    )
                ],
                size=(10, 8),
                empty="no advertisement was seen",
                unit=units.PacketsPerSecond,
            )
        ),
        lines(
            Frame(
                title="Invalid or foreign adverts",
                about="Advertisements that a conforming receiver throws away, or that come from outside the pair.",
                queries=[
                    Query(
                        "sum by (instance, source)"
                        f' (rate(hawatch_adverts_total{{{P},valid="false"}}[$__rate_interval]))'
                        f"\nor 0 * sum by (instance, source) (hawatch_adverts_total{{{P}}})",
                        "{{instance}} invalid {{source}}",
                    ),
                    Query(
                        ask.or_zero(
                            "sum by (instance)"
                            f' (rate(hawatch_adverts_total{{{P},source="foreign",valid="true"}}[$__rate_interval]))',
                            P,
                        ),
                        "{{instance}} foreign",
                    ),
                ],
                size=(8, 8),
                empty=SILENT,
                unit=units.PacketsPerSecond,
            )
        ),
        lines(
            Frame(
                title="Captures dropped",
                about="Frames that the kernel threw away before the agent read them; above 0 the agent misses what"
                " happens.",
                queries=[
                    Query(
                        f"sum by (instance) (rate(hawatch_capture_dropped_total{{{P}}}[$__rate_interval]))",
                        "{{instance}}",
                    )
                ],
                size=(6, 8),
                empty=SILENT,
                unit=units.PacketsPerSecond,
            )
        ),
    ),
)

BETWEEN = Part(
    title="Between the nodes",
    panels=(
        states(
            Frame(
                title="Peer links",
                about="Whether each path to the peer works, as the agents at its ends see it: down if either says so.",
                queries=[
                    Query(
                        f"min by (instance, peer, link) (hawatch_peer_link_up{{{P}}})",
                        "{{link}} to {{peer}} from {{instance}}",
                    )
                ],
                size=(8, 6),
                empty="no path is known",
                mappings=[style.UP_WORDS],
            )
        ),
        lines(
            Frame(
                title="Round-trip time",
                about="The latest round-trip time on each path to the peer.",
                queries=[
                    Query(
                        f"max by (instance, peer, link) (hawatch_peer_rtt_seconds{{{P}}})",
                        "{{link}} to {{peer}} from {{instance}}",
                    )
                ],
                size=(8, 6),
                empty="no path answers",
                unit=units.Seconds,
            )
        ),
        lines(
            Frame(
                title="Loss",
                about="Share of echoes on each path to the peer that were lost during the last minute.",
                queries=[
                    Query(
                        f"max by (instance, peer, link) (hawatch_peer_loss_ratio{{{P}}})",
                        "{{link}} to {{peer}} from {{instance}}",
                    )
                ],
                size=(8, 6),
                empty="no path is known",
                unit=units.PercentUnit,
            ),
            top=1,
        ),
        states(
            Frame(
                title="The peer's agent",
                about="What each agent knows of the agent beside it.",
                queries=[
                    Query(ask.peer_agent_over_time("peer, instance", P), "{{peer}} from {{instance}}"),
                ],
                size=(6, 6),
                empty="no peer is known",
                mappings=[style.AGENT_WORDS],
            )
        ),
        states(
            Frame(
                title="References",
                about="Whether the addresses outside the pair answer that tell a dead peer from an own dead network.",
                queries=[
                    Query(
                        f"min by (reference, instance) (hawatch_reference_up{{{P}}})",
                        "{{reference}} from {{instance}}",
                    )
                ],
                size=(6, 6),
                empty="no reference is configured",
                mappings=[style.UP_WORDS],
            )
        ),
        states(
            Frame(
                title="Services",
                about="Whether the service behind the VIP works on each node; down if an agent says so.",
                queries=[
                    Query(f"min by (service, node) (hawatch_service_up{{{P}}})", "{{service}} on {{node}}"),
                ],
                size=(6, 6),
                empty="no service is configured",
                mappings=[style.UP_WORDS],
            )
        ),
        states(
            Frame(
                title="Observers",
                about="Whether each agent's observers see. What a blind one would see is unknown, and no verdict rests"
                " on it.",
                queries=[
                    Query(
                        f"min by (observer, instance) (hawatch_observer_up{{{P}}})",
                        "{{observer}} on {{instance}}",
                    )
                ],
                size=(6, 6),
                empty=SILENT,
                mappings=[style.SEES_WORDS],
            )
        ),
        states(
            Frame(
                title="Service guards",
                about="What each service's guard does on each node: whether it is in this state. Restarts and give-ups"
                " are counted beside it.",
                queries=[
                    Query(
                        f'max by (service, state, instance) (hawatch_guard_state{{{P}, state!="watching"}})',
                        "{{service}} {{state}} on {{instance}}",
                    ),
                ],
                size=(12, 6),
                empty="no service is guarded",
                mappings=[style.GUARD_WORDS],
            )
        ),
        lines(
            Frame(
                title="What the guards did",
                about="Restarts that the guards have begun, and how often they gave a VIP up, within the last hour.",
                queries=[
                    Query(
                        f"sum by (service, instance) (increase(hawatch_guard_restarts_total{{{P}}}[1h]))",
                        "restarts of {{service}} on {{instance}}",
                    ),
                    Query(
                        f"sum by (service, instance) (increase(hawatch_guard_give_ups_total{{{P}}}[1h]))",
                        "given up for {{service}} on {{instance}}",
                    ),
                ],
                size=(12, 6),
                empty="no service is guarded",
            )
        ),
    ),
)
