"""CARP, which lives on VRRP's protocol number and group, and begins like a VRRPv2 advertisement."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.errors import DecodeError
from hawatch.wire.checksum import checksum

SIZE = 36
AUTHENTICATION_WORDS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class CarpAnnouncement:
    """One CARP announcement; `vhid` lies where VRRP has the VRID, `advskew` where it has the priority."""

    vhid: int
    advbase: int
    advskew: int
    demotion: int = 0

    @property
    def interval_seconds(self) -> float:
        """How often it is sent: `advbase` seconds and `advskew` 256ths of one."""
        return self.advbase + self.advskew / 256


def is_carp(payload: bytes) -> bool:
    """Tell CARP by its version 2, its length of 36 bytes and the 7 where VRRP counts its addresses.

    A VRRPv2 advertisement of 7 addresses has 44 bytes, since 8 of authentication data follow them.
    """
    return len(payload) == SIZE and payload[3] == AUTHENTICATION_WORDS and payload[0] >> 4 == 2


def decode(payload: bytes) -> CarpAnnouncement:
    """Read what follows the IP header; raises DecodeError for all that is_carp() refuses."""
    if not is_carp(payload):
        raise DecodeError("not CARP")
    return CarpAnnouncement(vhid=payload[1], advskew=payload[2], demotion=payload[4], advbase=payload[5])


def encode(announcement: CarpAnnouncement, *, counter: int = 0, digest: bytes = bytes(20)) -> bytes:
    """Write an announcement as it goes over IPv4 (no pseudo header); `digest` is the 20-byte HMAC-SHA1."""
    if len(digest) != 20:
        raise ValueError(f"a CARP digest has 20 bytes, not {len(digest)}")
    head = bytes((0x21, announcement.vhid, announcement.advskew, AUTHENTICATION_WORDS))
    head += bytes((announcement.demotion, announcement.advbase))
    tail = counter.to_bytes(8, "big") + digest
    return head + checksum(head + b"\0\0" + tail).to_bytes(2, "big") + tail
