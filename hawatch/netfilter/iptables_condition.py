"""Whether a condition of iptables holds for an advertisement (iptables-extensions(8))."""

from __future__ import annotations

from hawatch.netfilter.fields import Known, compare, interface, is_multicast
from hawatch.netfilter.meeting import Meeting
from hawatch.netfilter.names import (
    ADDRESS_TYPES,
    CT_STATES,
    DSCP,
    EXTENSION_HEADERS,
    OWN_HEADERS,
    PACKET_TYPES,
    PROTOCOLS,
    number,
)
from hawatch.netfilter.packet import AH, TOS, Direction, address
from hawatch.netfilter.ruleset import XtMatch
from hawatch.netfilter.truth import Truth


def holds(condition: XtMatch, meeting: Meeting) -> Truth:
    """Whether the packet gets past this condition; an extension that is not known here is UNKNOWN."""
    argument = condition.arguments[0] if condition.arguments else ""
    plain = _plain(condition, argument, meeting)
    return ~plain if condition.negated else plain


def _plain(condition: XtMatch, argument: str, meeting: Meeting) -> Truth:
    if condition.module == "":
        return _built_in(condition.option, argument, meeting)
    if condition.module == "comment":
        return Truth.YES
    if condition.module == "multiport" or condition.module in OWN_HEADERS | EXTENSION_HEADERS:
        return _absent(condition)
    if condition.module == "ah" and meeting.packet.protocol != AH:
        return _absent(condition)
    if condition.module in {"conntrack", "state"}:
        return _state(condition.option, argument, meeting)
    if condition.module == "statistic":
        return _statistic(condition)
    return _extension(condition, argument, meeting)


def _absent(condition: XtMatch) -> Truth:
    """NO in the end, because the header is not there: its negation asks for it, too."""
    return Truth.YES if condition.negated else Truth.NO


def _built_in(option: str, argument: str, meeting: Meeting) -> Truth:
    packet = meeting.packet
    if option == "--protocol":
        wanted = number(argument, PROTOCOLS)
        return Truth.UNKNOWN if wanted is None else Truth.of(wanted in {0, packet.protocol})
    if option in {"--source", "--destination"}:
        known = Known(value=address(packet.source if option == "--source" else packet.destination))
        return compare(known, "==", argument)
    if option in {"--in-interface", "--out-interface"}:
        direction = Direction.IN if option == "--in-interface" else Direction.OUT
        name = interface(packet, direction)
        return Truth.of(name.startswith(argument[:-1]) if argument.endswith("+") else name == argument)
    if option == "--fragment":
        return Truth.NO
    return Truth.YES if option in {"--ipv4", "--ipv6"} else Truth.UNKNOWN


def _state(option: str, argument: str, meeting: Meeting) -> Truth:
    if option not in {"--ctstate", "--state"}:
        return Truth.UNKNOWN
    wanted = [CT_STATES.get(name.strip().lower()) for name in argument.split(",")]
    return meeting.in_states(frozenset(bit for bit in wanted if bit is not None))


def _statistic(condition: XtMatch) -> Truth:
    """The share is in --probability or --every; the other options only set it up."""
    if condition.option == "--probability":
        try:
            share = float(condition.arguments[0])
        except (ValueError, IndexError):
            return Truth.UNKNOWN
        return Truth.NO if share <= 0 else Truth.YES if share >= 1 else Truth.SOMETIMES
    if condition.option == "--every":
        return Truth.YES if condition.arguments[:1] == ("1",) else Truth.SOMETIMES
    return Truth.YES


def _extension(condition: XtMatch, argument: str, meeting: Meeting) -> Truth:
    known = _field(condition.option, meeting)
    if known is None or (condition.option == "--mark" and condition.module != "mark"):
        return Truth.UNKNOWN
    if condition.option in {"--ttl-lt", "--ttl-gt", "--hl-lt", "--hl-gt"}:
        return compare(known, "<" if condition.option.endswith("lt") else ">", argument)
    if condition.option in {"--src-range", "--dst-range"}:
        return compare(known, "==", {"range": argument.split("-")})
    if condition.option == "--mark":
        value, _, mask = argument.partition("/")
        wanted, bits = number(value, {}), number(mask or "0xffffffff", {})
        if wanted is None or bits is None or not isinstance(known.value, int):
            return Truth.UNKNOWN
        return Truth.of(known.value & bits == wanted)
    truth = Truth.NO
    for each in argument.split(","):
        truth |= compare(known, "==", each.lower())
    return truth


def _field(option: str, meeting: Meeting) -> Known | None:
    """The value that an option asks about; None for options that are not known."""
    packet, changed = meeting.packet, meeting.changed
    incoming = packet.direction is Direction.IN
    multicast = is_multicast(packet)
    if option == "--pkt-type":
        name = "multicast" if multicast else "unicast"
        return Known(
            value=PACKET_TYPES[name] if incoming and multicast is not None else None, names=PACKET_TYPES
        )
    if option == "--dst-type":
        name = "multicast" if multicast else "local" if incoming else "unicast"
        return Known(value=None if multicast is None else ADDRESS_TYPES[name], names=ADDRESS_TYPES)
    if option == "--src-type":
        return Known(value=ADDRESS_TYPES["unicast" if incoming else "local"], names=ADDRESS_TYPES)
    if option in {"--ttl-eq", "--ttl-lt", "--ttl-gt", "--hl-eq", "--hl-lt", "--hl-gt"}:
        return Known(value=None if changed & {"ttl", "hoplimit"} else packet.ttl)
    if option in {"--dscp", "--dscp-class"}:
        return Known(value=None if "dscp" in changed else TOS >> 2, names=DSCP)
    if option in {"--src-range", "--dst-range"}:
        return Known(value=address(packet.source if option == "--src-range" else packet.destination))
    if option == "--mark":
        return Known(value=None if "mark" in changed else 0)
    return None
