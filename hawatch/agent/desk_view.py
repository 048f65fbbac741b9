"""What the on-call desk adds to the picture that metrics, status and plugin show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hawatch.config.oncall import Channel
from hawatch.desk.ledger import Ledger
from hawatch.incident import Incident
from hawatch.notification.message import Message, MessageState
from hawatch.notification.mute import Mute
from hawatch.snapshot import DeskView

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
    results: Mapping[tuple[str, str], int],
) -> DeskView:
    """`incidents` are those that are open, `results` counts by channel and result; what never came is 0."""
    counted = {(channel.name, result.value): 0 for channel in channels for result in RESULTS}
    counted.update(results)
    return DeskView(
        open=tuple(incidents),
        mutes=tuple(ledger.all(Mute)),
        notifications=tuple((channel, result, count) for (channel, result), count in counted.items()),
        waiting=sum(each.waiting and each.node == ledger.node for each in ledger.all(Message)),
    )
