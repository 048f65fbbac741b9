"""What people and gateways send in, handed to the desk: noted for good before the spool may forget it."""

from __future__ import annotations

import logging
from dataclasses import replace

from hawatch.agent.oncall import OnCall
from hawatch.desk.around import Around
from hawatch.desk.taking import take
from hawatch.notification.message import Message, MessageState
from hawatch.reply.arrival import Arrival, Receipt, ReceiptState, Reply

log = logging.getLogger("hawatch.replies")

_STATES = {
    ReceiptState.SENT: MessageState.LEFT,
    ReceiptState.DELIVERED: MessageState.DELIVERED,
    ReceiptState.FAILED: MessageState.FAILED,
}


async def take_in(oncall: OnCall, arrival: Arrival) -> None:
    """Let the desk take a reply or a receipt; all that follows is stored when this returns. HawatchError: it is not."""
    await oncall.at_home()
    if isinstance(arrival, Receipt):
        await oncall.record(lambda around: _note(oncall, arrival, around))
    else:
        await oncall.record(lambda around: _take(oncall, arrival, around))


def _take(oncall: OnCall, reply: Reply, around: Around) -> None:
    heard = take(reply, oncall.all(), oncall.ledger, around)
    if heard is None:
        log.info("channel=%s reply=%s taken before", reply.channel, reply.id)
    else:
        log.info(
            "channel=%s sender=%s person=%s meant=%r text=%r",
            heard.channel,
            heard.sender,
            heard.person or "-",
            heard.meant,
            heard.text,
        )


def _note(oncall: OnCall, receipt: Receipt, around: Around) -> None:
    message = _meant(oncall, receipt)
    if message is None:
        name = receipt.message or receipt.reference
        log.info("channel=%s receipt for an unknown message %r", receipt.channel, name)
        return
    after = message.moved_to(_STATES[receipt.state], around.now, receipt.problem)
    if message.waiting:
        # The gateway has it, whatever became of the note that it was handed over.
        after = replace(after, attempts=max(after.attempts, 1))
    if after.progress > message.progress:
        oncall.results.count(after.channel, after.state)
        oncall.ledger.put(after)


def _meant(oncall: OnCall, receipt: Receipt) -> Message | None:
    """The message that it tells of, of whichever node; one that went by another channel is none."""
    if receipt.message:
        found = oncall.ledger.get(Message, receipt.message)
        return found if found is None or found.channel == receipt.channel else None
    return next(
        (
            each
            for each in oncall.ledger.all(Message)
            if receipt.reference and (each.channel, each.reference) == (receipt.channel, receipt.reference)
        ),
        None,
    )
