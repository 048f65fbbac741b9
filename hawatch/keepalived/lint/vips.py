"""Rules about the addresses of a vrrp_instance."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from hawatch.keepalived.lint.rule import Found
from hawatch.keepalived.lint.subject import Instance, Written
from hawatch.keepalived.model import VirtualRouter
from hawatch.keepalived.values import address
from hawatch.wire.family import Family

OLD_LIMIT = 20
"""As many VIPs as keepalived 1.x advertises of one instance; 2.2.7 takes 255."""
_LISTS = ("virtual_ipaddress", "virtual_ipaddress_excluded")


def no_address(written: Written) -> Iterator[Found]:
    """An IPv4 VRRPv2 instance without VIPs, which keepalived runs; what it refuses is noted by the parser."""
    for instance, router in written.running:
        if router.vips or router.version == 3 or router.strict or router.family is Family.IPV6:
            continue
        text = f"{instance.name} has no virtual_ipaddress, so nothing moves with it"
        yield Found(instance.place("virtual_ipaddress"), text, "virtual_ipaddress { 192.0.2.100/24 }")


def vip_without_mask(written: Written) -> Iterator[Found]:
    """VIPs without a prefix length: they become host addresses."""
    for instance in written.instances:
        for keyword in _LISTS:
            bare = [
                each
                for each in instance.entries(keyword)
                if address(each.keyword) and "peer" not in each.words
            ]
            if not bare:
                continue
            first = bare[0].keyword
            length, usual = (128, 64) if ":" in first else (32, 24)
            others = f" and {len(bare) - 1} more in {instance.name}" if len(bare) > 1 else ""
            text = (
                f"{first}{others} without a mask: put on as {first}/{length}, without a route to its network"
            )
            yield Found(bare[0].where, text, f"{first}/{usual}, or {first}/{length} if that is meant")


def vip_repeated(written: Written) -> Iterator[Found]:
    """The same VIP twice in one instance."""
    for instance, router in written.running:
        seen: set[str] = set()
        for vip in router.all_vips:
            if vip.address in seen:
                text = f"{instance.name} has {vip.address} twice"
                yield Found(_last_entry(instance, vip.address), text, "delete this line")
            seen.add(vip.address)


def vip_in_two_instances(written: Written) -> Iterator[Found]:
    """One VIP in two instances, which move on their own."""
    owners: dict[str, tuple[Instance, VirtualRouter]] = {}
    for instance, router in written.running:
        for vip in dict.fromkeys(each.address for each in router.all_vips):
            other, first = owners.setdefault(vip, (instance, router))
            if other is instance or (router.sync_group is not None and router.sync_group == first.sync_group):
                continue
            place = _last_entry(other, vip)
            text = f"{vip} is in {instance.name} and in {other.name} ({place}), which move on their own"
            yield Found(_last_entry(instance, vip), text, "delete this line, or that one")


def vip_no_host(written: Written) -> Iterator[Found]:
    """A VIP that is the network's own or its broadcast address."""
    for instance, router in written.running:
        for vip in dict.fromkeys(router.all_vips):
            network = ip_network(f"{vip.address}/{vip.prefix_length}", strict=False)
            if network.version == 6 or network.prefixlen > 30:
                continue
            kinds = {str(network.network_address): "network", str(network.broadcast_address): "broadcast"}
            if kind := kinds.get(vip.address):
                text = f"{vip.address}/{vip.prefix_length} is the {kind} address of {network}, and no host's"
                yield Found(_last_entry(instance, vip.address), text, f"a host address of {network}")


def vips_many(written: Written) -> Iterator[Found]:
    """More VIPs than old versions advertise."""
    for instance, router in written.running:
        if len(router.vips) > OLD_LIMIT:
            text = (
                f"{instance.name} advertises {len(router.vips)} addresses; keepalived 2 sends them all, 1.x cuts "
                f"the list off after {OLD_LIMIT}"
            )
            remedy = "virtual_ipaddress_excluded { … } for all but one, on every node"
            yield Found(instance.place("virtual_ipaddress"), text, remedy)


def vip_on_other_device(written: Written) -> Iterator[Found]:
    """A VIP on a device of its own: it is down with that device, and its switch hears of it only by gratuitous ARP."""
    for instance, router in written.running:
        for vip in router.all_vips:
            if vip.device is not None:
                text = (
                    f"{vip.address} is put on {vip.device} while {instance.name} advertises on {router.interface}: "
                    f"FAULT when either is down, and no advertisement keeps its MAC known to the switch of {vip.device}"
                )
                yield Found(_last_entry(instance, vip.address), text, "garp_extra_if 100")


def first_not_link_local(written: Written) -> Iterator[Found]:
    """RFC 9568 §5.2.9 wants a link-local address first."""
    for instance, router in written.running:
        if (
            router.family is Family.IPV6
            and router.vips
            and not ip_address(router.vips[0].address).is_link_local
        ):
            first = router.vips[0].address
            text = f"{instance.name} begins with {first}; the standard wants a link-local address first"
            yield Found(_last_entry(instance, first), text, f"fe80::{router.vrid:x}/64, as the first address")


def _last_entry(instance: Instance, vip: str) -> str:
    """The place where a VIP is said last."""
    where = instance.place(*_LISTS)
    for keyword in _LISTS:
        for entry in instance.entries(keyword):
            found = address(entry.keyword.partition("/")[0])
            if found is not None and str(found) == vip:
                where = entry.where
    return where
