"""What a node says of its keepalived's settings, as bytes at the end of a router's section."""

from __future__ import annotations

from functools import lru_cache

from hawatch.wire.report import ReportedSettings
from hawatch.wire.sections import Cursor, text, varint

MOST_REMEMBERED_BYTES = 256
"""Longer ones are read each time, so that what is remembered is bounded in bytes, too."""

_CHECKSUM_AS_V2, _NOPREEMPT = 1, 2


def write_settings(settings: ReportedSettings) -> bytes:
    """The settings; absent texts are empty ones."""
    flags = settings.checksum_as_v2 * _CHECKSUM_AS_V2 | settings.nopreempt * _NOPREEMPT
    words = (settings.auth_type, settings.auth_fingerprint or "", settings.destination, settings.source or "")
    encoded = bytes((settings.version, flags)) + b"".join(map(text, words))
    return encoded + varint(len(settings.unicast_peers)) + b"".join(map(text, settings.unicast_peers))


def read_settings(value: Cursor) -> ReportedSettings:
    """The record, the last one of its section; raises DecodeError for what is cut off or no text."""
    rest = value.data[value.position :]
    value.position = len(value.data)
    return _read_again(rest) if len(rest) <= MOST_REMEMBERED_BYTES else _read(Cursor(rest))


@lru_cache(maxsize=1024)
def _read_again(rest: bytes) -> ReportedSettings:
    """A router's settings are the same from one report to the next."""
    return _read(Cursor(rest))


def _read(value: Cursor) -> ReportedSettings:
    version, flags = value.byte(), value.byte()
    auth_type, fingerprint, destination, source = (value.text() for _ in range(4))
    peers = tuple(value.text() for _ in range(value.varint()))
    return ReportedSettings(
        version=version,
        auth_type=auth_type,
        auth_fingerprint=fingerprint or None,
        destination=destination,
        source=source or None,
        unicast_peers=peers,
        checksum_as_v2=bool(flags & _CHECKSUM_AS_V2),
        nopreempt=bool(flags & _NOPREEMPT),
    )
