"""/proc/net/igmp and /proc/net/igmp6: which devices have joined which multicast groups."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache

from hawatch.errors import DecodeError
from hawatch.wire.address import address_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A device has joined a group; `users` counts the sockets (and the kernel itself) that wanted it."""

    interface: str
    group: str
    users: int


@lru_cache(maxsize=2)  # in peace the next look reads the same
def read_igmp(text: str) -> tuple[Membership, ...]:
    """Read /proc/net/igmp (ip_mc seq files in net/ipv4/igmp.c). DecodeError when it is something else."""
    lines = text.splitlines()
    if not lines or not lines[0].startswith("Idx"):
        raise DecodeError("not /proc/net/igmp")
    found: list[Membership] = []
    interface = None
    try:
        for line in lines[1:]:
            if not line.startswith(("\t", " ")):
                interface = line.split()[1].rstrip(":")
            elif interface is not None:
                group, users = line.split()[:2]
                found.append(Membership(interface=interface, group=_ipv4(group), users=int(users)))
    except (ValueError, IndexError, OverflowError):
        raise DecodeError("a line of /proc/net/igmp that cannot be read") from None
    return tuple(found)


@lru_cache(maxsize=2)
def read_igmp6(text: str) -> tuple[Membership, ...]:
    """Read /proc/net/igmp6 (net/ipv6/mcast.c). DecodeError when it is something else."""
    found: list[Membership] = []
    try:
        for line in text.splitlines():
            _, interface, group, users = line.split()[:4]
            found.append(
                Membership(interface=interface, group=address_text(_sixteen(group)), users=int(users))
            )
    except ValueError:
        raise DecodeError("a line of /proc/net/igmp6 that cannot be read") from None
    return tuple(found)


def users_of(memberships: tuple[Membership, ...], interface: str, group: str) -> int:
    """How many have joined a group on a device; 0 when nobody has."""
    return sum(each.users for each in memberships if (each.interface, each.group) == (interface, group))


def _ipv4(text: str) -> str:
    """The kernel prints an address as a number of its own byte order."""
    return address_text(int(text, 16).to_bytes(4, sys.byteorder))


def _sixteen(text: str) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) != 16:
        raise ValueError(text)
    return raw
