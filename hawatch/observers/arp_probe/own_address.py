"""This node's own addresses on a device, from which it may ask: never a VIP."""

from __future__ import annotations

import fcntl
import struct
from array import array
from collections.abc import Collection, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, inet_ntoa, socket

SIOCGIFCONF, SIOCGIFNETMASK = 0x8912, 0x891B
IF_INET6 = Path("/proc/net/if_inet6")

UNSPECIFIED = str(IPv4Address(0))  # the sender of an ARP probe that enters no cache (RFC 5227 §1.1)

_LINK_SCOPE = 0x20
_TENTATIVE, _DADFAILED = 0x40, 0x08
_REQUEST_SIZE = 16 + struct.calcsize(
    "@LLHBBB0L"
)  # struct ifreq: a name, and a union as large as struct ifmap


Own = Sequence[tuple[str, IPv4Network | None]]
"""Addresses with their subnets, None where the kernel did not tell."""


def ipv4_own(interface: str, *, vips: Collection[str]) -> Own:
    """The device's addresses that are no VIPs, the primary ones first."""
    with socket(AF_INET, SOCK_DGRAM) as sock:
        return [
            (address, _subnet(sock, label, raw))
            for label, raw in _ipv4_addresses(sock, interface)
            if (address := inet_ntoa(raw)) not in vips
        ]


def sender_among(own: Own, target: str) -> str:
    """The first of them, if possible one in the target's subnet; UNSPECIFIED when there is none."""
    asked = IPv4Address(target)
    inside = (address for address, subnet in own if subnet is not None and asked in subnet)
    return next(inside, own[0][0] if own else UNSPECIFIED)


def _ipv4_addresses(sock: socket, interface: str) -> list[tuple[str, bytes]]:
    """Label and address of each, the primary ones first (netdevice(7), SIOCGIFCONF)."""
    size = 64 * _REQUEST_SIZE
    while True:
        entries = array("B", bytes(size))
        request = struct.pack("@iP", size, entries.buffer_info()[0])
        (length,) = struct.unpack_from("@i", fcntl.ioctl(sock, SIOCGIFCONF, request))
        if length < size:
            break
        size *= 4
    found = []
    for at in range(0, length, _REQUEST_SIZE):
        entry = entries[at : at + _REQUEST_SIZE].tobytes()
        label = entry[:16].partition(b"\0")[0].decode(errors="replace")
        if label.partition(":")[0] == interface:
            found.append((label, entry[20:24]))
    return found


def _subnet(sock: socket, label: str, raw: bytes) -> IPv4Network | None:
    question = struct.pack("@16sHH4s16x", label.encode(), AF_INET, 0, raw)
    with suppress(OSError):
        mask = inet_ntoa(fcntl.ioctl(sock, SIOCGIFNETMASK, question)[20:24])
        return IPv4Network(f"{inet_ntoa(raw)}/{mask}", strict=False)
    return None


def ipv6_sender(interface: str, *, vips: Collection[str]) -> str | None:
    """The device's own link-local address, None while it has none that may be used."""
    with suppress(OSError):
        for line in IF_INET6.read_bytes().splitlines():  # a device's name may be no text
            digits, _, _, scope, flags, name = line.split()
            address = str(IPv6Address(int(digits, 16)))
            settled = not int(flags, 16) & (_TENTATIVE | _DADFAILED)
            if (
                name == interface.encode()
                and int(scope, 16) == _LINK_SCOPE
                and settled
                and address not in vips
            ):
                return address
    return None
