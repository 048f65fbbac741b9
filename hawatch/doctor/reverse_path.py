"""rp_filter: a strict one drops advertisements whose source is reached over another device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, failure, fine, sysctl_remedy, unknown, warning
from hawatch.errors import DecodeError
from hawatch.keepalived.model import VirtualRouter
from hawatch.kernel.counters import REVERSE_PATH_DROPS, read_counters
from hawatch.kernel.routes import device_towards, read_routes
from hawatch.kernel.sysctl import ReversePath, sysctl_name
from hawatch.wire.family import Family

UFW_SYSCTLS = "/etc/ufw/sysctl.conf"


def examine(case: Case) -> Iterator[Line]:
    """One line for each device by which IPv4 advertisements come in."""
    if case.keepalived is None:
        yield unknown("rp_filter", f"the devices are not known: {case.keepalived_problem}")
        return
    routers = {each.listening_device: each for each in case.routers if each.family is Family.IPV4}
    if not routers:
        yield fine("rp_filter", "no virtual router speaks IPv4")
    for device, router in sorted(routers.items()):
        yield _examine(case, device, router)


def _examine(case: Case, device: str, router: VirtualRouter) -> Line:
    name = f"rp_filter {device}"
    if not case.host.has_device(device):
        return unknown(name, f"{device} is not there; keepalived makes it when it starts")
    value = case.host.greatest("ipv4", device, "rp_filter")
    if value is None:
        return unknown(name, f"/proc/sys/net/ipv4/conf/{device}/rp_filter could not be read")
    if value != ReversePath.STRICT.value:
        return fine(name, f"not strict on {device} ({value})")
    remedy = _remedy(case, device)
    astray = [each for each in router.unicast_peers if _comes_back_elsewhere(case, each, device)]
    if astray:
        sentence = f"strict on {device}, and the way back to {', '.join(astray)} is over another device"
        return failure(name, f"{sentence}: what comes from there is dropped", remedy)
    if device != router.interface:
        sentence = f"strict on {device}, a virtual MAC's device, while the way back to the peers is over"
        return failure(name, f"{sentence} {router.interface}: their advertisements are dropped", remedy)
    dropped = _dropped(case)
    if dropped:
        sentence = f"strict on {device}, and this host has dropped {dropped} packets by it since it started"
        return warning(name, f"{sentence} (on all devices together)", remedy)
    return fine(name, f"strict on {device}, and has dropped nothing")


def _remedy(case: Case, device: str) -> str:
    """Loose on the device is enough, since the greater value counts. ufw sets its own values whenever it starts."""
    lines = sysctl_remedy(f"rp-filter-{device}", {sysctl_name("ipv4", device, "rp_filter"): 2})
    if "rp_filter" in case.host.read_or_nothing(UFW_SYSCTLS):
        setting = f"net/ipv4/conf/{device}/rp_filter=2"
        lines += f"\ngrep -qx '{setting}' {UFW_SYSCTLS} || echo '{setting}' >>{UFW_SYSCTLS}"
    return lines


def _comes_back_elsewhere(case: Case, peer: str, device: str) -> bool:
    with suppress(OSError, DecodeError, ValueError):
        towards = device_towards(read_routes(case.host.read("/proc/net/route")), peer)
        return towards is not None and towards != device
    return False


def _dropped(case: Case) -> int | None:
    with suppress(OSError, DecodeError):
        return read_counters(case.host.read("/proc/net/netstat")).get(REVERSE_PATH_DROPS)
    return None
