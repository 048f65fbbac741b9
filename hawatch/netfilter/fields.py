"""What is known of an advertisement's headers, and how a value compares with what a rule asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_network

from hawatch.netfilter.names import number
from hawatch.netfilter.packet import Address, Direction, Packet, address
from hawatch.netfilter.truth import Truth
from hawatch.wire.family import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A field of the packet: its value (None: not known), the names that a rule may use for numbers, and another number
    that listings have in the value's place."""

    value: int | str | Address | None
    names: dict[str, int] = field(default_factory=dict)
    also: int | None = None


def is_multicast(packet: Packet) -> bool | None:
    """Whether it goes to a group; None when its destination is not known."""
    destination = address(packet.destination)
    return None if destination is None else destination.is_multicast


def group_mac(packet: Packet) -> str | None:
    """The destination MAC that follows from a group (RFC 1112 §6.4, RFC 2464 §7); None for unicast."""
    destination = address(packet.destination)
    if destination is None or not destination.is_multicast:
        return None
    low = int(destination)
    if packet.family is Family.IPV6:
        return "33:33:" + ":".join(f"{low >> shift & 0xFF:02x}" for shift in (24, 16, 8, 0))
    return "01:00:5e:" + ":".join(f"{each:02x}" for each in (low >> 16 & 0x7F, low >> 8 & 0xFF, low & 0xFF))


def interface(packet: Packet, direction: Direction) -> str:
    """The device by which it comes in or goes out; empty for the other way."""
    return packet.interface if packet.direction is direction else ""


def compare(known: Known, operator: str, wanted: object) -> Truth:
    """One comparison with a scalar, prefix or range of nft's JSON, or with the same as text."""
    value: int | str | Address | None = known.value
    if value is None:
        return Truth.UNKNOWN
    if operator in {"==", "!=", "in", "implicit"}:
        equal = _equal(known, wanted)
        return ~equal if operator == "!=" else equal
    other = _scalar(known, wanted)
    if other is None or isinstance(value, str) or type(other) is not type(value):
        return Truth.UNKNOWN
    return Truth.of(_ordered(value, operator, other))


def _ordered(value: int | Address, operator: str, other: object) -> bool | None:
    left, right = int(value), int(other)  # type: ignore[call-overload]  # both are numbers or addresses of one family
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}.get(operator)


def _equal(known: Known, wanted: object) -> Truth:
    """Whether the value is that, lies within that prefix or range, or has that name."""
    if isinstance(wanted, dict):
        if "prefix" in wanted:
            return _in_prefix(known.value, wanted["prefix"])
        if "range" in wanted:
            return _in_range(known, wanted["range"])
        return Truth.UNKNOWN
    if isinstance(known.value, str):
        return Truth.of(_named(known.value, wanted) if isinstance(wanted, str) else None)
    if isinstance(wanted, str) and not isinstance(known.value, int) and "/" in wanted:
        return _in_network(known.value, wanted)
    other = _scalar(known, wanted)
    return Truth.UNKNOWN if other is None else Truth.of(other == known.value)


def _named(value: str, wanted: str) -> bool:
    """Names of devices end in a wildcard when a rule means all that begin so."""
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted


def _scalar(known: Known, wanted: object) -> int | Address | None:
    if isinstance(known.value, int):
        found = number(wanted, known.names)
        return known.value if found is not None and found == known.also else found
    if not isinstance(wanted, str):
        return None
    return address(wanted)


def _in_prefix(value: object, prefix: object) -> Truth:
    if not isinstance(prefix, dict):
        return Truth.UNKNOWN
    return _in_network(value, f"{prefix.get('addr')}/{prefix.get('len')}")


def _in_network(value: object, text: str) -> Truth:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return Truth.UNKNOWN
    if not isinstance(value, (IPv4Address, IPv6Address)):
        return Truth.UNKNOWN
    return Truth.of(value.version == network.version and value in network)


def _in_range(known: Known, limits: object) -> Truth:
    if (
        not isinstance(limits, list)
        or len(limits) != 2
        or known.value is None
        or isinstance(known.value, str)
    ):
        return Truth.UNKNOWN
    low, high = (_scalar(known, each) for each in limits)
    if low is None or high is None:
        return Truth.UNKNOWN
    if type(low) is not type(known.value) or type(high) is not type(known.value):
        return Truth.NO
    return Truth.of(int(low) <= int(known.value) <= int(high))
