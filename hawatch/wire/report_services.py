"""What a node says of its services, as the bytes of one section; what does not fit a datagram stays at home."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hawatch.wire.report import ReportedService
from hawatch.wire.sections import Cursor, text

MOST_BYTES = 400
"""For all services of a node, some twenty: every slice of a report has them."""

_TRISTATES = (None, False, True)


def write_services(services: Iterable[ReportedService]) -> bytes:
    """One after the other while there is room; a service that is left out is one of which nothing is known."""
    encoded = b""
    for each in services:
        one = bytes((_TRISTATES.index(each.up),)) + text(each.name)
        if len(encoded) + len(one) <= MOST_BYTES:
            encoded += one
    return encoded


def read_services(value: Cursor) -> Iterator[ReportedService]:
    """The records; raises DecodeError for what is cut off or no text."""
    while not value.exhausted:
        state = value.byte()
        up = _TRISTATES[state] if state < len(_TRISTATES) else None
        yield ReportedService(name=value.text(), up=up)
