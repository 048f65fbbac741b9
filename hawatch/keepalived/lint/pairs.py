"""Rules about two files of one pair: what must be the same on both nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hawatch.keepalived.lint.rule import Found
from hawatch.keepalived.lint.subject import Couple, Half
from hawatch.keepalived.model import VirtualRouter

_AUTH = {"none": "no authentication", "pass": "auth_type PASS", "ah": "auth_type AH"}
MOST_NAMED = 5


def differing(
    value: Callable[[VirtualRouter], str | None], *keywords: str
) -> Callable[[Couple], Iterator[Found]]:
    """A rule for a value of both halves, written as the line that sets it; None where it does not matter."""

    def look(couple: Couple) -> Iterator[Found]:
        for one, other in couple.pairs:
            ours, theirs = value(one.router), value(other.router)
            if ours is not None and theirs is not None and ours != theirs:
                text = f"{_who(other)} has {theirs}, {_who(one)} has {ours} ({one.at(*keywords)})"
                yield Found(other.at(*keywords), text, f"{ours}, on both nodes")

    return look


def _who(half: Half) -> str:
    return f"{half.instance.name} in {half.written.name}"


def no_counterpart(couple: Couple) -> Iterator[Found]:
    """An instance that the other node has nothing for: nobody stands by."""
    for half, other in couple.alone:
        router = half.router
        vips = ", ".join(vip.address for vip in router.all_vips[:MOST_NAMED]) or "no VIP"
        text = (
            f"{half.instance.name} (VRID {router.vrid} on {router.interface}, {vips}) has no counterpart in "
            f"{other.name}, so no standby"
        )
        yield Found(half.instance.block.where, text, f"the same vrrp_instance in {other.name}, or none here")


def version(router: VirtualRouter) -> str:
    """The line that sets the version."""
    return f"version {router.version}"


def vrid(router: VirtualRouter) -> str:
    """The line that sets the VRID."""
    return f"virtual_router_id {router.vrid}"


def interval_2(router: VirtualRouter) -> str | None:
    """The line that sets the interval, in VRRPv2."""
    return f"advert_int {router.advert_interval:g}" if router.version == 2 else None


def interval_3(router: VirtualRouter) -> str | None:
    """The line that sets the interval, in VRRPv3."""
    return f"advert_int {router.advert_interval:g}" if router.version == 3 else None


def down_timer(router: VirtualRouter) -> str:
    """The line that sets how many advertisements may be missed."""
    return f"down_timer_adverts {router.down_timer_adverts}"


def group(router: VirtualRouter) -> str | None:
    """The line that sets the multicast group."""
    return None if router.unicast else f"mcast_dst_ip {router.multicast_group}"


def checksum(router: VirtualRouter) -> str | None:
    """The line that sets the checksum's form, which VRRPv2 has only one of, and IPv6 too."""
    if router.version != 3 or ":" in router.multicast_group:
        return None
    return f"v3_checksum_as_v2 {'on' if router.v3_checksum_as_v2 else 'off'}"


def destination_kind(couple: Couple) -> Iterator[Found]:
    """Unicast on one node, multicast on the other."""
    for one, other in couple.pairs:
        if one.router.unicast != other.router.unicast:
            kinds = [_destination(half.router) for half in (one, other)]
            text = f"{_who(other)} sends to {kinds[1]}, {_who(one)} to {kinds[0]} ({one.at('unicast_peer')})"
            yield Found(other.at("unicast_peer"), text, "unicast_peer { … } on both nodes, or on none")


def _destination(router: VirtualRouter) -> str:
    return (
        ", ".join(router.unicast_peers[:MOST_NAMED]) if router.unicast else f"group {router.multicast_group}"
    )


def authentication(couple: Couple) -> Iterator[Found]:
    """Another kind of authentication, or another password, of which nothing is said but that."""
    for one, other in couple.pairs:
        ours, theirs = one.router, other.router
        there = one.at("authentication")
        if ours.auth_type != theirs.auth_type:
            text = f"{_who(other)} has {_AUTH[theirs.auth_type]}, {_who(one)} has {_AUTH[ours.auth_type]} ({there})"
            remedy = "the same authentication { … } on both nodes, or none"
        elif ours.auth_fingerprint != theirs.auth_fingerprint:
            text = f"{_who(other)} and {_who(one)} ({there}) have different passwords in auth_pass"
            remedy = "auth_pass PASSWORD, the same on both nodes"
        else:
            continue
        yield Found(other.at("authentication"), text, remedy)


def vips(couple: Couple) -> Iterator[Found]:
    """Another list of advertised VIPs."""
    for one, other in couple.pairs:
        yield from _listed(
            one, other, "virtual_ipaddress", *([vip.address for vip in h.router.vips] for h in (one, other))
        )


def excluded(couple: Couple) -> Iterator[Found]:
    """Another list of VIPs that are not advertised."""
    for one, other in couple.pairs:
        lists = ([vip.address for vip in half.router.excluded] for half in (one, other))
        yield from _listed(one, other, "virtual_ipaddress_excluded", *lists)


def _listed(one: Half, other: Half, keyword: str, ours: list[str], theirs: list[str]) -> Iterator[Found]:
    if set(ours) != set(theirs):
        here = _named([each for each in theirs if each not in ours])
        there = _named([each for each in ours if each not in theirs])
        text = (
            f"{keyword} of {_who(other)} and of {_who(one)} ({one.at(keyword)}) differ: only in {other.written.name} "
            f"{here}, only in {one.written.name} {there}"
        )
        yield Found(other.at(keyword), text, f"{keyword} {{ {' '.join(ours[:MOST_NAMED])} … }} on both nodes")


def _named(addresses: list[str]) -> str:
    more = f" and {len(addresses) - MOST_NAMED} more" if len(addresses) > MOST_NAMED else ""
    return (", ".join(addresses[:MOST_NAMED]) or "none") + more


def masks(couple: Couple) -> Iterator[Found]:
    """A VIP with another mask."""
    for one, other in couple.pairs:
        ours = {vip.address: vip.prefix_length for vip in one.router.all_vips}
        for vip in other.router.all_vips:
            length = ours.get(vip.address, vip.prefix_length)
            if length != vip.prefix_length:
                lists = ("virtual_ipaddress", "virtual_ipaddress_excluded")
                text = (
                    f"{vip.address} has /{vip.prefix_length} in {other.written.name} and "
                    f"/{length} in {one.written.name} ({one.at(*lists)})"
                )
                yield Found(other.at(*lists), text, f"{vip.address}/{length}, on both nodes")


def sync_groups(couple: Couple) -> Iterator[Found]:
    """Instances that move together on one node, and not on the other."""
    for n, (one, other) in enumerate(couple.pairs):
        for next_one, next_other in couple.pairs[n + 1 :]:
            here = _together(other, next_other)
            if _together(one, next_one) != here:
                names = [f"{half.instance.name} and {beside.instance.name} in {half.written.name}" for half, beside in (
                    (one, next_one), (other, next_other))]  # fmt: skip
                apart = "move together, and" if here else "do not move together, but"
                text = (
                    f"{names[1]} {apart} {names[0]} {'do not' if here else 'do'} ({one.instance.block.where})"
                )
                remedy = "the same vrrp_sync_group on both nodes"
                yield Found(other.instance.block.where, text, remedy)


def _together(one: Half, other: Half) -> bool:
    return one.router.sync_group is not None and one.router.sync_group == other.router.sync_group
