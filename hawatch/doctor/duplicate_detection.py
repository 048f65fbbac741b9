"""accept_dad and dad_transmits: when a device may use its own IPv6 address, from which advertisements leave.

keepalived puts VIPs on without duplicate address detection; the device's own link-local address goes through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, failure, fine, sysctl_remedy, unknown, warning
from hawatch.errors import DecodeError
from hawatch.kernel.own_addresses import read_own_addresses
from hawatch.kernel.sysctl import sysctl_name, sysctl_path
from hawatch.wire.family import Family

DISABLES_IPV6 = 2
MOST_TRANSMITS = 3
"""The kernel sends one; each takes a second in which the device has no address to speak from."""


def examine(case: Case) -> Iterator[Line]:
    """One line for each device with an IPv6 virtual router."""
    if case.keepalived is None:
        yield unknown("dad", f"the devices are not known: {case.keepalived_problem}")
        return
    devices = {router.interface for router in case.routers if router.family is Family.IPV6}
    if not devices:
        yield fine("dad", "no virtual router speaks IPv6")
    for device in sorted(devices):
        yield _examine(case, device)


def _examine(case: Case, device: str) -> Line:
    name = f"dad {device}"
    accept = case.host.greatest("ipv6", device, "accept_dad")
    transmits = case.host.sysctl(sysctl_path("ipv6", device, "dad_transmits"))
    if accept is None or transmits is None:
        return unknown(name, f"accept_dad of {device} could not be read; is IPv6 disabled?")
    duplicates = _duplicates(case, device)
    if duplicates:
        sentence = f"{', '.join(duplicates)} on {device} is a duplicate: no advertisement leaves from there"
        remedy = f"# find who else has it, then\nip link set {device} down && ip link set {device} up"
        return failure(name, sentence, remedy)
    if accept >= DISABLES_IPV6:
        sentence = f"accept_dad is {accept}: a duplicate of its link-local address disables IPv6 on {device}"
        settings = {sysctl_name("ipv6", each, "accept_dad"): 1 for each in ("all", device)}
        return warning(name, sentence, sysctl_remedy(f"dad-{device}", settings))
    if accept and transmits > MOST_TRANSMITS:
        sentence = (
            f"dad_transmits is {transmits}: {device} cannot speak IPv6 for {transmits} s after each link up"
        )
        settings = {sysctl_name("ipv6", device, "dad_transmits"): 1}
        return warning(name, sentence, sysctl_remedy(f"dad-{device}", settings))
    return fine(name, f"accept_dad {accept} and dad_transmits {transmits} on {device}")


def _duplicates(case: Case, device: str) -> list[str]:
    with suppress(OSError, DecodeError):
        own = read_own_addresses(case.host.read("/proc/net/if_inet6"))
        return sorted(each.address for each in own if each.device == device and each.duplicate)
    return []
