"""The [channel.probe] of a [[channel]], from text to a record."""

from __future__ import annotations

import re
from datetime import time

from hawatch.config.oncall import Channel
from hawatch.config.probe import DAY, ReplyPathProbe
from hawatch.config.table import Table

LEAST_EVERY = 600
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def probe(table: Table, channel: Channel, usual_to: str | None) -> ReplyPathProbe:
    """What a two-way channel sends itself; `usual_to` is its own address, where that is known. ConfigError."""
    if not channel.two_way:
        raise table.error("", f"is of no use: nothing that is answered on {channel.name} is read")
    default = ReplyPathProbe(to="")
    written = table.optional("at", _clock)
    found = ReplyPathProbe(
        to=table.checked("to") if usual_to is None else table.string("to", usual_to),
        every=table.duration("every", default.every, LEAST_EVERY),
        within=table.duration("within", default.within, 1),
        at=None if written is None else time.fromisoformat(written),
    )
    if found.at is not None and found.every % DAY:
        raise table.error("every", "is not whole days (24h, 48h, …), while there is a time of day (at)")
    if found.within > found.every / 2:
        raise table.error("within", "is more than half of the time from one probe to the next (every)")
    table.end()
    return found


def _clock(text: str) -> str | None:
    return None if _CLOCK.fullmatch(text) else "is not a time of day, like 10:00"
