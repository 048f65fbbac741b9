"""Who gives way when more are connected than the agent can spare: pure; times are seconds of one clock."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """One connection: of whom, when it began, and until when it may leave its place unused, None while it is used."""

    caller: str
    began: float
    unused_until: float | None


def gives_way(places: Collection[Place], newcomer: Place) -> Place:
    """Of all these, the newcomer among them, the one that is let go.

    Who waits, for a request or for its answer to be read, gives way to who comes: first of the caller with the most
    places, the longest first. If all are used, a caller with more of them than the newcomer's gives its latest.
    """
    count = Counter(each.caller for each in places)
    unused = [each for each in places if each is not newcomer and each.unused_until is not None]
    if unused:
        return min(unused, key=lambda each: (-count[each.caller], each.unused_until or 0.0))
    most = max(places, key=lambda each: (count[each.caller], each.began))
    return most if count[most.caller] > count[newcomer.caller] else newcomer


def caller_of(address: str) -> str:
    """By which an address counts: those of one IPv6 /64 are one caller's."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
