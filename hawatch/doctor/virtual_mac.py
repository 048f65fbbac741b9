"""Virtual MACs: does the device below take their frames, and will the switch or hypervisor above let them pass."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, failure, fine, unknown, warning
from hawatch.keepalived.model import VirtualRouter
from hawatch.wire.address import multicast_mac
from hawatch.wire.family import Family

NAME = "virtual_mac"
ALL_MULTICAST, PROMISCUOUS = 0x200, 0x100
FILTERING_HOSTS = {
    "VMware": "the port group must accept MAC address changes and forged transmits",
    "Microsoft": "Hyper-V drops the virtual MAC unless MAC address spoofing is enabled for this adapter",
    "Amazon": "the network of Amazon EC2 delivers to no virtual MAC and to no group: unicast_peer without use_vmac",
    "Google": "the network of Google Cloud delivers to no virtual MAC and to no group: unicast_peer without use_vmac",
}
"""How /sys/class/dmi/id/sys_vendor begins, and what of virtual MACs cannot be seen from inside there."""


def examine(case: Case) -> Iterator[Line]:
    """One line for each virtual router with a virtual MAC."""
    if case.keepalived is None:
        yield unknown(NAME, f"whether virtual MACs are used is not known: {case.keepalived_problem}")
        return
    users = [router for router in case.routers if router.vmac_interface]
    if not users:
        yield fine(NAME, "no virtual router uses a virtual MAC")
    for router in users:
        yield _examine(case, router, router.vmac_interface or "")


def _examine(case: Case, router: VirtualRouter, device: str) -> Line:
    name = f"{NAME} {device}"
    if not case.host.has_device(device):
        return unknown(name, f"{device} is not there; keepalived makes it when it starts")
    wanted = f"00:00:5e:00:{'02' if router.family is Family.IPV6 else '01'}:{router.vrid:02x}"
    mac = case.host.read_or_nothing(f"/sys/class/net/{device}/address").strip()
    if mac and mac != wanted:
        sentence = (
            f"{device} has {mac} where VRID {router.vrid} has {wanted}: the peer's clients will not follow"
        )
        return failure(name, sentence, f"ip link set {device} down\nsystemctl restart keepalived")
    taken = _takes_group(case, router)
    if taken is None:
        return unknown(name, f"the multicast filter of {router.interface} could not be read")
    if not taken:
        sentence = (
            f"{router.interface} filters {multicast_mac(router.multicast_group)} out, which {device} needs"
        )
        return failure(name, sentence, "systemctl restart keepalived")
    vendor = case.host.read_or_nothing("/sys/class/dmi/id/sys_vendor").strip()
    trap = next((text for begin, text in FILTERING_HOSTS.items() if vendor.startswith(begin)), None)
    if trap is not None:
        return warning(name, f"{device} is right, but what is around this machine cannot be seen: {trap}")
    return fine(name, f"{device} has {wanted}, and {router.interface} takes its group")


def _takes_group(case: Case, router: VirtualRouter) -> bool | None:
    """Whether the device below takes frames to the group: by its filter, or since it takes everything."""
    if router.unicast:
        return True
    flags = case.host.read_or_nothing(f"/sys/class/net/{router.interface}/flags").strip()
    if flags and int(flags, 16) & (PROMISCUOUS | ALL_MULTICAST):
        return True
    wanted = multicast_mac(router.multicast_group).replace(":", "")
    try:
        rows = [line.split() for line in case.host.read("/proc/net/dev_mcast").splitlines()]
    except OSError:
        return None
    return any(row[1] == router.interface and row[4] == wanted for row in rows if len(row) > 4)
