"""A provider's rows, from a webhook or a list, as replies and receipts: what hawatch.toml says where to look for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hawatch.config.provider import HttpProvider, ReceiptForm, ReplyForm
from hawatch.provider.looking_up import filled, rows_of
from hawatch.replies.dropped import identity
from hawatch.reply.arrival import Arrival, Receipt, ReceiptState, Reply

LONGEST_TEXT = 2000
LONGEST_NAME = 200
_MILLI = 1000.0
_LATEST = 4e9
"""Epoch seconds beyond which a number is no time."""


def arrivals_of(provider: HttpProvider, channel: str, said: Any) -> Iterator[Arrival]:
    """All that a webhook tells of; a row that is neither a reply nor a receipt tells nothing."""
    if provider.replies is not None:
        yield from replies_of(provider.replies, channel, said)
    if provider.receipts is not None:
        yield from receipts_of(provider.receipts, channel, said)


def replies_of(form: ReplyForm, channel: str, said: Any) -> Iterator[Reply]:
    """The replies among the rows."""
    for row in rows_of(said, form.rows):
        sender, text = filled(form.sender, row), filled(form.text, row)
        if not sender or not text:
            continue
        written = filled(form.time, row)
        name = filled(form.id, row) or identity(sender, written, text)
        yield Reply(
            channel=channel,
            id=name[:LONGEST_NAME],
            sender=sender[:LONGEST_NAME],
            text=text[:LONGEST_TEXT],
            sent_at=moment(written, form.time_format, form.zone),
        )


def receipts_of(form: ReceiptForm, channel: str, said: Any) -> Iterator[Receipt]:
    """The receipts among the rows; a status that hawatch.toml does not name is none."""
    for row in rows_of(said, form.rows):
        message, reference = filled(form.message, row), filled(form.reference, row)
        state = _state(form, filled(form.status, row))
        if state is not None and (message or reference):
            problem = filled(form.problem, row) or "the provider says not why"
            yield Receipt(
                channel=channel,
                message=message[:LONGEST_NAME],
                reference=reference[:LONGEST_NAME],
                state=state,
                problem=problem[:LONGEST_NAME] if state is ReceiptState.FAILED else None,
            )


def _state(form: ReceiptForm, status: str) -> ReceiptState | None:
    meant = (
        (ReceiptState.DELIVERED, form.delivered),
        (ReceiptState.FAILED, form.failed),
        (ReceiptState.SENT, form.sent),
    )
    return next((state for state, words in meant if words and re.fullmatch(words, status)), None)


def moment(written: str, form: str, zone: str) -> float | None:
    """A time in epoch seconds; None for what is none of this form. `zone` counts where the text names none."""
    try:
        match form:
            case "unix":
                found = float(written)
            case "unix_ms":
                found = float(written) / _MILLI
            case "iso":
                found = _in_zone(datetime.fromisoformat(written), zone)
            case _:
                found = _in_zone(datetime.strptime(written, form), zone)  # noqa: DTZ007  the zone follows
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found <= _LATEST else None


def _in_zone(moment: datetime, zone: str) -> float:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC if zone == "UTC" else ZoneInfo(zone))
    return moment.timestamp()
