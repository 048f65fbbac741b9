"""What Twilio tells, as replies and receipts: rows of its list, and what it posts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hawatch.provider.looking_up import text_at
from hawatch.provider.twilio_api import moment_of
from hawatch.replies.provider_rows import LONGEST_NAME, LONGEST_TEXT
from hawatch.reply.arrival import Arrival, Receipt, ReceiptState, Reply

INBOUND = "inbound"
_STATES = {
    "sent": ReceiptState.SENT,
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.DELIVERED,
    "failed": ReceiptState.FAILED,
    "undelivered": ReceiptState.FAILED,
    "canceled": ReceiptState.FAILED,
}


def reply_of_row(row: Any, channel: str) -> Reply | None:
    """A message of the list that somebody has sent us; None for any other."""
    sid, sender = text_at(row, "sid"), text_at(row, "from")
    if text_at(row, "direction") != INBOUND or not sid or not sender:
        return None
    return Reply(
        channel=channel,
        id=sid[:LONGEST_NAME],
        sender=sender[:LONGEST_NAME],
        text=text_at(row, "body")[:LONGEST_TEXT],
        sent_at=moment_of(text_at(row, "date_sent")),
    )


def receipt_of_row(row: Any, channel: str) -> Receipt | None:
    """What has become of a message of ours; None while nothing has."""
    sid, state = text_at(row, "sid"), _STATES.get(text_at(row, "status"))
    if not sid or state is None:
        return None
    return _receipt(channel, "", sid, state, text_at(row, "error_code"), text_at(row, "status"))


def arrival_of_post(form: Mapping[str, str], query: Mapping[str, str], channel: str) -> Arrival | None:
    """What Twilio has posted: a message, or how far one of ours is. Both may gain fields."""
    sid = form.get("MessageSid") or form.get("SmsSid", "")
    status = form.get("MessageStatus", "")
    if not sid:
        return None
    if status:
        state = _STATES.get(status)
        message = query.get("message", "")
        if state is None:
            return None
        return _receipt(channel, message, sid, state, form.get("ErrorCode", ""), status)
    if "Body" not in form or not form.get("From"):
        return None
    return Reply(
        channel=channel,
        id=sid[:LONGEST_NAME],
        sender=form["From"][:LONGEST_NAME],
        text=form["Body"][:LONGEST_TEXT],
    )


def _receipt(channel: str, message: str, sid: str, state: ReceiptState, code: str, status: str) -> Receipt:
    """Known by our name where Twilio has it: its own may not be noted yet."""
    problem = f"{status}, Twilio's error {code}" if code and code != "0" else status
    return Receipt(
        channel=channel,
        message=message[:LONGEST_NAME],
        reference="" if message else sid[:LONGEST_NAME],
        state=state,
        problem=problem if state is ReceiptState.FAILED else None,
    )
