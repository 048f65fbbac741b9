"""The dashboard `hawatch fleet`: every pair on one page; each name on it leads to the pair's own dashboard."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from grafana import expressions as ask
from grafana import glance, style
from grafana.board import FLEET_UID, PAIR_UID, Board, Part, pair_variable
from grafana.glance import SILENT
from grafana.panels import Column, Frame, Query, lines, rows, states, value_now

P = 'pair=~"$pair"'
ROUTER = "pair, vrrp_instance"
FROM_SERIES = (
    f"/d/{PAIR_UID}?var-datasource=${{datasource}}&var-pair=${{__field.labels.pair}}&${{__url_time_range}}"
)
FROM_ROW = (
    f"/d/{PAIR_UID}?var-datasource=${{datasource}}&var-pair=${{__data.fields.pair}}&${{__url_time_range}}"
)

PAIR_COLUMN = Column(name="pair", title="Pair", to=FROM_ROW)
ROUTER_COLUMN = Column(name="vrrp_instance", title="Virtual router")

NOW = Part(
    title="",
    panels=(
        value_now(
            Frame(
                title="Is everything right?",
                about="The worst verdict that any agent gives now. An agent that is undecided says nothing against one"
                " that knows.",
                queries=[Query(f"max({ask.verdict(ROUTER, P)})")],
                size=(6, 4),
                empty=SILENT,
                mappings=[style.VERDICT_WORDS],
            )
        ),
        glance.unchanged(P),
        glance.count(
            "Pairs in trouble",
            "Pairs for which an agent says warning or critical, of a verdict or of a finding.",
            ask.or_none(
                f'count(max by (pair) (hawatch_severity{{{P},severity=~"warning|critical"}}) == 1)',
                P,
            ),
            above=style.BAD,
        ),
        glance.open_incidents(P),
        glance.open_findings(P),
        glance.silent_agents(P),
        glance.count(
            "In maintenance",
            "Pairs in maintenance, whose agents tell people less.",
            f"sum(max by (pair) (hawatch_maintenance{{{P}}}))",
            above=style.QUIET,
        ),
    ),
)

VERDICTS = Part(
    title="What holds",
    panels=(
        states(
            Frame(
                title="Verdicts",
                about="The verdict on each virtual router, of two agents the worse one, and of each step the worst: a"
                " split of seconds shows in a month, too. Click on a bar for the pair.",
                queries=[Query(ask.verdict_over_time(ROUTER, P), "{{pair}} {{vrrp_instance}}")],
                size=(24, 9),
                empty=SILENT,
                mappings=[style.VERDICT_WORDS],
                to=FROM_SERIES,
            )
        ),
        rows(
            Frame(
                title="Virtual routers",
                about="The worse verdict of the two agents, since when, and when the VIP moved last; the last failover"
                " within the time that the dashboard shows.",
                queries=[
                    Query(ask.verdict(ROUTER, P)),
                    Query(f"time() - {ask.since(ROUTER, P)}"),
                    Query(
                        ask.or_nan(
                            f"time() - max by ({ROUTER}) (hawatch_last_move_timestamp_seconds{{{P}}})",
                            ROUTER,
                            P,
                        )
                    ),
                    Query(
                        ask.or_nan(
                            f"time() - max by ({ROUTER}) (max_over_time("
                            f'hawatch_last_move_timestamp_seconds{{{P},kind="failover"}}[$__range]))',
                            ROUTER,
                            P,
                        )
                    ),
                ],
                size=(12, 9),
                empty=SILENT,
            ),
            PAIR_COLUMN,
            ROUTER_COLUMN,
            Column(name="Value #A", title="Verdict", mappings=[style.VERDICT_WORDS]),
            Column(name="Value #B", title="For", unit=units.Seconds),
            Column(name="Value #C", title="Last move, ago", unit=units.Seconds, mappings=[style.NONE_YET]),
            Column(
                name="Value #D", title="Last failover, ago", unit=units.Seconds, mappings=[style.NONE_YET]
            ),
            sort="Verdict",
            descending=True,
        ),
        glance.findings(P, PAIR_COLUMN, ROUTER_COLUMN, size=(12, 9)),
    ),
)

OWNERS = Part(
    title="Who owns what, and the ways between the nodes",
    panels=(
        rows(
            Frame(
                title="Owners",
                about="Each VIP with the node that holds it, by what both agents know. Two owners are two rows. A VIP"
                " of which nothing is known has none.",
                queries=[Query(ask.owners_by_name(P))],
                size=(12, 9),
                empty=SILENT,
            ),
            PAIR_COLUMN,
            ROUTER_COLUMN,
            Column(name="vip", title="VIP"),
            Column(name="node", title="Held by"),
            Column(name="Value", title="Owners", mappings=style.OWNER_WORDS),
            sort="Pair",
        ),
        states(
            Frame(
                title="Peer links",
                about="Down while any path between a pair's nodes is known to be down.",
                queries=[Query(f"min by (pair) (hawatch_peer_link_up{{{P}}})", "{{pair}}")],
                size=(6, 9),
                empty="no path is known",
                mappings=[style.UP_WORDS],
                to=FROM_SERIES,
            )
        ),
        states(
            Frame(
                title="Agents",
                about="Whether Prometheus could scrape each agent.",
                queries=[Query(ask.answering(P), "{{instance}}")],
                size=(6, 9),
                empty="no agent is known",
                mappings=[style.ANSWERS_WORDS],
            )
        ),
    ),
)

PEOPLE = Part(
    title="How fast it was seen, and who was told",
    panels=(
        rows(
            Frame(
                title="Detection",
                about="From the first sign of trouble to the verdict, over the time that the dashboard shows: half"
                " (p50) and nearly all (p99) took at most this long. None: nothing had to be detected.",
                queries=[
                    Query(ask.quantile(0.5, "hawatch_detection_seconds", "pair", P)),
                    Query(ask.quantile(0.99, "hawatch_detection_seconds", "pair", P)),
                ],
                size=(6, 7),
                empty=SILENT,
            ),
            PAIR_COLUMN,
            Column(name="Value #A", title="p50", unit=units.Seconds, mappings=[style.NONE_YET]),
            Column(name="Value #B", title="p99", unit=units.Seconds, mappings=[style.NONE_YET]),
        ),
        rows(
            Frame(
                title="Notification",
                about="From when a message was due until the gateway had it, by channel. None: nobody had to be told.",
                queries=[
                    Query(ask.quantile(0.5, "hawatch_notification_seconds", "pair, channel", P)),
                    Query(ask.quantile(0.99, "hawatch_notification_seconds", "pair, channel", P)),
                ],
                size=(8, 7),
                empty="no channel to people is configured",
            ),
            PAIR_COLUMN,
            Column(name="channel", title="Channel"),
            Column(name="Value #A", title="p50", unit=units.Seconds, mappings=[style.NONE_YET]),
            Column(name="Value #B", title="p99", unit=units.Seconds, mappings=[style.NONE_YET]),
        ),
        value_now(
            Frame(
                title="Messages to people",
                about="What came of the messages within the time that the dashboard shows. One message counts under"
                " each result that it came to.",
                queries=[
                    Query(
                        f"sum by (result) (increase(hawatch_notifications_total{{{P}}}[$__range]))",
                        "{{result}}",
                    )
                ],
                size=(10, 7),
                empty="no channel to people is configured",
                mappings=[style.NONE_QUIET],
            ),
            above=style.NEUTRAL,
        ),
        rows(
            Frame(
                title="Ways back",
                about="Whether the message that each agent last sent to itself came back, after how long, and how long"
                " ago one last did: that is what an answer of a person needs.",
                queries=[
                    Query(f"min by (pair, instance, channel) (hawatch_reply_path_up{{{P}}})"),
                    Query(f"max by (pair, instance, channel) (hawatch_reply_path_seconds{{{P}}})"),
                    Query(
                        "time() - max by (pair, instance, channel)"
                        f" (hawatch_reply_path_last_success_timestamp_seconds{{{P}}})"
                    ),
                ],
                size=(24, 6),
                empty="no channel has a probe",
            ),
            PAIR_COLUMN,
            Column(name="instance", title="Agent"),
            Column(name="channel", title="Channel"),
            Column(name="Value #A", title="Came back", mappings=[style.BACK_WORDS]),
            Column(name="Value #B", title="Took", unit=units.Seconds, mappings=[style.NONE_YET]),
            Column(name="Value #C", title="Last", unit=units.Seconds, mappings=[style.NONE_YET]),
        ),
        rows(
            Frame(
                title="Drills",
                about="How long ago each pair's last drill was, whether all passed, for how long a client got no answer"
                " at the most, and how long the slower verdict took.",
                queries=[
                    Query(f"max by (pair) (hawatch_drill_last_success{{{P}}})"),
                    Query(f"time() - max by (pair) (hawatch_drill_last_timestamp_seconds{{{P}}})"),
                    Query(f"max by (pair) (hawatch_drill_client_outage_seconds{{{P}}})"),
                    Query(f"max by (pair) (hawatch_drill_verdict_seconds{{{P}}})"),
                ],
                size=(24, 6),
                empty="no pair has had a drill",
            ),
            PAIR_COLUMN,
            Column(name="Value #A", title="Passed", mappings=[style.PASSED_WORDS]),
            Column(name="Value #B", title="Ago", unit=units.Seconds),
            Column(
                name="Value #C",
                title="Longest without an answer",
                unit=units.Seconds,
                mappings=[style.NONE_YET],
            ),
            Column(name="Value #D", title="Slowest verdict", unit=units.Seconds, mappings=[style.NONE_YET]),
        ),
        lines(
            Frame(
                title="Incidents over time",
                about="Incidents that were not resolved, by pair.",
                queries=[Query(f"max by (pair) (hawatch_incidents_open{{{P}}})", "{{pair}}")],
                size=(12, 7),
                empty=SILENT,
            )
        ),
        states(
            Frame(
                title="Maintenance",
                about="When a pair was in maintenance.",
                queries=[Query(f"max by (pair) (hawatch_maintenance{{{P}}})", "{{pair}}")],
                size=(12, 7),
                empty=SILENT,
                mappings=[style.MAINTENANCE_WORDS],
                to=FROM_SERIES,
            )
        ),
    ),
)

FLEET = Board(
    uid=FLEET_UID,
    title="hawatch fleet",
    about="Every Keepalived pair that hawatch watches: what holds, who owns what, what was found, who was told.",
    since="24h",
    pair=pair_variable(several=True),
    other=PAIR_UID,
    parts=(NOW, VERDICTS, OWNERS, PEOPLE),
)
