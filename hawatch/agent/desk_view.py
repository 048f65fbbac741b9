"""What the on-call desk adds to the picture that metrics, status and plugin show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hawatch.agent.delivery_results import LATE, DeliveryResults
from hawatch.agent.monitor_tally import MonitorTally
from hawatch.agent.passive_tally import PassiveTally
from hawatch.agent.webhook_tally import WebhookTally
from hawatch.config.oncall import Channel
from hawatch.desk.drill import Drill
from hawatch.desk.ledger import Ledger
from hawatch.desk.looping import loop_of
from hawatch.guard.record import Guard
from hawatch.incident import Incident
from hawatch.notification.message import Message, MessageState
from hawatch.notification.mute import Mute
from hawatch.snapshot import DeskView, DrillView, GuardView, LoopView
from hawatch.tally import NO_NOTIFICATIONS

RESULTS = (
    MessageState.SENT.value,
    MessageState.LEFT.value,
    MessageState.DELIVERED.value,
    LATE,
    MessageState.RETRYING.value,
    MessageState.FAILED.value,
)


def desk_view(
    ledger: Ledger,
    incidents: Iterable[Incident],
    channels: Iterable[Channel],
    *,
    results: DeliveryResults,
    passive: PassiveTally,
    monitors: MonitorTally,
    put_aside: Mapping[tuple[str, str], int],
    webhooks: WebhookTally,
) -> DeskView:
    """`incidents` are those that are open; of a channel that is configured, what never came is 0."""
    known = tuple(channels)
    names = [channel.name for channel in known]
    counted = {(name, result): 0 for name in names for result in RESULTS} | results.counts
    took = dict.fromkeys(names, NO_NOTIFICATIONS) | results.handovers
    return DeskView(
        open=tuple(incidents),
        mutes=tuple(ledger.all(Mute)),
        notifications=tuple((channel, result, count) for (channel, result), count in counted.items()),
        notification_seconds=tuple(took.items()),
        passive_results=passive.results(),
        passive_accepted=passive.accepted(),
        monitors=monitors.view(),
        put_aside=tuple((channel, reason, count) for (channel, reason), count in put_aside.items()),
        webhooks=webhooks.of(each.name for each in known if each.webhook is not None),
        loops=tuple(_loop(each, ledger) for each in known if each.probe is not None),
        guards=tuple(_guard(each) for each in ledger.all(Guard)),
        drill=_drill(ledger),
        waiting=sum(each.waiting and each.node == ledger.node for each in ledger.all(Message)),
    )


def _guard(guard: Guard) -> GuardView:
    refusal = None if guard.refusal is None else guard.refusal.value
    return GuardView(
        service=guard.id,
        state=guard.state.value,
        since=guard.since,
        attempts=guard.attempts,
        refusal=refusal,
        restarts=guard.restarts,
        gave_up=guard.gave_up,
    )


def _drill(ledger: Ledger) -> DrillView | None:
    """The latest that has been graded, on whichever node it was asked for."""
    results = [each.result for each in ledger.all(Drill) if each.result is not None]
    last = max(results, key=lambda each: each.at, default=None)
    if last is None:
        return None
    return DrillView(
        at=last.at,
        passed=last.passed,
        outages=tuple((each.move, each.name, each.seconds) for each in last.outages),
        verdicts=tuple((each.move, each.name, each.seconds) for each in last.verdicts),
    )


def _loop(channel: Channel, ledger: Ledger) -> LoopView:
    loop = loop_of(channel.name, ledger)
    if loop is None:
        return LoopView(channel=channel.name)
    return LoopView(channel=channel.name, up=loop.up, seconds=loop.seconds, succeeded_at=loop.succeeded_at)
