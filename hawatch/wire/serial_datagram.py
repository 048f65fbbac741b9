"""A report for a slow line: items that are told when they change, and digests by which the rest is known to stand.

    NODE    what keepalived does, whether the host ends, and which virtual routers there are
    ROUTER  one virtual router: holds, priorities, what it hears
    ABOUT   whatever else there is to say of the node: addresses, MACs, version
    DETAILS whatever else there is to say of one virtual router: settings, findings

NODE and ROUTER make verdicts, and go at once. Header and seal are those of hawatch/wire/sealed.py, an item's body is
made of the sections of hawatch/wire/report_sections.py.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from hawatch.errors import DecodeError
from hawatch.wire import report_sections
from hawatch.wire.report_datagram import Envelope
from hawatch.wire.report_sections import Contents, write_timing
from hawatch.wire.sealed import FIXED_BYTES, Sealed, seal, unseal
from hawatch.wire.sections import Cursor, section, text_of, varint

Key = tuple[int, bytes]
"""An item's kind, and what it is about."""

MAGIC = b"hS"
_ASKS, _ANSWERS, _LEAVING, _TAKES_LETTERS = 1, 2, 4, 8
HEAD_BYTES = FIXED_BYTES + 40
"""About what a datagram has besides its items."""


class ItemKind(IntEnum):
    """What an item is about, in the order in which a new listener is told."""

    NODE = 1
    ABOUT = 2
    ROUTER = 3
    DETAILS = 4


URGENT_KINDS = frozenset({ItemKind.NODE, ItemKind.ROUTER})


class Kind(IntEnum):
    """What a section holds; a reader skips what it does not know. Two are those of hawatch/wire/report_sections.py."""

    NAME = 1
    TIMING = report_sections.Kind.TIMING
    DIGEST = 3
    ITEM = 4
    RETURN = 5
    WALL_TIME = report_sections.Kind.WALL_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing told: `about` is empty, or the virtual router's family and VRID; `edition` grows with every change."""

    kind: int
    about: bytes = b""
    edition: int
    body: bytes

    @property
    def key(self) -> Key:
        """What it is, whatever it says."""
        return self.kind, self.about

    @property
    def size(self) -> int:
        """Its bytes in a datagram, or one or two more."""
        return len(self.body) + len(self.about) + 10


@dataclass(frozen=True, slots=True)
class Digests:
    """Numbers that tell whether two sides have the same editions of the same items: of URGENT_KINDS, and of all."""

    urgent: int
    all: int

    @staticmethod
    def of(editions: Mapping[Key, int]) -> Digests:
        """Those of these editions."""
        return Digests(
            _crc({key: edition for key, edition in editions.items() if key[0] in URGENT_KINDS}),
            _crc(editions),
        )


def _crc(editions: Mapping[Key, int]) -> int:
    told = sorted(editions.items())
    return zlib.crc32(b"".join(bytes((kind,)) + about + varint(edition) for (kind, about), edition in told))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowReport:
    """What one datagram brings; `digests` are of all items as they stand, told in it or before."""

    envelope: Envelope
    node: str
    digests: Digests
    items: tuple[Item, ...] = ()
    leaving: bool = False
    expected_return: float | None = None
    wall_time: float | None = None


def is_slow_report(datagram: bytes) -> bool:
    """Whether a datagram says that it is of this kind."""
    return datagram.startswith(MAGIC)


def encode(report: SlowReport, key: bytes) -> bytes:
    """The datagram. Raises ValueError for an empty key."""
    envelope = report.envelope
    body = section(Kind.NAME, report.node.encode())
    body += write_timing(envelope.stamp, envelope.echoed_stamp, envelope.held)
    digests = report.digests
    body += section(Kind.DIGEST, digests.urgent.to_bytes(4, "big") + digests.all.to_bytes(4, "big"))
    if report.expected_return is not None:
        body += section(Kind.RETURN, varint(max(0, int(report.expected_return * 1000))))
    if report.wall_time is not None:
        body += section(Kind.WALL_TIME, varint(max(0, round(report.wall_time * 1e6))))
    for item in report.items:
        head = bytes((item.kind, len(item.about))) + item.about + varint(item.edition)
        body += section(Kind.ITEM, head + item.body)
    flags = envelope.asks * _ASKS | envelope.answers * _ANSWERS | report.leaving * _LEAVING
    flags |= envelope.takes_letters * _TAKES_LETTERS
    sealed = Sealed(
        boot_id=envelope.boot_id,
        sequence=envelope.sequence,
        body=body,
        flags=flags,
        minor=envelope.minor,
    )
    return seal(MAGIC, sealed, key)


def decode(datagram: bytes, key: bytes) -> SlowReport:
    """What one datagram brings. Raises DecodeError: what unseal() raises, "truncated" and "malformed …"."""
    sealed = unseal(datagram, MAGIC, key, kind="hawatch report")
    node, digests = "", Digests(0, 0)
    expected_return: float | None = None
    timing = Contents()
    items: list[Item] = []
    cursor = Cursor(sealed.body)
    while not cursor.exhausted:
        kind, encoded = cursor.section()
        value = Cursor(encoded)
        match kind:
            case Kind.NAME:
                node = text_of(encoded)
            case Kind.DIGEST:
                digests = Digests(value.number(4), value.number(4))
            case Kind.RETURN:
                expected_return = value.varint() / 1000
            case Kind.ITEM:
                items.append(_item(value))
            case Kind.TIMING | Kind.WALL_TIME:
                found = report_sections.read(Cursor(section(kind, encoded)))
                timing.wall_time = timing.wall_time or found.wall_time
                if kind == Kind.TIMING:
                    timing.stamp, timing.echoed_stamp, timing.held = (
                        found.stamp,
                        found.echoed_stamp,
                        found.held,
                    )
            case _:
                pass  # of a newer minor version
    if not node:
        raise DecodeError("malformed node name")
    envelope = Envelope(
        boot_id=sealed.boot_id,
        sequence=sealed.sequence,
        stamp=timing.stamp,
        echoed_stamp=timing.echoed_stamp,
        held=timing.held,
        asks=bool(sealed.flags & _ASKS),
        answers=bool(sealed.flags & _ANSWERS),
        takes_letters=bool(sealed.flags & _TAKES_LETTERS),
        minor=sealed.minor,
    )
    return SlowReport(
        envelope=envelope,
        node=node,
        digests=digests,
        items=tuple(items),
        leaving=bool(sealed.flags & _LEAVING),
        expected_return=expected_return,
        wall_time=timing.wall_time,
    )


def _item(value: Cursor) -> Item:
    kind, length = value.byte(), value.byte()
    about, edition = value.take(length), value.varint()
    return Item(kind=kind, about=about, edition=edition, body=value.take(len(value.data) - value.position))
