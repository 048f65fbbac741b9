"""What the on-call desk adds to the picture that metrics, status and plugin show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hawatch.agent.delivery_results import DeliveryResults
from hawatch.agent.monitor_tally import MonitorTally
from hawatch.agent.passive_tally import PassiveTally
from hawatch.config.oncall import Channel
from hawatch.desk.ledger import Ledger
from hawatch.incident import Incident
from hawatch.notification.message import Message, MessageState
from hawatch.notification.mute import Mute
from hawatch.snapshot import DeskView
from hawatch.tally import NO_NOTIFICATIONS

RESULTS = (
    MessageState.SENT,
    MessageState.LEFT,
    MessageState.DELIVERED,
    MessageState.RETRYING,
    MessageState.FAILED,
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
) -> DeskView:
    """`incidents` are those that are open; of a channel that is configured, what never came is 0."""
    names = [channel.name for channel in channels]
    counted = {(name, result.value): 0 for name in names for result in RESULTS} | results.counts
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
        waiting=sum(each.waiting and each.node == ledger.node for each in ledger.all(Message)),
    )
