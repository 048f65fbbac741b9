"""What this host says of itself: the only part of `hawatch init` that looks at it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pyroute2 import IPRoute

from hawatch.cli.initiating.facts import HostFacts, OwnAddress, read_hosts
from hawatch.observers.gateway import default_gateways
from hawatch.observers.vip.netlink import read_assignment, read_link

HOSTS = Path("/etc/hosts")
_PATIENCE = 0.5
"""Seconds in which a node on the next wire answers."""


def look_at_host() -> HostFacts:
    """Its name, addresses, gateways, and what its /etc/hosts knows."""
    hosts = ""
    with suppress(OSError, UnicodeDecodeError):
        hosts = HOSTS.read_text(encoding="utf-8")
    return HostFacts(
        name=os.uname().nodename.partition(".")[0],
        addresses=_addresses(),
        gateways=default_gateways(),
        names=read_hosts(hosts),
    )


def _addresses() -> tuple[OwnAddress, ...]:
    with IPRoute() as kernel:
        links = {link.index: link.name for link in map(read_link, kernel.get_links())}
        assignments = [read_assignment(message) for message in kernel.get_addr()]
    return tuple(
        OwnAddress(
            device=links[each.index], address=each.address.partition("%")[0], prefix_length=each.prefix_length
        )
        for each in assignments
        if each.index in links
    )


def answers(address: str) -> bool:
    """Whether somebody answers a ping there at once; False also where we may not ask."""
    from icmplib import ICMPLibError, ping

    try:
        return bool(ping(address, count=2, interval=0.1, timeout=_PATIENCE).is_alive)
    except (ICMPLibError, OSError):
        return False
