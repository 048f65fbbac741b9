"""What a node says of the virtual services of one virtual router, as the bytes of a section behind the router's."""

from __future__ import annotations

from collections.abc import Iterable

from hawatch.errors import DecodeError
from hawatch.wire.report import ReportedVirtualService
from hawatch.wire.sections import Cursor, text, varint

MOST_BYTES = 600
"""For one virtual router, some eighteen services; of the others nothing is said."""
_INCOMPLETE = 1
_DIGEST_BYTES = 4


def write_virtual_services(services: Iterable[ReportedVirtualService]) -> bytes:
    """A byte of flags, then one service after the other while there is room. ValueError: a digest that is none."""
    encoded, flags = b"", 0
    for each in services:
        one = text(each.name) + _digest(each.make) + _digest(each.servers) + varint(each.usable)
        if len(encoded) + len(one) > MOST_BYTES:
            flags |= _INCOMPLETE
            continue
        encoded += one
    return bytes((flags,)) + encoded


def _digest(digits: str) -> bytes:
    encoded = bytes.fromhex(digits)
    if len(encoded) != _DIGEST_BYTES:
        raise ValueError(f"{digits!r} is not a digest of {_DIGEST_BYTES} bytes")
    return encoded


def read_virtual_services(value: Cursor) -> tuple[tuple[ReportedVirtualService, ...], bool]:
    """The records, and whether they are all; raises DecodeError for what is cut off or no text."""
    flags = value.byte()
    found = []
    while not value.exhausted:
        name = value.text()
        if not name:
            raise DecodeError("malformed virtual service")
        make, servers = (value.take(_DIGEST_BYTES).hex() for _ in range(2))
        found.append(ReportedVirtualService(name=name, make=make, servers=servers, usable=value.varint()))
    return tuple(found), not flags & _INCOMPLETE
