"""/proc/net/route: over which device an IPv4 address is reached."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from hawatch.errors import DecodeError

_UP, _REJECT = 0x1, 0x200


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route of the main table."""

    network: IPv4Network
    device: str
    metric: int


def read_routes(text: str) -> tuple[Route, ...]:
    """The routes that are up (fib_route_seq_show in net/ipv4/fib_trie.c). DecodeError when it is something else."""
    found = []
    try:
        for line in text.splitlines()[1:]:
            device, destination, _, flags, _, _, metric, mask, *_ = line.split()
            if int(flags, 16) & _UP and not int(flags, 16) & _REJECT:
                network = IPv4Network((_address(destination), str(_address(mask))))
                found.append(Route(network=network, device=device, metric=int(metric)))
    except (ValueError, OverflowError):
        raise DecodeError("a line of /proc/net/route that cannot be read") from None
    return tuple(found)


def device_towards(routes: tuple[Route, ...], address: str) -> str | None:
    """The device of the most specific route, the one with the least metric; None when there is no route."""
    wanted = IPv4Address(address)
    fitting = [route for route in routes if wanted in route.network]
    best = min(fitting, key=lambda route: (-route.network.prefixlen, route.metric), default=None)
    return None if best is None else best.device


def _address(text: str) -> IPv4Address:
    return IPv4Address(int(text, 16).to_bytes(4, sys.byteorder))
