"""The metrics of the on-call desk: incidents, messages and their answers, monitoring systems, drills."""

from __future__ import annotations

from hawatch.exporter.metric_table.metric import Kind, Metric

INCIDENTS_OPEN = Metric(
    name="hawatch_incidents_open",
    kind=Kind.GAUGE,
    labels=("pair",),
    series="1",
    help="Incidents that are not resolved.",
)
NOTIFICATIONS = Metric(
    name="hawatch_notifications_total",
    kind=Kind.COUNTER,
    labels=("pair", "channel", "result"),
    series="6 for each channel",
    help="Messages to people, and probes of the reply path, since the agent's start, by channel and by what came of"
    " them: sent (in the gateway's hands), left (gone out), delivered (on the phone), late (not got through within the"
    " channel's receipt_within), retrying (an attempt that failed for now), failed (for good). One message counts under"
    " each result that it comes to.",
)
NOTIFICATION_TIME = Metric(
    name="hawatch_notification_seconds",
    kind=Kind.HISTOGRAM,
    labels=("pair", "channel"),
    series="14 for each channel: 12 buckets, their sum and count",
    help="Seconds from when a message to a person was due (the delay that the policy asks for, or the quiet hour that"
    " held it back, was over) until it was in the gateway's hands; attempts that failed, and what was left to another"
    " node first, are in it. A message that failed for good is not counted.",
)
OUTBOX_WAITING = Metric(
    name="hawatch_outbox_waiting",
    kind=Kind.GAUGE,
    labels=("pair",),
    series="1",
    help="Messages to people that this node has still to hand over.",
)
PUT_ASIDE = Metric(
    name="hawatch_replies_put_aside_total",
    kind=Kind.COUNTER,
    labels=("pair", "channel", "reason"),
    series="one for each channel and reason that there was",
    help="What came to a mailbox since the agent's start and does not count as an answer, by the reason"
    " (docs/mail.md has them all); many of no_proof or foreign_token mean that somebody tries.",
    absent="before the first for this reason",
)
WEBHOOKS = Metric(
    name="hawatch_webhooks_total",
    kind=Kind.COUNTER,
    labels=("pair", "channel", "result"),
    series="4 for each channel with a webhook",
    help="What providers have posted since the agent's start: taken (stored, or known already), nothing (it concerned"
    " nobody here), refused (not believed), failed (it could not be stored, or a secret could not be read; the provider"
    " comes again). Many that are refused mean that somebody tries, or that the secret has changed.",
    absent="without a webhook",
)
REPLY_PATH_UP = Metric(
    name="hawatch_reply_path_up",
    kind=Kind.GAUGE,
    labels=("pair", "channel"),
    series="one for each channel with a probe",
    help="1 if the last probe of the reply path came back (the agent sends itself a message), 0 if it did not: then"
    " what people answer on this channel would not come in.",
    absent="before the first is decided",
)
REPLY_PATH_TIME = Metric(
    name="hawatch_reply_path_seconds",
    kind=Kind.GAUGE,
    labels=("pair", "channel"),
    series="one for each channel with a probe",
    help="Seconds that the last probe that came back took, from when it was written until it was in.",
    absent="before the first came back",
)
REPLY_PATH_SUCCESS = Metric(
    name="hawatch_reply_path_last_success_timestamp_seconds",
    kind=Kind.GAUGE,
    labels=("pair", "channel"),
    series="one for each channel with a probe",
    help="When a probe last came back, in seconds since the epoch.",
    absent="before the first came back",
)
PASSIVE_RESULTS = Metric(
    name="hawatch_passive_results_total",
    kind=Kind.COUNTER,
    labels=("pair", "target", "result"),
    series="2 for each target",
    help="Passive results pushed to a monitoring system since the agent's start, by target and by whether it took"
    " them: accepted or failed.",
    absent="without such a target",
)
PASSIVE_ACCEPTED = Metric(
    name="hawatch_passive_last_accepted_timestamp_seconds",
    kind=Kind.GAUGE,
    labels=("pair", "target"),
    series="one for each target",
    help="When the target last took a passive result, in seconds since the epoch.",
    absent="before the first",
)
MONITOR_REQUESTS = Metric(
    name="hawatch_monitor_requests_total",
    kind=Kind.COUNTER,
    labels=("pair", "monitor", "result"),
    series="3 for each monitoring tool",
    help="How often this node has turned since the agent's start to a monitoring tool in which acknowledgements are"
    " shown: looked (how it stands there), changed (one was made or taken back), failed.",
    absent="without such a tool",
)
DRILL_TIME = Metric(
    name="hawatch_drill_last_timestamp_seconds",
    kind=Kind.GAUGE,
    labels=("pair",),
    series="1",
    help="When the pair's last drill ended that was graded, in seconds since the epoch.",
    absent="before the first",
)
DRILL_SUCCESS = Metric(
    name="hawatch_drill_last_success",
    kind=Kind.GAUGE,
    labels=("pair",),
    series="1",
    help="1 if all passed in the pair's last drill, 0 if something failed or it was broken off.",
    absent="before the first",
)
DRILL_OUTAGE = Metric(
    name="hawatch_drill_client_outage_seconds",
    kind=Kind.GAUGE,
    labels=("pair", "move", "client"),
    series="2 for each client of the last drill",
    help="For how long a client got no answer in the last drill; move is failover or failback.",
    absent="before the first",
)
DRILL_VERDICT = Metric(
    name="hawatch_drill_verdict_seconds",
    kind=Kind.GAUGE,
    labels=("pair", "move", "vrrp_instance"),
    series="2 for each virtual router that moved in the last drill",
    help="How long the verdict took in the last drill, from the former owner's last word (its resignation, or an"
    " advertisement) as the node heard it on which the drill was asked for; move is failover or failback.",
    absent="before the first",
)

METRICS = (
    INCIDENTS_OPEN,
    NOTIFICATIONS,
    NOTIFICATION_TIME,
    OUTBOX_WAITING,
    PUT_ASIDE,
    WEBHOOKS,
    REPLY_PATH_UP,
    REPLY_PATH_TIME,
    REPLY_PATH_SUCCESS,
    PASSIVE_RESULTS,
    PASSIVE_ACCEPTED,
    MONITOR_REQUESTS,
    DRILL_TIME,
    DRILL_SUCCESS,
    DRILL_OUTAGE,
    DRILL_VERDICT,
)
