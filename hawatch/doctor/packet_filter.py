"""The nftables and iptables rules that this host's advertisements, and its peers', would meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_address

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, Outcome, fine, unknown
from hawatch.errors import DecodeError
from hawatch.keepalived.model import VirtualRouter
from hawatch.netfilter import AH, Direction, Fate, Judgement, Packet, judge_vrrp, packets_of, remedy_for

_OUTCOMES = {
    Fate.ACCEPTED: Outcome.OK,
    Fate.DROPPED: Outcome.FAIL,
    Fate.PARTLY_DROPPED: Outcome.FAIL,
    Fate.MAY_DROP: Outcome.WARN,
    Fate.UNKNOWN: Outcome.UNKNOWN,
}
_WHAT_IT_DOES = {
    Fate.DROPPED: "is dropped",
    Fate.PARTLY_DROPPED: "is dropped now and then",
    Fate.MAY_DROP: "may be dropped",
}
ASK_AS_ROOT = "run hawatch doctor as root, or start hawatch-helper"


def examine(case: Case) -> Iterator[Line]:
    """Two lines for each virtual router: in and out."""
    if case.keepalived is None:
        yield unknown("firewall", f"the virtual routers are not known: {case.keepalived_problem}")
        return
    if case.listing is None:
        yield unknown("firewall", f"the rules could not be listed: {case.listing_problem} ({ASK_AS_ROOT})")
        return
    for router in case.routers:
        packets = packets_of(router, peer_addresses=_addresses(case))
        for direction in Direction:
            ours = [packet for packet in packets if packet.direction is direction]
            if ours:
                yield _examine(case.listing, router, ours)


def _addresses(case: Case) -> list[str]:
    """Those of the peers that are addresses, and not host names."""
    found = []
    for each in case.peer_addresses:
        with suppress(ValueError):
            found.append(str(ip_address(each.partition("%")[0])))
    return found


def _examine(listing: Mapping[str, object], router: VirtualRouter, packets: list[Packet]) -> Line:
    """The worst that becomes of these packets, which go the same way."""
    packet = packets[0]
    name = f"firewall {router.instance} {packet.direction.value}"
    what = f"{'AH' if packet.protocol == AH else 'VRRP'} {packet.direction.value} on {packet.interface}"
    try:
        judged = [(judge_vrrp(listing, each), each) for each in packets]
    except DecodeError as error:
        return unknown(name, f"the rules could not be understood: {error}")
    judgement, packet = max(judged, key=lambda pair: list(Outcome).index(_OUTCOMES[pair[0].verdict]))
    if judgement.verdict is Fate.ACCEPTED:
        return fine(name, f"{what} passes")
    if judgement.verdict is Fate.UNKNOWN:
        return unknown(name, f"what becomes of {what} is not known: {judgement.rule}")
    return Line(
        name=name,
        outcome=_OUTCOMES[judgement.verdict],
        sentence=f"{what} {_WHAT_IT_DOES[judgement.verdict]} by {_place(judgement)}",
        remedy=remedy_for(judgement, packet),
    )


def _place(judgement: Judgement) -> str:
    at = f" ({judgement.place})" if judgement.place is not None else ""
    return f"`{judgement.rule}`{at}"
