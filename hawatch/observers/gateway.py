"""The default gateways of this network namespace, which serve as references unless others are named."""

from __future__ import annotations

import ipaddress
import socket
import struct
from pathlib import Path

from hawatch.proc_file import read_proc_bytes

IPV4_ROUTES = Path("/proc/net/route")
IPV6_ROUTES = Path("/proc/net/ipv6_route")
_GATEWAY_FLAG = 0x2


def default_gateways(ipv4: Path = IPV4_ROUTES, ipv6: Path = IPV6_ROUTES) -> tuple[str, ...]:
    """The next hops of all default routes, IPv4 first; a link-local one carries its device as %zone."""
    return (*_ipv4_gateways(ipv4), *_ipv6_gateways(ipv6))


def _ipv4_gateways(path: Path) -> list[str]:
    found: list[str] = []
    for fields in _rows(path)[1:]:
        destination, gateway, flags, mask = fields[1], fields[2], int(fields[3], 16), fields[7]
        if destination == mask == "00000000" and flags & _GATEWAY_FLAG:
            found.append(socket.inet_ntoa(struct.pack("=I", int(gateway, 16))))
    return list(dict.fromkeys(found))


def _ipv6_gateways(path: Path) -> list[str]:
    found: list[str] = []
    for fields in _rows(path):
        prefix, length, gateway, flags, device = (
            fields[0],
            fields[1],
            fields[4],
            int(fields[8], 16),
            fields[9],
        )
        if int(prefix, 16) == 0 and length == "00" and flags & _GATEWAY_FLAG and device != "lo":
            address = ipaddress.IPv6Address(int(gateway, 16))
            found.append(f"{address}%{device}" if address.is_link_local else str(address))
    return list(dict.fromkeys(found))


def _rows(path: Path) -> list[list[str]]:
    try:
        lines = read_proc_bytes(path).splitlines()
    except OSError:
        return []
    # A device's name may have any byte in it but those that separate fields here.
    return [[word.decode(errors="replace") for word in line.split()] for line in lines]
